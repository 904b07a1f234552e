/** A person who can sign in. `id` is the public `sub`: random, never reassigned (Core §2, §8). */
export interface Account {
  readonly id: string;
  /** As typed when it was made; sign-in folds case and Unicode forms (see `usernameKey`). */
  readonly username: string;
  readonly state: AccountState;
  /** Raised by "everywhere"; a session or grant of an older generation is dead at once. */
  readonly generation: number;
  /** Standard claims of OpenID Connect Core §5.1 and whatever `signoff.yaml` adds; never `sub`. */
  readonly claims: Claims;
  /** argon2id, in PHC form. */
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly passwordChangedAt: number;
  /** Somebody else may know the password: nobody signs in with it until there is a new one. */
  readonly mustChangePassword: boolean;
  /** The language tag of the pages at the last sign-in; undefined before the first. */
  readonly locale: string | undefined;
}

/** A deleted account keeps its id (so that it is never given to somebody else) and nothing personal. */
export type AccountState = 'active' | 'disabled' | 'deleted';

/** What an operator may do, from the least to the most: end one person's sessions; also apps, deliveries and keys; all. */
export const ROLES = ['support', 'operator', 'owner'] as const;
export type Role = (typeof ROLES)[number];

export type Claims = Readonly<Record<string, unknown>>;

/** UTF-16 units, as a form's `maxlength` counts; wherever a name is made or typed. */
export const USERNAME_CHARS_MAX = 256;

/** Under which key a user name is found: NFKC, lower case, without surrounding space. */
export function usernameKey(username: string): string {
  return username.normalize('NFKC').trim().toLowerCase();
}

/** Between which keys all user names lie that begin so: stores compare them byte by byte, and nothing sorts after U+10FFFF. */
export function usernameKeys(beginning: string): { readonly from: string; readonly to: string } {
  const from = usernameKey(beginning);
  return { from, to: `${from}\u{10ffff}` };
}

/** Under which key an e-mail address is found: ASCII letters in lower case, as every store can do it. */
export function emailKey(email: string): string {
  return email.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The key of the address that an account may sign in with; an unverified one may be somebody else's. */
export function verifiedEmailKey({ email, email_verified: verified }: Claims): string | undefined {
  return verified === true && typeof email === 'string' ? emailKey(email) : undefined;
}
