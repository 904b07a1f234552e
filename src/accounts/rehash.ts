import type { Log } from '../ops/log.ts';
import type { AccountStore } from '../store/store.ts';
import type { Passwords } from './password.ts';
import type { SignInResult, SignInTry } from './verify-sign-in.ts';

export interface RehashParts {
  readonly accounts: Pick<AccountStore, 'rehash'>;
  readonly passwords: Pick<Passwords, 'hash' | 'isOurs'>;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * The same sign-in; where it succeeds by a hash that another program made, the password gets one of ours. It is the same
 * password, so nothing ends. A store that is away then is no reason to refuse anybody.
 */
export function rehashing(
  verify: (given: SignInTry) => Promise<SignInResult>,
  { accounts, passwords, log }: RehashParts,
): (given: SignInTry) => Promise<SignInResult> {
  return async (given) => {
    const result = await verify(given);
    if (result.kind !== 'ok' || passwords.isOurs(result.account.passwordHash)) return result;
    const { id, passwordHash } = result.account;
    try {
      await accounts.rehash(id, passwordHash, await passwords.hash(given.password));
    } catch (error) {
      log.warn('account.not_rehashed', { account_id: id, error });
    }
    return result;
  };
}
