import type { ClientSession } from 'mongodb';
import type { Role } from '../../accounts/account.ts';
import type { AccessTokenRow, OperatorStore, Page } from '../store.ts';
import type { AccessTokenDoc } from './account-documents.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import { createRegistrationTokens } from './registration-tokens.ts';

/** Who runs this service, and their tokens. A role counts while its account is active. */
export function createOperators(parts: MongoParts): OperatorStore {
  const { operators, accessTokens, meta, transact } = parts;
  return {
    ...createRegistrationTokens(parts),
    role: (accountId) => roleOf(parts, accountId),
    async list() {
      const rows = await operators.find().sort({ _id: 1 }).toArray();
      return rows.map(({ _id, role, since }) => ({ accountId: _id, role, since }));
    },
    setRole: (accountId, role, at, audit) =>
      transact(async (tx) => {
        if (!(await isActive(parts, accountId, tx))) return 'nobody';
        if ((await roleOf(parts, accountId, tx)) === role) return 'unchanged';
        if (role !== 'owner' && (await isLastOwner(parts, accountId, tx))) return 'last-owner';
        await saveRole(parts, accountId, role, at, tx);
        await appendAudit(parts, audit, tx);
        return 'done';
      }),
    saveFirstLink: (link, audit) =>
      transact(async (tx) => {
        await meta.updateOne({ _id: 'first-owner' }, { $set: { firstLink: link } }, { upsert: true, session: tx });
        await appendAudit(parts, audit, tx);
      }),
    offerFirstLink: (link) =>
      transact(async (tx) => {
        const row = await meta.findOne({ _id: 'first-owner' }, { session: tx });
        if (row?.firstLink || (await activeOwners(parts, tx)).length > 0) return false;
        await meta.updateOne({ _id: 'first-owner' }, { $set: { firstLink: link } }, { upsert: true, session: tx });
        return true;
      }),
    isFirstLink: (hash, now) => isFirstLink(parts, hash, now),
    redeemFirstLink: (hash, accountId, now, audit) =>
      transact(async (tx) => {
        if (!(await isFirstLink(parts, hash, now, tx)) || !(await isActive(parts, accountId, tx))) return 'gone';
        await meta.updateOne({ _id: 'first-owner' }, { $unset: { firstLink: true } }, { session: tx });
        await saveRole(parts, accountId, 'owner', now, tx);
        await appendAudit(parts, audit, tx);
        return 'done';
      }),

    addToken: ({ id, ...token }, audit) =>
      transact(async (tx) => {
        await accessTokens.insertOne({ _id: id, ...token }, { session: tx });
        await appendAudit(parts, audit, tx);
      }),
    async tokenByHash(hash, now) {
      const row = await accessTokens.findOne({ hash, expiresAt: { $gt: now } });
      const role = row && (await roleOf(parts, row.accountId));
      return row && role ? { ...toToken(row), role } : undefined;
    },
    tokens: (accountId, page) => tokens(parts, accountId, page),
    revokeToken: (id, audit) =>
      transact(async (tx) => {
        const { deletedCount } = await accessTokens.deleteOne({ _id: id }, { session: tx });
        if (deletedCount > 0) await appendAudit(parts, audit, tx);
        return deletedCount > 0;
      }),
    async removeExpiredTokens(now, limit) {
      const old = { expiresAt: { $lte: now } };
      const rows = await accessTokens
        .find(old, { projection: { _id: 1 } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await accessTokens.deleteMany({ ...old, _id: { $in: rows.map(({ _id }) => _id) } });
      // Few, and all of them at once: an operator makes each by hand.
      return deletedCount + (await parts.registrationTokens.deleteMany(old)).deletedCount;
    },
  };
}

async function roleOf(parts: MongoParts, accountId: string, tx?: ClientSession): Promise<Role | undefined> {
  const row = await parts.operators.findOne({ _id: accountId }, tx && { session: tx });
  return row && (await isActive(parts, accountId, tx)) ? row.role : undefined;
}

async function isActive({ accounts }: MongoParts, accountId: string, tx?: ClientSession): Promise<boolean> {
  return (await accounts.findOne({ _id: accountId, state: 'active' }, tx && { session: tx })) !== null;
}

/** An owner whose account is disabled can do nothing, and does not count. */
async function activeOwners(parts: MongoParts, tx?: ClientSession): Promise<readonly string[]> {
  const rows = await parts.operators.find({ role: 'owner' }, tx && { session: tx }).toArray();
  const ids = rows.map(({ _id }) => _id);
  const active = await parts.accounts
    .find({ _id: { $in: ids }, state: 'active' }, { projection: { _id: 1 }, ...(tx && { session: tx }) })
    .toArray();
  return active.map(({ _id }) => _id);
}

async function isLastOwner(parts: MongoParts, accountId: string, tx: ClientSession): Promise<boolean> {
  const owners = await activeOwners(parts, tx);
  return owners.length === 1 && owners[0] === accountId;
}

/** Two owners who take each other's role at once would leave none: they meet at the count. */
async function saveRole(
  { operators, meta }: MongoParts,
  accountId: string,
  role: Role | undefined,
  since: number,
  tx: ClientSession,
): Promise<void> {
  await meta.updateOne({ _id: 'operators' }, { $inc: { count: 1 } }, { upsert: true, session: tx });
  if (role === undefined) await operators.deleteOne({ _id: accountId }, { session: tx });
  else await operators.replaceOne({ _id: accountId }, { role, since }, { upsert: true, session: tx });
}

async function isFirstLink(parts: MongoParts, hash: string, now: number, tx?: ClientSession): Promise<boolean> {
  const row = await parts.meta.findOne({ _id: 'first-owner' }, tx && { session: tx });
  const link = row?.firstLink;
  return link?.hash === hash && link.expiresAt > now && (await activeOwners(parts, tx)).length === 0;
}

async function tokens(
  { accessTokens }: MongoParts,
  accountId: string | undefined,
  page: Page,
): Promise<readonly AccessTokenRow[]> {
  const after = page.after === undefined ? undefined : await accessTokens.findOne({ _id: page.after });
  if (after === null) return [];
  const behind = after && {
    $or: [{ createdAt: { $gt: after.createdAt } }, { createdAt: after.createdAt, _id: { $gt: after._id } }],
  };
  const rows = await accessTokens
    .find({ ...(accountId !== undefined && { accountId }), ...behind })
    .sort({ createdAt: 1, _id: 1 })
    .limit(page.limit)
    .toArray();
  return rows.map(toToken);
}

function toToken({ _id, ...row }: AccessTokenDoc): AccessTokenRow {
  return { id: _id, ...row };
}
