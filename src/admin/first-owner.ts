/** How the first owner comes in: by a link that works once, before there is an owner who could give roles. */
import type { Account } from '../accounts/account.ts';
import { AppError } from '../errors.ts';
import { iso } from '../ops/clock.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import { assertPassword, checkedUsername, newAccount } from './accounts.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { conflict, type Operator } from './use-case.ts';

export const FIRST_LINK_MS = 15 * 60 * 1000;

type Parts = Pick<Admin, 'issuer' | 'store' | 'clock'>;

/** The link of the very first start: undefined where one was made before, or there is an owner. */
export async function offerFirstLink({
  issuer,
  store,
  clock,
}: Parts): Promise<{ url: string; expires_at: string } | undefined> {
  const token = randomId(32);
  const expiresAt = clock.now() + FIRST_LINK_MS;
  if (!(await store.operators.offerFirstLink({ hash: sha256(token), expiresAt }))) return undefined;
  return { url: `${issuer}/admin/first/${token}`, expires_at: iso(expiresAt) };
}

/** Whether this link would work now. */
export function isFirstLink({ store, clock }: Parts, token: string): Promise<boolean> {
  return store.operators.isFirstLink(sha256(token), clock.now());
}

/** Makes an account that signed in by its password the first owner. Throws 404 `link_gone`. */
export async function becomeOwner(admin: Parts, token: string, account: Account, from: string): Promise<void> {
  const who: Operator = { actor: { kind: 'link', id: account.id }, role: 'owner', scopes: [], from };
  const note = { action: 'operators.first', subject: `account ${account.id}`, after: { role: 'owner' } };
  const audit = auditOf(admin, who, note);
  const answer = await admin.store.operators.redeemFirstLink(sha256(token), account.id, audit.at, audit);
  if (answer === 'gone') throw linkGone();
}

/** The account of an owner who has none yet. Throws what is wrong with name or password, and 409 for a name that is taken. */
export async function newOwnerAccount(
  { store, clock, passwords }: Parts & Pick<Admin, 'passwords'>,
  given: { readonly username: string; readonly password: string },
): Promise<Account> {
  const username = checkedUsername(given.username);
  await assertPassword(given.password);
  const account = newAccount(username, {}, await passwords.hash(given.password), clock.now());
  if ((await store.accounts.create(account)) === 'created') return account;
  throw conflict('username_taken', `There is an account ${username} already.`);
}

export function linkGone(): AppError {
  return new AppError({ code: 'link_gone', status: 404, words: 'error.first_link_gone' });
}
