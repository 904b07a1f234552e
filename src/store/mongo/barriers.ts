/**
 * The first write of a large end: a few rows, however much there is to end and however busy it is, after which all of it is
 * dead on sight (invariant 1). An account by its generation, a client and an app of one account by theirs (`cut-offs.ts`).
 */
import type { ClientSession } from 'mongodb';
import type { AccountChange, EndTarget } from '../../logout/logout.ts';
import { consentKey } from './account-documents.ts';
import { clientsChanged } from './clients.ts';
import type { MongoParts } from './collections.ts';
import { removeCredential, removeCredentials } from './credentials.ts';
import { cutOffApp, cutOffClient, forgetApps } from './cut-offs.ts';
import { passGates } from './gates.ts';
import type { Ending } from './logout-rows.ts';
import { voidResets } from './news.ts';
import { raiseRealm, spareInRealm } from './realm.ts';

/** What a logout's first write found or set up. */
export interface Barrier {
  readonly accountId: string | undefined;
  /** What is older is this logout's to end. */
  readonly generation?: number;
}

/** Undefined when the target is not there. */
export async function raiseBarrier(parts: MongoParts, ending: Ending, tx: ClientSession): Promise<Barrier | undefined> {
  const { target, cause, at } = ending;
  switch (target.kind) {
    case 'account':
      return closeAccount(parts, ending, target, tx);
    case 'account-client': {
      // Before the look, so that a sign-in under way at this app is either seen by it or sees what comes of it.
      await passGates(parts, [target.clientId], target.accountId, tx);
      const consented = cause.reason === 'consent-revoked' && (await forgetConsent(parts, target, tx));
      if (!consented && !(await isSomewhere(parts, target, tx))) return undefined;
      return { accountId: target.accountId, generation: await cutOffApp(parts, target, tx) };
    }
    case 'client': {
      const generation = await cutOffClient(parts, target.clientId, tx);
      if (cause.reason === 'client-removed') await removeClient(parts, target.clientId, at, tx);
      return { accountId: undefined, generation };
    }
    case 'everybody': {
      const generation = await raiseRealm(parts, tx);
      if (target.exceptUid !== undefined) await spareInRealm(parts, target.exceptUid, generation, tx);
      return { accountId: undefined, generation };
    }
    default:
      return undefined;
  }
}

type AppOfAccount = Extract<EndTarget, { kind: 'account-client' }>;

/** Whether an account has anything of this app left: a participation, or offline access that outlived its session. */
async function isSomewhere(
  { participations, artifacts }: MongoParts,
  { accountId, clientId }: AppOfAccount,
  tx: ClientSession,
): Promise<boolean> {
  const app = { accountId, clientId };
  if (await participations.findOne({ ...app, state: 'live' }, { session: tx })) return true;
  return (await artifacts.findOne({ ...app, model: 'Grant' }, { session: tx })) !== null;
}

/** Answers whether there was a consent. */
async function forgetConsent(
  { consents }: MongoParts,
  { accountId, clientId }: AppOfAccount,
  tx: ClientSession,
): Promise<boolean> {
  const { deletedCount } = await consents.deleteOne({ _id: consentKey(accountId, clientId) }, { session: tx });
  return deletedCount > 0;
}

async function closeAccount(
  parts: MongoParts,
  { cause, at }: Ending,
  { accountId, exceptUid }: Extract<EndTarget, { kind: 'account' }>,
  tx: ClientSession,
): Promise<Barrier | undefined> {
  const generation = await raiseGeneration(parts, accountId, tx);
  if (generation === undefined) return undefined;
  if (exceptUid !== undefined) await spare(parts, accountId, exceptUid, generation, tx);
  if (cause.accountChange) await changeAccount(parts, accountId, cause.accountChange, at, tx);
  return { accountId, generation };
}

