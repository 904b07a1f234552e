import type { Role } from '../../accounts/account.ts';
import type { AccessTokenRow, FirstLink, OperatorStore, Page } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Tx } from './connection.ts';
import { readFact, writeFact } from './facts.ts';
import { createRegistrationTokens } from './registration-tokens.ts';

const FIRST_LINK = 'first-owner-link';

/** Who runs this service, and their tokens. A role counts while its account is active. */
export function createOperators(connection: Connection): OperatorStore {
  const { read, write, jot } = connection;
  return {
    ...createRegistrationTokens(connection),
    role: (accountId) => read((tx) => roleOf(tx, accountId)),
    list: () => read((tx) => tx.all('SELECT account_id AS accountId, role, since FROM operators ORDER BY account_id')),
    setRole: (accountId, role, at, audit) =>
      write((tx) => {
        if (!isActive(tx, accountId)) return 'nobody';
        if (roleOf(tx, accountId) === role) return 'unchanged';
        if (role !== 'owner' && isLastOwner(tx, accountId)) return 'last-owner';
        saveRole(tx, accountId, role, at);
        appendAudit(tx, audit);
        return 'done';
      }),
    async saveFirstLink(link, audit) {
      await write((tx) => {
        writeFact(tx, FIRST_LINK, JSON.stringify(link));
        appendAudit(tx, audit);
      });
    },
    offerFirstLink: (link) =>
      write((tx) => {
        if (readFact(tx, FIRST_LINK) !== undefined || tx.get(`${OWNERS} LIMIT 1`) !== undefined) return false;
        writeFact(tx, FIRST_LINK, JSON.stringify(link));
        return true;
      }),
    isFirstLink: (hash, now) => read((tx) => isFirstLink(tx, hash, now)),
    redeemFirstLink: (hash, accountId, now, audit) =>
      write((tx) => {
        if (!isFirstLink(tx, hash, now) || !isActive(tx, accountId)) return 'gone';
        tx.run('DELETE FROM facts WHERE name = :name', { name: FIRST_LINK });
        saveRole(tx, accountId, 'owner', now);
        appendAudit(tx, audit);
        return 'done';
      }),

    async addToken({ scopes, ...token }, audit) {
      await write((tx) => {
        tx.run(
          `INSERT INTO access_tokens (id, hash, account_id, name, scopes, created_at, expires_at)
           VALUES (:id, :hash, :accountId, :name, :scopes, :createdAt, :expiresAt)`,
          { ...token, scopes: JSON.stringify(scopes) },
        );
        appendAudit(tx, audit);
      });
    },
    tokenByHash: (hash, now) =>
      read((tx) => {
        const row = tx.get<Row>('SELECT * FROM access_tokens WHERE hash = :hash AND expires_at > :now', { hash, now });
        const role = row && roleOf(tx, row.account_id);
        return role && { ...toToken(row), role };
      }),
    tokens: (accountId, page) => read((tx) => tokens(tx, accountId, page).map(toToken)),
    revokeToken: (id, audit) =>
      write((tx) => {
        const isThere = tx.run('DELETE FROM access_tokens WHERE id = :id', { id }) > 0;
        if (isThere) appendAudit(tx, audit);
        return isThere;
      }),
    removeExpiredTokens: (now, limit) =>
      jot((tx) => {
        const old = 'SELECT id FROM access_tokens WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit';
        const personal = tx.run(`DELETE FROM access_tokens WHERE id IN (${old})`, { now, limit });
        return personal + tx.run(`DELETE FROM registration_tokens WHERE id IN (${OLD_REGISTRATION})`, { now, limit });
      }),
  };
}

const OLD_REGISTRATION = 'SELECT id FROM registration_tokens WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit';

function roleOf(tx: Tx, accountId: string): Role | undefined {
  const sql = `SELECT o.role FROM operators o JOIN accounts a ON a.id = o.account_id
    WHERE o.account_id = :accountId AND a.state = 'active'`;
  return tx.get<{ role: Role }>(sql, { accountId })?.role;
}

function isActive(tx: Tx, accountId: string): boolean {
  return tx.get(`SELECT 1 FROM accounts WHERE id = :accountId AND state = 'active'`, { accountId }) !== undefined;
}

/** An owner whose account is disabled can do nothing, and does not count. */
const OWNERS = `SELECT o.account_id FROM operators o CROSS JOIN accounts a ON a.id = o.account_id
  WHERE o.role = 'owner' AND a.state = 'active'`;

function isLastOwner(tx: Tx, accountId: string): boolean {
  const owners = tx.all<{ account_id: string }>(`${OWNERS} LIMIT 2`);
  return owners.length === 1 && owners[0]?.account_id === accountId;
}

function saveRole(tx: Tx, accountId: string, role: Role | undefined, since: number): void {
  if (role === undefined) tx.run('DELETE FROM operators WHERE account_id = :accountId', { accountId });
  else {
    const sql = 'INSERT OR REPLACE INTO operators (account_id, role, since) VALUES (:accountId, :role, :since)';
    tx.run(sql, { accountId, role, since });
  }
}

function isFirstLink(tx: Tx, hash: string, now: number): boolean {
  const fact = readFact(tx, FIRST_LINK);
  const link = fact === undefined ? undefined : (JSON.parse(fact) as FirstLink);
  return link?.hash === hash && link.expiresAt > now && tx.get(`${OWNERS} LIMIT 1`) === undefined;
}

function tokens(tx: Tx, accountId: string | undefined, page: Page): readonly Row[] {
  const after = page.after === undefined ? undefined : tokenById(tx, page.after);
  if (page.after !== undefined && !after) return [];
  const which = accountId === undefined ? '' : 'account_id = :accountId AND';
  const sql = `SELECT * FROM access_tokens WHERE ${which} (created_at, id) > (:afterAt, :afterId)
    ORDER BY created_at, id LIMIT :limit`;
  return tx.all(sql, { accountId, afterAt: after?.created_at ?? -1, afterId: after?.id ?? '', limit: page.limit });
}

function tokenById(tx: Tx, id: string): Row | undefined {
  return tx.get('SELECT * FROM access_tokens WHERE id = :id', { id });
}

interface Row {
  readonly id: string;
  readonly hash: string;
  readonly account_id: string;
  readonly name: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number;
}

function toToken(row: Row): AccessTokenRow {
  return {
    id: row.id,
    hash: row.hash,
    accountId: row.account_id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
