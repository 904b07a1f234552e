import { setTimeout as sleep } from 'node:timers/promises';
import type { FailedTry } from '../activity/news.ts';
import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import { limitKeyOf } from '../ops/network.ts';
import type { Generation } from '../sessions/session.ts';
import type { AccountStore, LimitStore, SessionStore } from '../store/store.ts';
import { type Account, USERNAME_CHARS_MAX } from './account.ts';
import type { Passwords, Turn } from './password.ts';
import { isTooLong, PASSWORD_CHARS_MAX } from './password-rules.ts';
import { createSignInBrake, type Limited, type SignInLimit } from './sign-in-brake.ts';

export interface SignInTry {
  /** Or the e-mail address. The brake counts what was typed: to count by account would tell whose address it is. */
  readonly username: string;
  readonly password: string;
  /** Of the browser. */
  readonly address: string;
  /** What the activity says of a try that failed. */
  readonly device?: string | undefined;
  readonly place?: string | undefined;
}

export type SignInResult =
  /** `generation` is what a session begun by this sign-in carries. */
  | { readonly kind: 'ok'; readonly account: Account; readonly generation: Generation }
  /** Unknown user, wrong password, disabled account: nobody can tell which. */
  | { readonly kind: 'refused' }
  /** The password is right, and opens nothing any more: somebody else may know it. */
  | { readonly kind: 'must-change'; readonly account: Account }
  | Limited;

export interface VerifySignInParts {
  readonly store: {
    readonly accounts: Pick<AccountStore, 'findForSignIn'>;
    readonly sessions: Pick<SessionStore, 'realmGeneration'>;
    readonly limits: Pick<LimitStore, 'failures' | 'fail' | 'clear'>;
  };
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly clock: Clock;
  /** Bounded: a flood is refused line by line. */
  readonly log: Pick<Log, 'warn'>;
  /** Undefined: off. */
  readonly limit: SignInLimit | undefined;
  /** How a slowed try waits; for tests. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * Verifies a user name, or a verified e-mail address, and password. An unknown user costs the same reads, the same hash
 * and the same write as a wrong password, so that neither the answer nor its time tells whether an account exists.
 * Throws `busy` and `store_unavailable`.
 */
export function createVerifySignIn(parts: VerifySignInParts): (given: SignInTry) => Promise<SignInResult> {
  const { store, passwords, clock, log, limit, pause = sleep } = parts;
  const brake = createSignInBrake({ limits: store.limits, clock, limit });

  return async function verifySignIn(given) {
    const permit = await brake.admit(given.username, given.address);
    if (permit.kind === 'limited') {
      log.warn('limit.reached', { limit: 'sign-in', by: permit.by, address: given.address });
      return permit;
    }
    try {
      if (permit.slowMs > 0) await pause(permit.slowMs);
      const { result, found } = await compare(given, permit.turn);
      await (result.kind === 'refused' ? permit.failed(triedAt(found, given)) : permit.succeeded());
      return result;
    } finally {
      permit.release();
    }
  };

  /**
   * The account's generation is read with the hash that the password is compared to, the realm's beside them: an "everywhere",
   * a new password or an end of everybody that comes afterwards leaves this sign-in with an old one, dead on arrival
   * (invariant 7).
   */
  async function compare({ username: typed, password }: SignInTry, turn: Turn): Promise<Compared> {
    // As names are made: some keyboards send an ö as two characters.
    const username = typed.normalize('NFC').trim();
    const tooLong = username.length > USERNAME_CHARS_MAX || isTooLong(password);
    const [found, realm] = await Promise.all([
      store.accounts.findForSignIn(username.slice(0, USERNAME_CHARS_MAX)),
      store.sessions.realmGeneration(),
    ]);
    const same = await passwords.verify(found?.passwordHash, password.slice(0, PASSWORD_CHARS_MAX), turn);
    if (!same || !found || tooLong || found.state !== 'active') return { result: { kind: 'refused' }, found };
    if (found.mustChangePassword) return { result: { kind: 'must-change', account: found }, found };
    return { result: { kind: 'ok', account: found, generation: { account: found.generation, realm } }, found };
  }
}

interface Compared {
  readonly result: Exclude<SignInResult, Limited>;
  readonly found: Account | undefined;
}

/** Written for nobody's account as well, so that the time of the answer does not tell whether there is one. */
function triedAt(found: Account | undefined, { address, device, place }: SignInTry): FailedTry {
  return { accountId: found?.id ?? 'nobody', addressHash: sha256(limitKeyOf(address)), device, place };
}
