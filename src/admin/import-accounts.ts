/** Accounts of another program, with the hashes of their passwords: nobody has to choose a new one. */
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import { readHash } from '../accounts/foreign-hash.ts';
import { randomId } from '../ops/ids.ts';
import { checkedClaims, checkedUsername } from './accounts.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { InvalidInput, instant, readInput } from './input.ts';
import { type Operator, useCase } from './use-case.ts';

const accountJson = z.strictObject({
  username: z.string().max(1_000),
  password_hash: z
    .unknown()
    .describe('argon2, bcrypt, scrypt or PBKDF2 in the usual spellings, or Keycloak’s credential.'),
  id: z
    .string()
    .regex(/^[A-Za-z0-9._~:-]{1,128}$/, 'must be 1 to 128 of A–Z a–z 0–9 . _ ~ : -')
    .nullish()
    .describe('The `sub` that apps know already; a new one where there is none.'),
  claims: z.record(z.string(), z.unknown()).nullish(),
  disabled: z.boolean().nullish(),
  created_at: instant.nullish(),
});

const row = z.strictObject({
  index: z.number().int().describe('Which of those that were sent, from 0.'),
  username: z.string().nullable(),
  result: z.enum(['made', 'there', 'refused']),
  /** Why not. */
  message: z.string().nullable(),
});

export const importAccounts = useCase({
  scope: 'signoff.admin',
  role: 'operator',
  name: 'accounts.import',
  summary: 'Make accounts with password hashes of another program; those that are there stay as they are.',
  input: z.strictObject({
    accounts: z.array(z.unknown()).min(1).max(200),
    dry_run: z.boolean().default(false),
  }),
  output: z.strictObject({ items: z.array(row) }),
  async run(admin, who, { accounts, dry_run: dryRun }) {
    const items: z.output<typeof row>[] = [];
    for (const [index, given] of accounts.entries())
      items.push({ index, ...(await importOne(admin, who, given, dryRun)) });
    return { items };
  },
});

type Outcome = Omit<z.output<typeof row>, 'index'>;

/** One that cannot be made keeps nobody else from it. */
async function importOne(admin: Admin, who: Operator, given: unknown, dryRun: boolean): Promise<Outcome> {
  try {
    const account = readAccount(admin, given);
    const result = dryRun ? await wouldBe(admin, account) : await make(admin, who, account);
    return { username: account.username, result, message: null };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { username: nameIn(given), result: 'refused', message: error.publicMessage };
  }
}

function readAccount(admin: Admin, given: unknown): Account {
  const read = readInput(accountJson, given);
  const hash = readHash(read.password_hash);
  if ('problem' in hash) throw new InvalidInput([{ field: 'password_hash', message: `${hash.problem}.` }]);
  const createdAt = read.created_at ? Date.parse(read.created_at) : admin.clock.now();
  return {
    id: read.id ?? randomId(),
    username: checkedUsername(read.username),
    state: read.disabled ? 'disabled' : 'active',
    generation: 0,
    claims: checkedClaims(admin, read.claims ?? {}),
    passwordHash: hash.phc,
    createdAt,
    passwordChangedAt: createdAt,
    mustChangePassword: false,
    locale: undefined,
  };
}

async function wouldBe({ store }: Admin, { id, username }: Account): Promise<'made' | 'there'> {
  const isThere = (await store.accounts.findByUsername(username)) ?? (await store.accounts.find(id));
  return isThere ? 'there' : 'made';
}

async function make(admin: Admin, who: Operator, account: Account): Promise<'made' | 'there'> {
  // An id is nobody's name: a second account with it is a mistake of the export, or a second run.
  if ((await wouldBe(admin, account)) === 'there') return 'there';
  const audit = auditOf(admin, who, {
    action: importAccounts.name,
    subject: `account ${account.id}`,
    after: { state: account.state, claims: Object.keys(account.claims), hash: account.passwordHash.split('$')[1] },
  });
  return (await admin.store.accounts.create(account, audit)) === 'created' ? 'made' : 'there';
}

function nameIn(given: unknown): string | null {
  const { username } = (given ?? {}) as { username?: unknown };
  return typeof username === 'string' ? username.slice(0, 100) : null;
}
