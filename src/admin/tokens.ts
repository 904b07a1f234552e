import { z } from 'zod';
import { iso } from '../ops/clock.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import type { AccessTokenRow } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { durationText, InvalidInput, idText, instant, listOf, msOf, pageMembers, pageOf } from './input.ts';
import { accountNamed } from './people.ts';
import { API_SCOPES, type ApiScope, isApiScope, reaches, SCOPES_OF_ROLE } from './roles.ts';
import { conflict, notThere, type Operator, permit, useCase } from './use-case.ts';

/** Personal access tokens: an operator makes them for programs, an owner also for others. Support's are made by those. */
const READERS = { scope: 'signoff.read', role: 'support' } as const;
const MAKERS = { scope: 'signoff.admin', role: 'operator' } as const;
const EVERYBODYS = { scope: 'signoff.admin', role: 'owner' } as const;

/** So that secret scanners find one that leaked. */
const TOKEN_PREFIX = 'signoff_pat_';
const LIFE_MAX_MS = 366 * 86_400_000;

export const tokenRow = z.strictObject({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  created_at: instant,
  expires_at: instant,
});

function toRow({ id, accountId, name, scopes, createdAt, expiresAt }: AccessTokenRow): z.output<typeof tokenRow> {
  return {
    id,
    account_id: accountId,
    name,
    scopes: [...scopes],
    created_at: iso(createdAt),
    expires_at: iso(expiresAt),
  };
}

/** Whose tokens are meant: one's own, or, for owners, anybody's. */
async function ownerOf(admin: Admin, who: Operator, named: string | undefined): Promise<string | undefined> {
  const own = who.actor.kind === 'account' ? who.actor.id : undefined;
  const wanted = named === undefined ? undefined : (await accountNamed(admin, named)).id;
  if (wanted !== undefined && wanted !== own) permit(who, EVERYBODYS);
  return wanted ?? (reaches(who.role, 'owner') ? undefined : own);
}

export const listTokens = useCase({
  ...READERS,
  name: 'tokens.list',
  summary: 'List personal access tokens: your own, or everybody’s for an owner.',
  input: z.strictObject({ account: idText.optional(), ...pageMembers }),
  output: listOf(tokenRow),
  async run(admin, who, { account, limit, after }) {
    const accountId = await ownerOf(admin, who, account);
    const rows = await admin.store.operators.tokens(accountId, { limit, ...(after !== undefined && { after }) });
    return pageOf(rows.map(toRow), limit, (row) => row.id);
  },
});

export const addToken = useCase({
  ...MAKERS,
  name: 'tokens.add',
  summary: 'Make a personal access token; it is shown once.',
  input: z.strictObject({
    account: idText.optional().describe('Whose; your own where it is not said.'),
    name: z.string().min(1).max(100).describe('What it is for.'),
    scopes: z.array(z.enum(API_SCOPES)).min(1).max(API_SCOPES.length),
    expires_in: durationText.default('90d').describe('How long it works, at most 366d.'),
  }),
  output: tokenRow.extend({ token: z.string() }),
  async run(admin, who, input) {
    const accountId = (await ownerOf(admin, who, input.account)) ?? (who.actor.kind === 'account' ? who.actor.id : '');
    if (accountId === '') throw new InvalidInput([{ field: 'account', message: 'is missing.' }]);
    const scopes = [...new Set(input.scopes)];
    await assertScopes(admin, who, accountId, scopes);
    const lifeMs = msOf(input.expires_in);
    if (lifeMs < 1_000 || lifeMs > LIFE_MAX_MS) {
      throw new InvalidInput([{ field: 'expires_in', message: 'must be between 1s and 366d.' }]);
    }
    const token = `${TOKEN_PREFIX}${randomId(32)}`;
    const now = admin.clock.now();
    const facts = { id: randomId(), accountId, name: input.name, scopes, createdAt: now, expiresAt: now + lifeMs };
    const row = toRow({ ...facts, hash: '' });
    const audit = auditOf(admin, who, { action: addToken.name, subject: `token ${facts.id}`, after: row });
    await admin.store.operators.addToken({ ...facts, hash: sha256(token) }, audit);
    return { ...row, token };
  },
});

/** Not more than the role can have, nor than whoever asks has: a token must not make a stronger one. */
async function assertScopes(
  { store }: Admin,
  who: Operator,
  accountId: string,
  scopes: readonly ApiScope[],
): Promise<void> {
  const role = await store.operators.role(accountId);
  if (!role) throw conflict('no_role', 'This account has no role; give it one first: operators add NAME.');
  const allowed = SCOPES_OF_ROLE[role].filter((scope) => who.scopes.includes(scope));
  const beyond = scopes.filter((scope) => !allowed.includes(scope));
  if (beyond.length > 0) {
    const message = `may not hold ${beyond.join(', ')}: the role ${role} has ${SCOPES_OF_ROLE[role].join(', ')}.`;
    throw new InvalidInput([{ field: 'scopes', message }]);
  }
}

export const revokeToken = useCase({
  ...MAKERS,
  name: 'tokens.revoke',
  summary: 'Revoke a personal access token: your own, or anybody’s for an owner.',
  input: z.strictObject({ id: idText }),
  output: tokenRow,
  async run(admin, who, { id }) {
    const row = await tokenWithId(admin, await ownerOf(admin, who, undefined), id);
    if (!row) throw notThere('token_unknown', `There is no token ${id}.`);
    const shown = toRow(row);
    const audit = auditOf(admin, who, { action: revokeToken.name, subject: `token ${id}`, before: shown });
    if (!(await admin.store.operators.revokeToken(id, audit)))
      throw notThere('token_unknown', `There is no token ${id}.`);
    return shown;
  },
});

async function tokenWithId(
  { store }: Admin,
  accountId: string | undefined,
  id: string,
): Promise<AccessTokenRow | undefined> {
  for (let after: string | undefined; ; ) {
    const page = await store.operators.tokens(accountId, { limit: 200, ...(after !== undefined && { after }) });
    const found = page.find((row) => row.id === id);
    if (found || page.length < 200) return found;
    after = page.at(-1)?.id;
  }
}

/** Who calls with this token; undefined when it is none (any more). */
export async function operatorByToken(
  { store, clock }: Pick<Admin, 'store' | 'clock'>,
  token: string,
  from: string | undefined,
): Promise<Operator | undefined> {
  if (!token.startsWith(TOKEN_PREFIX)) return undefined;
  const row = await store.operators.tokenByHash(sha256(token), clock.now());
  if (!row) return undefined;
  // The role may have shrunk since the token was made.
  const scopes = row.scopes.filter(isApiScope).filter((scope) => SCOPES_OF_ROLE[row.role].includes(scope));
  return { actor: { kind: 'account', id: row.accountId }, role: row.role, scopes, from };
}
