import { z } from 'zod';
import { type Account, type Claims, ROLES, USERNAME_CHARS_MAX } from '../accounts/account.ts';
import { readClaims } from '../accounts/claims.ts';
import { passwordProblem } from '../accounts/password-rules.ts';
import { iso } from '../ops/clock.ts';
import { randomId } from '../ops/ids.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { InvalidInput, idText, instant, listOf, pageMembers, pageOf, reasonText } from './input.ts';
import { accountNamed } from './people.ts';
import { conflict, useCase } from './use-case.ts';

const READERS = { scope: 'signoff.read', role: 'support' } as const;
const KEEPERS = { scope: 'signoff.admin', role: 'operator' } as const;

export const accountRow = z.strictObject({
  id: z.string(),
  username: z.string(),
  state: z.enum(['active', 'disabled', 'deleted']),
  name: z.string().nullable(),
  email: z.string().nullable(),
  created_at: instant,
  password_changed_at: instant,
});

export function toAccountRow(account: Account): z.output<typeof accountRow> {
  const { id, username, state, claims, createdAt, passwordChangedAt } = account;
  const text = (claim: unknown) => (typeof claim === 'string' ? claim : null);
  return {
    id,
    username,
    state,
    name: text(claims['name']),
    email: text(claims['email']),
    created_at: iso(createdAt),
    password_changed_at: iso(passwordChangedAt),
  };
}

const claimsJson = z.record(z.string(), z.unknown());
const accountWithClaims = accountRow.extend({ generation: z.number().int(), claims: claimsJson });

function toAccountWithClaims(account: Account): z.output<typeof accountWithClaims> {
  return { ...toAccountRow(account), generation: account.generation, claims: { ...account.claims } };
}

/** With what it signs in and what it may do here. */
const accountInFull = accountWithClaims.extend({
  role: z.enum(ROLES).nullable(),
  second_factors: z.array(z.enum(['passkey', 'totp'])),
  recovery_codes: z.number().int(),
});

export const listAccounts = useCase({
  ...READERS,
  name: 'accounts.list',
  summary: 'List accounts by user name.',
  input: z.strictObject({
    ...pageMembers,
    search: z
      .string()
      .max(4 * USERNAME_CHARS_MAX)
      .optional()
      .describe('Accounts whose user name begins so; where there is none, the one with this verified e-mail address.'),
  }),
  output: listOf(accountRow),
  async run({ store }, _who, { limit, after, search }) {
    const filter = search === undefined ? {} : { beginning: search };
    const listed = await store.accounts.list(filter, { limit, ...(after !== undefined && { after }) });
    const isNobody = listed.length === 0 && after === undefined && search !== undefined;
    const byMail = isNobody ? await store.accounts.findForSignIn(search) : undefined;
    const found = byMail ? [byMail] : listed;
    return pageOf(found.map(toAccountRow), limit, ({ id }) => id);
  },
});

export const showAccount = useCase({
  ...READERS,
  name: 'accounts.show',
  summary: 'Show one account with its claims, role and second factors; by name or id.',
  input: z.strictObject({ account: idText }),
  output: accountInFull,
  async run(admin, _who, input) {
    const account = await accountNamed(admin, input.account);
    const [role, factors] = await Promise.all([
      admin.store.operators.role(account.id),
      admin.store.credentials.ofAccount(account.id),
    ]);
    return {
      ...toAccountWithClaims(account),
      role: role ?? null,
      second_factors: factors.list.map(({ kind }) => kind),
      recovery_codes: factors.recoveryCodes,
    };
  },
});

/** Throws what is wrong with a password; what is right is nobody's to say. */
export async function assertPassword(password: string): Promise<void> {
  const problem = await passwordProblem(password);
  if (problem !== undefined) throw new InvalidInput([{ field: 'password', message: `${problem}.` }]);
}

