import type { OperatorStore, Page, RegistrationTokenRow } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Tx } from './connection.ts';

type RegistrationTokens = Pick<
  OperatorStore,
  'addRegistrationToken' | 'registrationToken' | 'registrationTokens' | 'revokeRegistrationToken'
>;

/** Initial access tokens. */
export function createRegistrationTokens({ read, write }: Connection): RegistrationTokens {
  return {
    async addRegistrationToken(token, audit) {
      await write((tx) => {
        tx.run(
          `INSERT INTO registration_tokens (id, hash, party, uses_left, created_at, expires_at)
           VALUES (:id, :hash, :party, :usesLeft, :createdAt, :expiresAt)`,
          { ...token },
        );
        appendAudit(tx, audit);
      });
    },
    registrationToken: (hash, now) =>
      read((tx) => {
        const sql = `SELECT * FROM registration_tokens WHERE hash = :hash AND expires_at > :now AND uses_left > 0`;
        const row = tx.get<Row>(sql, { hash, now });
        return row && toToken(row);
      }),
    registrationTokens: (page) => read((tx) => list(tx, page).map(toToken)),
    revokeRegistrationToken: (id, audit) =>
      write((tx) => {
        const isThere = tx.run('DELETE FROM registration_tokens WHERE id = :id', { id }) > 0;
        if (isThere) appendAudit(tx, audit);
        return isThere;
      }),
  };
}

/** False when there is nothing left of it. */
export function useRegistrationToken(tx: Tx, token: { readonly hash: string; readonly now: number }): boolean {
  const which = 'hash = :hash AND expires_at > :now AND uses_left > 0';
  return tx.run(`UPDATE registration_tokens SET uses_left = uses_left - 1 WHERE ${which}`, { ...token }) > 0;
}

function list(tx: Tx, page: Page): readonly Row[] {
  const after = page.after === undefined ? undefined : byId(tx, page.after);
  if (page.after !== undefined && !after) return [];
  const sql = `SELECT * FROM registration_tokens WHERE (created_at, id) > (:afterAt, :afterId)
    ORDER BY created_at, id LIMIT :limit`;
  return tx.all(sql, { afterAt: after?.created_at ?? -1, afterId: after?.id ?? '', limit: page.limit });
}

function byId(tx: Tx, id: string): Row | undefined {
  return tx.get('SELECT * FROM registration_tokens WHERE id = :id', { id });
}

interface Row {
  readonly id: string;
  readonly hash: string;
  readonly party: RegistrationTokenRow['party'];
  readonly uses_left: number;
  readonly created_at: number;
  readonly expires_at: number;
}

function toToken({ id, hash, party, ...row }: Row): RegistrationTokenRow {
  return { id, hash, party, usesLeft: row.uses_left, createdAt: row.created_at, expiresAt: row.expires_at };
}
