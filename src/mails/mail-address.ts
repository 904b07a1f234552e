import type { Account } from '../accounts/account.ts';

/** One mailbox: nothing that a mail server, or a header, could read as two. */
const SHAPE = /^[^\s<>()[\]\\,;:"@]{1,64}@[^\s<>()[\]\\,;:"@]{1,255}$/u;

/**
 * Where mails of an account go: its claim `email`. Operators say what that is, so it counts unless they say that it is not
 * verified (`email_verified: false`). Undefined where there is none.
 */
export function mailAddressOf({ claims, state }: Pick<Account, 'claims' | 'state'>): string | undefined {
  const { email, email_verified: verified } = claims;
  if (state !== 'active' || verified === false || typeof email !== 'string') return undefined;
  const address = email.trim();
  return SHAPE.test(address) ? address : undefined;
}
