import type { ClientSession } from 'mongodb';
import { CREDENTIALS_MAX, type Credential, type Passkey } from '../../accounts/credential.ts';
import type { CredentialStore, NewCredential, PasskeyUse } from '../store.ts';
import type { CredentialDoc } from './account-documents.ts';
import type { MongoParts } from './collections.ts';
import { writeNews } from './news.ts';

/** Passkeys, authenticator apps, recovery codes. The codes that are left stand in the account's row. */
export function createCredentials(parts: MongoParts): CredentialStore {
  const { accounts, credentials, transact } = parts;
  return {
    async ofAccount(accountId) {
      const [rows, account] = await Promise.all([
        rowsOf(parts, accountId),
        accounts.findOne({ _id: accountId }, { projection: { recoveryHashes: 1 } }),
      ]);
      return { list: rows.map(toCredential), recoveryCodes: account?.recoveryHashes?.length ?? 0 };
    },
    async findPasskey(passkeyId) {
      const row = await credentials.findOne({ passkeyId });
      return row ? (toCredential(row) as Passkey) : undefined;
    },
    add: (added) => transact((tx) => add(parts, added, tx)),
    async rename(accountId, id, name) {
      const { matchedCount } = await credentials.updateOne({ _id: id, accountId }, { $set: { name } });
      return matchedCount === 1;
    },
    remove: (accountId, id, news) =>
      transact(async (tx) => {
        if (!(await removeCredential(parts, accountId, id, tx))) return false;
        await writeNews(parts, news, tx);
        return true;
      }),
    async useTotp(id, step, now) {
      const older = { _id: id, kind: 'totp', counter: { $lt: step } } as const;
      const { matchedCount } = await credentials.updateOne(older, { $set: { counter: step, lastUsedAt: now } });
      return matchedCount === 1;
    },
    async usePasskey(id, use) {
      const { counter, now } = use;
      const { matchedCount } = await credentials.updateOne(usable(id, use), { $set: { counter, lastUsedAt: now } });
      return matchedCount === 1;
    },
    async useRecoveryCode(accountId, hash) {
      const holds = { _id: accountId, recoveryHashes: hash };
      const { matchedCount } = await accounts.updateOne(holds, { $pull: { recoveryHashes: hash } });
      return matchedCount === 1;
    },
    replaceRecoveryCodes: (accountId, hashes, news) =>
      transact(async (tx) => {
        if ((await rowsOf(parts, accountId, tx)).length === 0) return false;
        await accounts.updateOne({ _id: accountId }, { $set: { recoveryHashes: [...hashes] } }, { session: tx });
        await writeNews(parts, news, tx);
        return true;
      }),
  };
}

function rowsOf({ credentials }: MongoParts, accountId: string, tx?: ClientSession): Promise<CredentialDoc[]> {
  return credentials
    .find({ accountId }, { ...(tx && { session: tx }) })
    .sort({ createdAt: 1, _id: 1 })
    .limit(CREDENTIALS_MAX)
    .toArray();
}

/** Writes the account's row, so that two that come at once are counted one after the other. */
async function add(
  parts: MongoParts,
  { credential, recoveryHashes, news }: NewCredential,
  tx: ClientSession,
): ReturnType<CredentialStore['add']> {
  const { accounts, credentials } = parts;
  const { accountId } = credential;
  const options = { session: tx };
  const active = { _id: accountId, state: 'active' } as const;
  const account = await accounts.findOneAndUpdate(active, { $inc: { credentials: 1 } }, options);
  if (!account) return 'gone';
  if ((await rowsOf(parts, accountId, tx)).length >= CREDENTIALS_MAX) return 'full';
  const row = toDoc(credential);
  const known = row.passkeyId === undefined ? null : await credentials.findOne({ passkeyId: row.passkeyId }, options);
  if (known) return 'taken';
  await credentials.insertOne(row, options);
  await writeNews(parts, news, tx);
  if (account.recoveryHashes?.length) return 'added';
  await accounts.updateOne({ _id: accountId }, { $set: { recoveryHashes: [...recoveryHashes] } }, options);
  return 'first';
}

function usable(id: string, { counter, challengedAt }: PasskeyUse) {
  return {
    _id: id,
    kind: 'passkey',
    counter: counter === 0 ? 0 : { $lt: counter },
    // Also where it is not there.
    lastUsedAt: { $not: { $gte: challengedAt } },
  } as const;
}

/** With the last one the recovery codes go, which are worth nothing alone. */
export async function removeCredential(
  parts: MongoParts,
  accountId: string,
  id: string,
  tx: ClientSession,
): Promise<boolean> {
  const { accounts, credentials } = parts;
  await accounts.updateOne({ _id: accountId }, { $inc: { credentials: 1 } }, { session: tx });
  const { deletedCount } = await credentials.deleteOne({ _id: id, accountId }, { session: tx });
  if (deletedCount === 0) return false;
  if ((await rowsOf(parts, accountId, tx)).length === 0) {
    await accounts.updateOne({ _id: accountId }, { $unset: { recoveryHashes: true } }, { session: tx });
  }
  return true;
}

export async function removeCredentials(
  { accounts, credentials }: MongoParts,
  accountId: string,
  tx: ClientSession,
): Promise<void> {
  await credentials.deleteMany({ accountId }, { session: tx });
  await accounts.updateOne({ _id: accountId }, { $unset: { recoveryHashes: true } }, { session: tx });
}

function toDoc({ id, ...credential }: Credential): CredentialDoc {
  if (credential.kind === 'passkey') return { _id: id, ...credential };
  const { lastStep, ...rest } = credential;
  return { _id: id, ...rest, counter: lastStep };
}

function toCredential(row: CredentialDoc): Credential {
  const { _id: id, accountId, name, createdAt, lastUsedAt } = row;
  const common = { id, accountId, name, createdAt, lastUsedAt };
  if (row.kind === 'totp') return { ...common, kind: 'totp', sealedSecret: row.sealedSecret, lastStep: row.counter };
  const { passkeyId, publicKey, counter, transports, synced } = row;
  return { ...common, kind: 'passkey', passkeyId, publicKey, counter, transports, synced };
}