export const addAccount = useCase({
  ...KEEPERS,
  name: 'accounts.add',
  summary: 'Make an account.',
  input: z.strictObject({
    username: z.string().max(4 * USERNAME_CHARS_MAX),
    password: z.string().max(4_000),
    claims: claimsJson.default({}).describe('Standard claims, and those of your own scopes.'),
  }),
  output: accountWithClaims,
  async run(admin, who, input) {
    const username = checkedUsername(input.username);
    const claims = checkedClaims(admin, input.claims);
    await assertPassword(input.password);
    const account = newAccount(username, claims, await admin.passwords.hash(input.password), admin.clock.now());
    const audit = auditOf(admin, who, {
      action: addAccount.name,
      subject: `account ${account.id}`,
      after: { state: 'active', claims: Object.keys(claims) },
    });
    if ((await admin.store.accounts.create(account, audit)) === 'taken') {
      throw conflict('username_taken', `There is an account ${username} already; choose another name.`);
    }
    return toAccountWithClaims(account);
  },
});

export function newAccount(username: string, claims: Claims, passwordHash: string, now: number): Account {
  const fresh = {
    state: 'active',
    generation: 0,
    createdAt: now,
    passwordChangedAt: now,
    mustChangePassword: false,
    locale: undefined,
  } as const;
  return { id: randomId(), username, claims, passwordHash, ...fresh };
}

/** Throws what is wrong with a name. */
export function checkedUsername(name: string): string {
  const username = name.normalize('NFC').trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (username !== '' && username.length <= USERNAME_CHARS_MAX && !/[\u0000-\u001f\u007f-\u009f]/.test(username)) {
    return username;
  }
  const message = `must have 1 to ${USERNAME_CHARS_MAX} characters, and no control characters.`;
  throw new InvalidInput([{ field: 'username', message }]);
}

/** Throws what is wrong with claims. */
export function checkedClaims({ claimNames }: Admin, claims: Claims): Claims {
  const read = readClaims(claims, claimNames);
  if (read.ok) return read.claims;
  throw new InvalidInput(read.problems.map((message) => ({ field: 'claims', message })));
}

export const changeAccount = useCase({
  ...KEEPERS,
  name: 'accounts.change',
  summary: 'Change claims of an account; those that are not named stay, null takes one away. Nobody is signed off.',
  input: z.strictObject({ account: idText, claims: claimsJson, reason: reasonText }),
  output: accountWithClaims,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    const claims = checkedClaims(admin, changed(account.claims, input.claims, admin.clock.now()));
    const audit = auditOf(admin, who, {
      action: changeAccount.name,
      subject: `account ${account.id}`,
      reason: input.reason,
      // Their names alone: what people are called and where they live is not for a record that nobody can change.
      before: { claims: Object.keys(account.claims) },
      after: { claims: Object.keys(claims), changed: Object.keys(input.claims) },
    });
    await admin.store.accounts.setClaims(account.id, claims, audit);
    return toAccountWithClaims({ ...account, claims });
  },
});

/** An address that changes is not verified any more, unless that is said too: it may sign in. */
function changed(before: Claims, given: Claims, now: number): Claims {
  const isMoved = given['email'] !== undefined && given['email'] !== before['email'];
  const { email_verified: verified, updated_at: _old, ...rest } = before;
  const kept = isMoved || verified === undefined ? rest : { ...rest, email_verified: verified };
  const all = { updated_at: Math.floor(now / 1000), ...kept, ...given };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

export const enableAccount = useCase({
  ...KEEPERS,
  name: 'accounts.enable',
  summary: 'Let a disabled account sign in again.',
  input: z.strictObject({ account: idText, reason: reasonText }),
  output: accountWithClaims,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    const audit = auditOf(admin, who, {
      action: enableAccount.name,
      subject: `account ${account.id}`,
      reason: input.reason,
      before: { state: account.state },
      after: { state: 'active' },
    });
    await admin.store.accounts.enable(account.id, audit);
    return toAccountWithClaims((await admin.store.accounts.find(account.id)) ?? account);
  },
});
