import type { ClientSession } from 'mongodb';
import {
  type Account,
  type Claims,
  emailKey,
  usernameKey,
  usernameKeys,
  verifiedEmailKey,
} from '../../accounts/account.ts';
import type { AccountFilter, AccountStore, AuditEntry, Page, PasswordChange } from '../store.ts';
import { type AccountDoc, consentKey } from './account-documents.ts';
import { appendAudit } from './audit.ts';
import { setPassword } from './barriers.ts';
import type { MongoParts } from './collections.ts';
import { writeNews } from './news.ts';
import { isDuplicate } from './transaction.ts';

/** People. Disabling, deleting and a new password that ends sessions are written by `end`, never here. */
export function createAccounts(parts: MongoParts): AccountStore {
  const { accounts, consents, transact } = parts;
  return {
    create: (account, audit) => create(parts, account, audit),
    async find(id) {
      const row = await accounts.findOne({ _id: id });
      return row ? toAccount(row) : undefined;
    },
    async findByUsername(username) {
      const row = await accounts.findOne({ usernameKey: usernameKey(username) });
      return row ? toAccount(row) : undefined;
    },
    async findForSignIn(name) {
      const [byName, [byEmail, ...others]] = await Promise.all([
        accounts.findOne({ usernameKey: usernameKey(name) }),
        accounts
          .find({ emailKey: emailKey(name) })
          .limit(2)
          .toArray(),
      ]);
      const row = byName ?? (others.length === 0 ? byEmail : undefined);
      return row && toAccount(row);
    },
    list: (filter, page) => list(parts, filter, page),
    async setClaims(id, claims, audit) {
      const living = { _id: id, state: { $ne: 'deleted' } } as const;
      const key = verifiedEmailKey(claims);
      const set = { claims: JSON.stringify(claims), ...(key !== undefined && { emailKey: key }) };
      const change = { $set: set, ...(key === undefined && { $unset: { emailKey: true as const } }) };
      await parts.transact(async (tx) => {
        const { matchedCount } = await accounts.updateOne(living, change, { session: tx });
        if (matchedCount > 0) await appendAudit(parts, audit, tx);
      });
    },
    async enable(id, audit) {
      await parts.transact(async (tx) => {
        const active = { $set: { state: 'active' } } as const;
        const { matchedCount } = await accounts.updateOne({ _id: id, state: 'disabled' }, active, { session: tx });
        if (matchedCount > 0) await appendAudit(parts, audit, tx);
      });
    },
    async rehash(id, from, to) {
      const which = { _id: id, passwordHash: from };
      return (await accounts.updateOne(which, { $set: { passwordHash: to } })).matchedCount === 1;
    },
    changePassword: (change) => transact((tx) => changePassword(parts, change, tx)),
    async consent(accountId, clientId) {
      const row = await consents.findOne({ _id: consentKey(accountId, clientId) });
      return row?.scopes ?? [];
    },
    async consents(accountId, limit) {
      const rows = await consents.find({ accountId }).limit(limit).toArray();
      const ordered = rows.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1));
      return ordered.map(({ clientId, scopes, updatedAt }) => ({ clientId, scopes, updatedAt }));
    },
    async allow(accountId, clientId, scopes, now, news) {
      const set = { accountId, clientId, updatedAt: now };
      const update = { $set: set, $addToSet: { scopes: { $each: [...scopes] } } };
      await transact(async (tx) => {
        await consents.updateOne({ _id: consentKey(accountId, clientId) }, update, { upsert: true, session: tx });
        if (news) await writeNews(parts, news, tx);
      });
    },
  };
}

/** The index of user names decides, so that two that come at once cannot both have it. */
async function create(parts: MongoParts, account: Account, audit?: AuditEntry): Promise<'created' | 'taken'> {
  const { accounts } = parts;
  const key = usernameKey(account.username);
  const { id, claims, mustChangePassword, ...facts } = account;
  const email = verifiedEmailKey(claims);
  const names = { usernameKey: key, ...(email !== undefined && { emailKey: email }) };
  const flag = mustChangePassword ? { mustChange: true } : {};
  const row = { _id: id, ...facts, ...names, ...flag, claims: JSON.stringify(claims), starts: 0 };
  try {
    await parts.transact(async (tx) => {
      await accounts.insertOne(row, { session: tx });
      await appendAudit(parts, audit, tx);
    });
    return 'created';
  } catch (error) {
    if (isDuplicate(error) && (await accounts.findOne({ usernameKey: key }))) return 'taken';
    throw error;
  }
}

async function list(
  { accounts }: MongoParts,
  { beginning = '' }: AccountFilter,
  page: Page,
): Promise<readonly Account[]> {
  const after = page.after === undefined ? undefined : await accounts.findOne({ _id: page.after });
  if (after === null || (after && after.usernameKey === undefined)) return [];
  const { from, to } = usernameKeys(beginning);
  const rows = await accounts
    .find({ usernameKey: { $gte: from, $lt: to, $gt: after?.usernameKey ?? '' } })
    .sort({ usernameKey: 1 })
    .limit(page.limit)
    .toArray();
  return rows.map(toAccount);
}

/** Of two changes at once, the second one's answer tells that it knew an older password. */
async function changePassword(parts: MongoParts, change: PasswordChange, tx: ClientSession): Promise<boolean> {
  const { accountId, from, passwordHash, at, news } = change;
  const known = { _id: accountId, passwordHash: from };
  if (!(await parts.accounts.findOne(known, { session: tx, projection: { _id: 1 } }))) return false;
  await setPassword(parts, accountId, passwordHash, at, tx);
  await writeNews(parts, news, tx);
  return true;
}

function toAccount(row: AccountDoc): Account {
  return {
    id: row._id,
    username: row.username,
    state: row.state,
    generation: row.generation,
    claims: JSON.parse(row.claims) as Claims,
    passwordHash: row.passwordHash,
    createdAt: row.createdAt,
    passwordChangedAt: row.passwordChangedAt,
    mustChangePassword: row.mustChange ?? false,
    locale: row.locale,
  };
}
