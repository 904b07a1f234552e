import type { FailedTry } from '../activity/news.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { sha256 } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import type { Generation } from '../sessions/session.ts';
import type { AccountStore, CredentialStore, Credentials, LimitStore, SessionStore } from '../store/store.ts';
import type { Account } from './account.ts';
import type { Passkey, Totp } from './credential.ts';
import type { PasskeyQuestion, Passkeys } from './passkeys.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import { createSignInBrake, type Limited, type SignInLimit } from './sign-in-brake.ts';
import { stepOfCode } from './totp-codes.ts';

/** What a person proves besides, or instead of, the password. */
export interface SecondStep {
  /** `SIGNOFF_SECOND_FACTOR` is not `off`. */
  readonly enabled: boolean;
  /** What the account has; nothing where second factors are switched off. */
  of(accountId: string): Promise<Credentials>;
  /**
   * A code of an authenticator app, or a recovery code. So many wrong ones as of passwords, from wherever they come, and the
   * account takes none for a while: six digits are few, and only who knows the password comes this far.
   */
  verifyCode(accountId: string, typed: string): Promise<CodeResult>;
  /** A question for a passkey: one of `known`, or whichever the browser has for us. */
  ask(known?: readonly Passkey[]): Promise<AskedPasskey>;
  /** `accountId`: whose passkey it must be. */
  verifyPasskey(given: PasskeyAnswer, accountId?: string): Promise<PasskeyResult>;
}

/** What a page holds: options for the browser, and our question sealed, which comes back with the answer. */
export interface AskedPasskey {
  readonly options: string;
  readonly ticket: string;
}

export interface PasskeyAnswer {
  readonly answer: string;
  readonly ticket: string;
}

export type CodeResult =
  | { readonly kind: 'ok'; readonly by: 'totp' | 'recovery-code' }
  | { readonly kind: 'refused' }
  | Limited;

export type PasskeyResult =
  /** `generation` as of before the answer was looked at. */
  | { readonly kind: 'ok'; readonly account: Account; readonly generation: Generation; readonly passkey: Passkey }
  | { readonly kind: 'refused' };

export interface SecondStepParts {
  readonly store: {
    readonly accounts: Pick<AccountStore, 'find'>;
    readonly credentials: Pick<
      CredentialStore,
      'ofAccount' | 'findPasskey' | 'useTotp' | 'usePasskey' | 'useRecoveryCode'
    >;
    readonly sessions: Pick<SessionStore, 'generation'>;
    readonly limits: Pick<LimitStore, 'failures' | 'fail' | 'clear'>;
  };
  readonly box: CryptoBox;
  readonly clock: Clock;
  /** Bounded. */
  readonly log: Pick<Log, 'warn'>;
  readonly passkeys: Passkeys;
  /** Undefined: off. */
  readonly limit: SignInLimit | undefined;
  readonly enabled: boolean;
}

const NONE: Credentials = { list: [], recoveryCodes: 0 };

/** How long a page may wait for its answer. */
const TICKET_MS = 10 * 60 * 1000;
const PURPOSE = 'passkey.v1';

export function createSecondStep(parts: SecondStepParts): SecondStep {
  const { store, box, clock, log, passkeys, enabled } = parts;
  const brake = createSignInBrake({ limits: store.limits, clock, limit: parts.limit });

  async function verifyCode(accountId: string, typed: string): Promise<CodeResult> {
    // The brake's pair of account and address, with the account for both: no other address buys more tries.
    const permit = await brake.admit(`second step of ${accountId}`, `account ${accountId}`);
    if (permit.kind === 'limited') {
      log.warn('limit.reached', { limit: 'second-step', by: permit.by, account_id: accountId });
      return permit;
    }
    try {
      const result = await useCode(accountId, typed);
      await (result.kind === 'ok' ? permit.succeeded() : permit.failed(triedAt(accountId)));
      return result;
    } finally {
      permit.release();
    }
  }

  const of = async (accountId: string) => (enabled ? store.credentials.ofAccount(accountId) : NONE);

  async function useCode(accountId: string, typed: string) {
    const { list } = await of(accountId);
    const now = clock.now();
    for (const totp of list.filter((one) => one.kind === 'totp')) {
      const step = stepOfCode(secretOf(totp), typed, now);
      if (step !== undefined && (await store.credentials.useTotp(totp.id, step, now))) {
        return { kind: 'ok', by: 'totp' } as const;
      }
    }
    const hash = hashRecoveryCode(typed);
    if (hash !== undefined && list.length > 0 && (await store.credentials.useRecoveryCode(accountId, hash))) {
      return { kind: 'ok', by: 'recovery-code' } as const;
    }
    return { kind: 'refused' } as const;
  }

  function secretOf({ sealedSecret }: Totp): string {
    return box.open(sealedSecret);
  }

  async function usePasskey(given: PasskeyAnswer, accountId?: string): Promise<PasskeyResult> {
    const refused = { kind: 'refused' } as const;
    const ticket = openTicket(given.ticket);
    const passkey = await store.credentials.findPasskey(passkeys.idIn(given.answer) ?? '');
    if (!enabled || !ticket || !passkey || (accountId !== undefined && passkey.accountId !== accountId)) return refused;
    const [account, generation] = [
      await store.accounts.find(passkey.accountId),
      await store.sessions.generation(passkey.accountId),
    ];
    if (account?.state !== 'active') return refused;
    // Somebody else may have added it: until there is a new password nothing lets in alone.
    if (accountId === undefined && account.mustChangePassword) return refused;
    const counter = await passkeys.verify(given.answer, ticket.challenge, passkey);
    if (counter === undefined) return refused;
    const use = { counter, challengedAt: ticket.at, now: clock.now() };
    if (!(await store.credentials.usePasskey(passkey.id, use))) return refused;
    return { kind: 'ok', account, generation, passkey } as const;
  }

  function sealed({ options, challenge }: PasskeyQuestion): AskedPasskey {
    return { options, ticket: box.seal(JSON.stringify({ purpose: PURPOSE, challenge, at: clock.now() })) };
  }

  function openTicket(text: string): Ticket | undefined {
    const ticket = unsealed(text, box);
    return ticket?.purpose === PURPOSE && clock.now() - ticket.at < TICKET_MS ? ticket : undefined;
  }

  return {
    enabled,
    of,
    verifyCode,
    ask: async (known) => sealed(await passkeys.ask(known)),
    verifyPasskey: usePasskey,
  };
}

/** For the activity: whoever tried knew the password, so where from says little. */
function triedAt(accountId: string): FailedTry {
  return { accountId, addressHash: sha256('second step'), device: undefined, place: undefined };
}

interface Ticket {
  readonly purpose: string;
  readonly challenge: string;
  readonly at: number;
}

function unsealed(text: string, box: CryptoBox): Ticket | undefined {
  try {
    return JSON.parse(box.open(text));
  } catch {
    return undefined;
  }
}
