import { type Account, type AccountState, emailKey, usernameKey, usernameKeys } from '../../accounts/account.ts';
import type { AccountFilter, AccountStore, Page, PasswordChange } from '../store.ts';
import { appendAudit } from './audit.ts';
import { setPassword } from './barriers.ts';
import type { Connection, Tx } from './connection.ts';
import { writeNews } from './news.ts';

/** People. Disabling, deleting and a new password that ends sessions are written by `end`, never here. */
export function createAccounts({ read, write }: Connection): AccountStore {
  return {
    create: (account, audit) =>
      write((tx) => {
        const created = create(tx, account);
        if (created === 'created') appendAudit(tx, audit);
        return created;
      }),
    find: (id) =>
      read((tx) => {
        const row = accountById(tx, id);
        return row && toAccount(row);
      }),
    findByUsername: (username) =>
      read((tx) => {
        const row = accountByName(tx, username);
        return row && toAccount(row);
      }),
    findForSignIn: (name) =>
      read((tx) => {
        const [byName, byEmail] = [accountByName(tx, name), accountByEmail(tx, name)];
        const row = byName ?? byEmail;
        return row && toAccount(row);
      }),
    list: (filter, page) => read((tx) => list(tx, filter, page).map(toAccount)),
    async setClaims(id, claims, audit) {
      const sql = `UPDATE accounts SET claims = :claims WHERE id = :id AND state <> 'deleted'`;
      await write((tx) => {
        if (tx.run(sql, { id, claims: JSON.stringify(claims) }) > 0) appendAudit(tx, audit);
      });
    },
    async enable(id, audit) {
      const sql = `UPDATE accounts SET state = 'active' WHERE id = :id AND state = 'disabled'`;
      await write((tx) => {
        if (tx.run(sql, { id }) > 0) appendAudit(tx, audit);
      });
    },
    rehash: (id, from, to) =>
      write((tx) => {
        const sql = 'UPDATE accounts SET password_hash = :to WHERE id = :id AND password_hash = :from';
        return tx.run(sql, { id, from, to }) > 0;
      }),
    changePassword: (change) => write((tx) => changePassword(tx, change)),
    consent: (accountId, clientId) => read((tx) => consented(tx, accountId, clientId)),
    consents: (accountId, limit) =>
      read((tx) => {
        const sql = `SELECT client_id, scopes, updated_at FROM consents WHERE account_id = :accountId
          ORDER BY client_id LIMIT :limit`;
        return tx.all<ConsentRow>(sql, { accountId, limit }).map((row) => ({
          clientId: row.client_id,
          scopes: JSON.parse(row.scopes),
          updatedAt: row.updated_at,
        }));
      }),
    async allow(accountId, clientId, scopes, now, news) {
      await write((tx) => {
        const all = [...new Set([...consented(tx, accountId, clientId), ...scopes])];
        tx.run(
          `INSERT OR REPLACE INTO consents (account_id, client_id, scopes, updated_at)
           VALUES (:accountId, :clientId, :scopes, :now)`,
          { accountId, clientId, scopes: JSON.stringify(all), now },
        );
        if (news) writeNews(tx, news);
      });
    },
  };
}

interface ConsentRow {
  readonly client_id: string;
  readonly scopes: string;
  readonly updated_at: number;
}

interface AccountRow {
  readonly id: string;
  readonly username: string;
  readonly username_key: string | null;
  readonly state: AccountState;
  readonly generation: number;
  readonly claims: string;
  readonly password_hash: string;
  readonly created_at: number;
  readonly password_changed_at: number;
  readonly must_change: 0 | 1;
  readonly locale: string | null;
}

function create(tx: Tx, account: Account): 'created' | 'taken' {
  const key = usernameKey(account.username);
  if (tx.get('SELECT 1 FROM accounts WHERE username_key = :key', { key })) return 'taken';
  tx.run(
    `INSERT INTO accounts (id, username, username_key, state, generation, claims, password_hash, created_at,
       password_changed_at, must_change, locale)
     VALUES (:id, :username, :key, :state, :generation, :claims, :passwordHash, :createdAt, :passwordChangedAt,
       :mustChange, :locale)`,
    {
      id: account.id,
      username: account.username,
      key,
      state: account.state,
      generation: account.generation,
      claims: JSON.stringify(account.claims),
      passwordHash: account.passwordHash,
      createdAt: account.createdAt,
      passwordChangedAt: account.passwordChangedAt,
      mustChange: Number(account.mustChangePassword),
      locale: account.locale,
    },
  );
  return 'created';
}

/** Of two changes at once, the second one's answer tells that it knew an older password. */
function changePassword(tx: Tx, { accountId, from, passwordHash, at, news }: PasswordChange): boolean {
  if (accountById(tx, accountId)?.password_hash !== from) return false;
  setPassword(tx, accountId, passwordHash, at);
  writeNews(tx, news);
  return true;
}

function accountById(tx: Tx, id: string): AccountRow | undefined {
  return tx.get('SELECT * FROM accounts WHERE id = :id', { id });
}

function accountByName(tx: Tx, username: string): AccountRow | undefined {
  return tx.get('SELECT * FROM accounts WHERE username_key = :key', { key: usernameKey(username) });
}

/** The words of the index `accounts_by_email`. */
function accountByEmail(tx: Tx, email: string): AccountRow | undefined {
  const [row, ...others] = tx.all<AccountRow>(
    `SELECT * FROM accounts
     WHERE lower(claims ->> '$.email') = :key AND claims ->> '$.email_verified' = 1 LIMIT 2`,
    { key: emailKey(email) },
  );
  return others.length === 0 ? row : undefined;
}

function list(tx: Tx, { beginning = '' }: AccountFilter, page: Page): readonly AccountRow[] {
  const after = page.after === undefined ? undefined : accountById(tx, page.after);
  if (page.after !== undefined && !after?.username_key) return [];
  const { from, to } = usernameKeys(beginning);
  return tx.all(
    `SELECT * FROM accounts WHERE username_key >= :from AND username_key < :to AND username_key > :after
     ORDER BY username_key LIMIT :limit`,
    { from, to, after: after?.username_key ?? '', limit: page.limit },
  );
}

function consented(tx: Tx, accountId: string, clientId: string): readonly string[] {
  const sql = 'SELECT scopes FROM consents WHERE account_id = :accountId AND client_id = :clientId';
  const row = tx.get<{ scopes: string }>(sql, { accountId, clientId });
  return row ? JSON.parse(row.scopes) : [];
}

function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    username: row.username,
    state: row.state,
    generation: row.generation,
    claims: JSON.parse(row.claims),
    passwordHash: row.password_hash,
    createdAt: row.created_at,
    passwordChangedAt: row.password_changed_at,
    mustChangePassword: row.must_change === 1,
    locale: row.locale ?? undefined,
  };
}
