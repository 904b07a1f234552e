import type { ClientSession } from 'mongodb';
import type { AccountChange } from '../../logout/logout.ts';
import { clientsChanged } from './clients.ts';
import type { MongoParts } from './collections.ts';
import { closeGates } from './gates.ts';

/** Answers the new generation; undefined when there is no such account. */
export async function raiseGeneration(
  { accounts }: MongoParts,
  accountId: string,
  tx: ClientSession,
): Promise<number | undefined> {
  const update = { $inc: { generation: 1 } };
  const account = await accounts.findOneAndUpdate({ _id: accountId }, update, { returnDocument: 'after', session: tx });
  return account?.generation;
}

/**
 * Lifts one session and its grants over the barrier; answers whether it did. Only a session that was of the generation
 * before: one that was dead already must not come back this way (invariant 7).
 */
export async function spare(
  { sessions, participations, artifacts }: MongoParts,
  accountId: string,
  uid: string,
  generation: number,
  tx: ClientSession,
): Promise<boolean> {
  const before = { accountId, 'generation.account': generation - 1 };
  const lift = { $set: { 'generation.account': generation } };
  const living = { ...before, _id: uid, state: { $ne: 'ended' } } as const;
  const spared = await sessions.updateOne(living, lift, { session: tx });
  if (spared.matchedCount === 0) return false;
  const live = await participations.find({ sessionUid: uid, state: 'live' }, { session: tx }).toArray();
  const own = { $or: [{ sessionUid: uid }, { grantId: { $in: live.map(({ grantId }) => grantId) } }] };
  await artifacts.updateMany({ ...before, ...own, model: 'Grant' }, lift, { session: tx });
  return true;
}

export async function changeAccount(
  { accounts, consents }: MongoParts,
  accountId: string,
  change: AccountChange,
  at: number,
  tx: ClientSession,
): Promise<void> {
  const living = { _id: accountId, state: { $ne: 'deleted' } } as const;
  if ('passwordHash' in change) {
    const update = { $set: { passwordHash: change.passwordHash, passwordChangedAt: at } };
    await accounts.updateOne(living, update, { session: tx });
  } else if (change.state === 'disabled') {
    await accounts.updateOne(living, { $set: { state: 'disabled' } }, { session: tx });
  } else {
    await accounts.updateOne({ _id: accountId }, ERASE, { session: tx });
    await consents.deleteMany({ accountId }, { session: tx });
  }
}

/** The id stays so that it is never given to somebody else; nothing personal does. */
const ERASE = {
  $set: { state: 'deleted', username: '', claims: '{}', passwordHash: '' },
  $unset: { usernameKey: true, emailKey: true },
} as const;

/** What began at the client up to `at` is dead from here on. */
export async function cutOff(parts: MongoParts, clientId: string, at: number, tx: ClientSession): Promise<void> {
  await closeGates(parts, clientId, at, tx);
  await parts.cutOffs.updateOne({ _id: clientId }, { $max: { at } }, { upsert: true, session: tx });
}

/** Nobody signs in there any more; the record stays for those who are still to be told. */
export async function removeClient(parts: MongoParts, clientId: string, at: number, tx: ClientSession): Promise<void> {
  await parts.clients.updateOne({ _id: clientId }, { $set: { state: 'removed', updatedAt: at } }, { session: tx });
  await clientsChanged(parts, tx);
}

/** Makes joins of this account that are under way run again: they have not seen this end, it has not seen them. */
export async function meetJoins(parts: MongoParts, accountId: string, tx: ClientSession): Promise<void> {
  await parts.accounts.updateOne({ _id: accountId }, { $inc: { starts: 1 } }, { session: tx });
  const living = { accountId, dueAt: { $exists: true } };
  await parts.sessions.updateMany(living, { $inc: { writes: 1 } }, { session: tx });
}