/** Answers the new generation; undefined when there is no such account. */
async function raiseGeneration(
  { accounts }: MongoParts,
  accountId: string,
  tx: ClientSession,
): Promise<number | undefined> {
  const update = { $inc: { generation: 1 } };
  const account = await accounts.findOneAndUpdate({ _id: accountId }, update, { returnDocument: 'after', session: tx });
  return account?.generation;
}

/**
 * Lifts one session and its grants over the barrier. Only a session that was of the generation
 * before: one that was dead already must not come back this way (invariant 7).
 */
async function spare(
  { sessions, participations, artifacts }: MongoParts,
  accountId: string,
  uid: string,
  generation: number,
  tx: ClientSession,
): Promise<void> {
  const before = { accountId, 'generation.account': generation - 1 };
  const lift = { $set: { 'generation.account': generation } };
  const living = { ...before, _id: uid, state: { $ne: 'ended' } } as const;
  const spared = await sessions.updateOne(living, lift, { session: tx });
  if (spared.matchedCount === 0) return;
  const live = await participations.find({ sessionUid: uid, state: 'live' }, { session: tx }).toArray();
  const own = { $or: [{ sessionUid: uid }, { grantId: { $in: live.map(({ grantId }) => grantId) } }] };
  await artifacts.updateMany({ ...before, ...own, model: 'Grant' }, lift, { session: tx });
}

async function changeAccount(
  parts: MongoParts,
  accountId: string,
  change: AccountChange,
  at: number,
  tx: ClientSession,
): Promise<void> {
  const { accounts } = parts;
  const living = { _id: accountId, state: { $ne: 'deleted' } } as const;
  if ('passwordHash' in change) {
    await setPassword(parts, accountId, change.passwordHash, at, tx);
  } else if ('removeCredentials' in change) {
    await takeCredentials(parts, accountId, change.removeCredentials, tx);
  } else if ('mustChangePassword' in change) {
    await accounts.updateOne(living, { $set: { mustChange: true } }, { session: tx });
  } else if (change.state === 'disabled') {
    await accounts.updateOne(living, { $set: { state: 'disabled' } }, { session: tx });
  } else {
    await accounts.updateOne({ _id: accountId }, ERASE, { session: tx });
    for (const name of OF_ACCOUNT) await parts.db.collection(name).deleteMany({ accountId }, { session: tx });
    await forgetApps(parts, accountId, tx);
    await parts.operators.deleteOne({ _id: accountId }, { session: tx });
    await parts.accessTokens.deleteMany({ accountId }, { session: tx });
  }
}

function takeCredentials(parts: MongoParts, accountId: string, which: string, tx: ClientSession): Promise<unknown> {
  return which === 'all' ? removeCredentials(parts, accountId, tx) : removeCredential(parts, accountId, which, tx);
}

/** Gone with it. */
const OF_ACCOUNT = ['consents', 'credentials', 'account_devices', 'device_names', 'links', 'mails'];

export async function setPassword(
  parts: MongoParts,
  accountId: string,
  passwordHash: string,
  at: number,
  tx: ClientSession,
): Promise<void> {
  const update = { $set: { passwordHash, passwordChangedAt: at }, $unset: { mustChange: true } } as const;
  await parts.accounts.updateOne({ _id: accountId, state: { $ne: 'deleted' } }, update, { session: tx });
  await voidResets(parts, accountId, at, tx);
}

/** The id stays so that it is never given to somebody else; nothing personal does. */
const ERASE = {
  $set: { state: 'deleted', username: '', claims: '{}', passwordHash: '' },
  $unset: { usernameKey: true, emailKey: true, locale: true, recoveryHashes: true },
} as const;

/** Nobody signs in there any more; the record stays for those who are still to be told. */
async function removeClient(parts: MongoParts, clientId: string, at: number, tx: ClientSession): Promise<void> {
  await parts.clients.updateOne({ _id: clientId }, { $set: { state: 'removed', updatedAt: at } }, { session: tx });
  await clientsChanged(parts, tx);
}
