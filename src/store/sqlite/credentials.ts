import { CREDENTIALS_MAX, type Credential, type Passkey } from '../../accounts/credential.ts';
import type { CredentialStore, NewCredential, PasskeyUse } from '../store.ts';
import type { Connection, Tx } from './connection.ts';
import { writeNews } from './news.ts';

/** Passkeys, authenticator apps, recovery codes. */
export function createCredentials({ read, write }: Connection): CredentialStore {
  return {
    ofAccount: (accountId) =>
      read((tx) => ({
        list: rowsOf(tx, accountId).map(toCredential),
        recoveryCodes: codesLeft(tx, accountId),
      })),
    findPasskey: (passkeyId) =>
      read((tx) => {
        const row = tx.get<CredentialRow>('SELECT * FROM credentials WHERE passkey_id = :passkeyId', { passkeyId });
        return row && (toCredential(row) as Passkey);
      }),
    add: (added) => write((tx) => add(tx, added)),
    rename: (accountId, id, name) =>
      write((tx) => {
        const sql = 'UPDATE credentials SET name = :name WHERE id = :id AND account_id = :accountId';
        return tx.run(sql, { accountId, id, name }) > 0;
      }),
    remove: (accountId, id, news) =>
      write((tx) => {
        if (!removeCredential(tx, accountId, id)) return false;
        writeNews(tx, news);
        return true;
      }),
    useTotp: (id, step, now) =>
      write((tx) => {
        const sql = `UPDATE credentials SET counter = :step, last_used_at = :now
          WHERE id = :id AND kind = 'totp' AND counter < :step`;
        return tx.run(sql, { id, step, now }) > 0;
      }),
    usePasskey: (id, use) => write((tx) => usePasskey(tx, id, use)),
    useRecoveryCode: (accountId, hash) =>
      write((tx) => {
        const sql = 'DELETE FROM recovery_codes WHERE account_id = :accountId AND hash = :hash';
        return tx.run(sql, { accountId, hash }) > 0;
      }),
    replaceRecoveryCodes: (accountId, hashes, news) =>
      write((tx) => {
        if (rowsOf(tx, accountId).length === 0) return false;
        replaceCodes(tx, accountId, hashes);
        writeNews(tx, news);
        return true;
      }),
  };
}

interface CredentialRow {
  readonly id: string;
  readonly account_id: string;
  readonly kind: Credential['kind'];
  readonly name: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly passkey_id: string | null;
  readonly counter: number;
  readonly facts: string;
}

/** What is looked at by whoever reads a credential, and by no statement. */
type Facts = Pick<Passkey, 'publicKey' | 'transports' | 'synced'> & { readonly sealedSecret: string };

function rowsOf(tx: Tx, accountId: string): readonly CredentialRow[] {
  const sql = `SELECT * FROM credentials WHERE account_id = :accountId ORDER BY created_at, id LIMIT ${CREDENTIALS_MAX}`;
  return tx.all(sql, { accountId });
}

function codesLeft(tx: Tx, accountId: string): number {
  const sql = 'SELECT count(*) AS codes FROM recovery_codes WHERE account_id = :accountId';
  return tx.get<{ codes: number }>(sql, { accountId })?.codes ?? 0;
}

function add(tx: Tx, { credential, recoveryHashes, news }: NewCredential): Awaited<ReturnType<CredentialStore['add']>> {
  const { accountId } = credential;
  if (!tx.get(`SELECT 1 FROM accounts WHERE id = :accountId AND state = 'active'`, { accountId })) return 'gone';
  if (rowsOf(tx, accountId).length >= CREDENTIALS_MAX) return 'full';
  if (isKnown(tx, credential)) return 'taken';
  tx.run(
    `INSERT INTO credentials (id, account_id, kind, name, created_at, passkey_id, counter, facts)
     VALUES (:id, :accountId, :kind, :name, :createdAt, :passkeyId, :counter, :facts)`,
    { ...toRow(credential) },
  );
  writeNews(tx, news);
  if (codesLeft(tx, accountId) > 0) return 'added';
  replaceCodes(tx, accountId, recoveryHashes);
  return 'first';
}

function isKnown(tx: Tx, credential: Credential): boolean {
  if (credential.kind !== 'passkey') return false;
  const { passkeyId } = credential;
  return tx.get('SELECT 1 FROM credentials WHERE passkey_id = :passkeyId', { passkeyId }) !== undefined;
}

function usePasskey(tx: Tx, id: string, use: PasskeyUse): boolean {
  const sql = `UPDATE credentials SET counter = :counter, last_used_at = :now
    WHERE id = :id AND kind = 'passkey' AND (last_used_at IS NULL OR last_used_at < :challengedAt)
      AND (counter < :counter OR (counter = 0 AND :counter = 0))`;
  return tx.run(sql, { id, ...use }) > 0;
}

function replaceCodes(tx: Tx, accountId: string, hashes: readonly string[]): void {
  tx.run('DELETE FROM recovery_codes WHERE account_id = :accountId', { accountId });
  for (const hash of hashes) {
    tx.run('INSERT INTO recovery_codes (account_id, hash) VALUES (:accountId, :hash)', { accountId, hash });
  }
}

/** With the last one the recovery codes go, which are worth nothing alone. */
export function removeCredential(tx: Tx, accountId: string, id: string): boolean {
  const sql = 'DELETE FROM credentials WHERE id = :id AND account_id = :accountId';
  if (tx.run(sql, { accountId, id }) === 0) return false;
  if (rowsOf(tx, accountId).length === 0) replaceCodes(tx, accountId, []);
  return true;
}

export function removeCredentials(tx: Tx, accountId: string): void {
  tx.run('DELETE FROM credentials WHERE account_id = :accountId', { accountId });
  replaceCodes(tx, accountId, []);
}

function toRow(credential: Credential) {
  const { id, accountId, kind, name, createdAt } = credential;
  const common = { id, accountId, kind, name, createdAt };
  if (credential.kind === 'totp') {
    const { sealedSecret, lastStep } = credential;
    return { ...common, passkeyId: undefined, counter: lastStep, facts: JSON.stringify({ sealedSecret }) };
  }
  const { passkeyId, counter, publicKey, transports, synced } = credential;
  return { ...common, passkeyId, counter, facts: JSON.stringify({ publicKey, transports, synced }) };
}

function toCredential(row: CredentialRow): Credential {
  const common = {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
  const { publicKey, transports, synced, sealedSecret }: Facts = JSON.parse(row.facts);
  return row.kind === 'totp'
    ? { ...common, kind: 'totp', sealedSecret, lastStep: row.counter }
    : {
        ...common,
        kind: 'passkey',
        passkeyId: row.passkey_id ?? '',
        counter: row.counter,
        publicKey,
        transports,
        synced,
      };
}
