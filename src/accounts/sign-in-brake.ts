import type { FailedTry } from '../activity/news.ts';
import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import { limitKeyOf, networkOf } from '../ops/network.ts';
import type { FailureCount, LimitStore } from '../store/store.ts';
import { usernameKey } from './account.ts';
import type { Turn } from './password.ts';
import { createTriesUnderWay, type Gate } from './tries-under-way.ts';

/** Failed tries of one address at one account that are allowed in a window. */
export interface SignInLimit {
  readonly tries: number;
  readonly windowMs: number;
}

/** Slows guessing without locking anybody out: the owner of an account still gets in from elsewhere. */
export interface SignInBrake {
  /** Asks to try once. A permit must be released. */
  admit(username: string, address: string): Promise<Permit | Limited>;
}

interface Permit {
  readonly kind: 'permit';
  /** Wait so long first: the account, or the address, is slowed. */
  readonly slowMs: number;
  /** At the hash: among its network, or among all at the account that is under fire. */
  readonly turn: Turn;
  failed(tried: FailedTry): Promise<void>;
  succeeded(): Promise<void>;
  release(): void;
}

export interface Limited {
  readonly kind: 'limited';
  readonly retryAfterMs: number;
  /** What has had too many failures. */
  readonly by: 'pair' | 'account' | 'address';
}

/** How many times the limit of a pair may fail at one account, or from one address, before its tries are slowed. */
const ALONE_FACTOR = 10;
const SLOW_STEP_MS = 1_000;
const SLOW_MAX_MS = 5_000;
/** Tries of a slowed address, or at a slowed account from addresses that failed at it, at once, their pauses included. */
const SLOWED_AT_ONCE = 2;
/**
 * Tries at once at a slowed account from addresses without a failure at it. Its owner is among them: they do not pause,
 * and in the account's own lane none of them waits longer than half a second.
 */
const UNBLAMED_AT_ONCE = 20;

interface SignInBrakeParts {
  readonly limits: Pick<LimitStore, 'failures' | 'fail' | 'clear'>;
  readonly clock: Clock;
  readonly limit: SignInLimit | undefined;
}

export function createSignInBrake(parts: SignInBrakeParts): SignInBrake {
  const { limits, clock, limit } = parts;
  if (!limit) return { admit: async (_username, address) => noBrake(address, parts) };
  const underWay = createTriesUnderWay();
  return {
    async admit(username, address) {
      const keys = keysOf(username, address);
      const counted = [keys.pair, keys.account, keys.from];
      // Counted before the first await: a thousand tries sent at once must not all see a count of zero.
      const one = underWay.begin([keys.pair, keys.account]);
      try {
        const now = clock.now();
        const seen = seenIn(await limits.failures(counted, now), one.counts, now);
        const full = one.pass(gatesFor(seen, keys, limit));
        if (full) one.end();
        if (full) return { kind: 'limited', by: full.by, retryAfterMs: full.retryAfterMs };
        return {
          kind: 'permit',
          slowMs: slowness(seen, limit),
          turn: turnOf(seen.atAccount >= limit.tries, keys, address),
          failed: (tried) => limits.fail(counted, limit.windowMs, clock.now(), tried),
          succeeded: async () => (seen.ofPair > 0 ? limits.clear([keys.pair]) : undefined),
          release: one.end,
        };
      } catch (error) {
        one.end();
        throw error;
      }
    },
  };
}

function noBrake(address: string, { limits, clock }: Pick<SignInBrakeParts, 'limits' | 'clock'>): Permit {
  return {
    kind: 'permit',
    slowMs: 0,
    turn: { lane: networkOf(address), underFire: false },
    failed: (tried) => limits.fail([], 0, clock.now(), tried),
    succeeded: async () => undefined,
    // Nothing was taken.
    release: () => undefined,
  };
}

/** What was known when a try came. */
interface Seen {
  /** Failures of this address at this account, when their window closes, and how many of its tries are under way. */
  readonly ofPair: number;
  readonly pairOpensInMs: number;
  readonly pairUnderWay: number;
  /** Failures, and tries under way, at the account: a crowd that comes at once has failed nowhere yet. */
  readonly atAccount: number;
  /** Failures of the address, wherever. */
  readonly ofAddress: number;
}

function seenIn(
  [pair, account, from]: readonly FailureCount[],
  [pairUnderWay = 0, accountUnderWay = 0]: readonly number[],
  now: number,
): Seen {
  return {
    ofPair: pair?.count ?? 0,
    pairOpensInMs: (pair?.closesAt ?? now) - now,
    pairUnderWay,
    atAccount: (account?.count ?? 0) + accountUnderWay - 1,
    ofAddress: from?.count ?? 0,
  };
}

function turnOf(underFire: boolean, { account }: Keys, address: string): Turn {
  return { lane: underFire ? account : networkOf(address), underFire };
}

interface SignInGate extends Gate {
  readonly by: Limited['by'];
  readonly retryAfterMs: number;
}

function gatesFor(seen: Seen, keys: Keys, limit: SignInLimit): readonly SignInGate[] {
  const { ofPair, pairUnderWay, atAccount, ofAddress } = seen;
  const slowed = (failures: number) => failures >= limit.tries * ALONE_FACTOR;
  const gates: SignInGate[] = [];
  if (ofPair + pairUnderWay > limit.tries) {
    const opensInMs = ofPair >= limit.tries ? seen.pairOpensInMs : 0;
    gates.push({ key: keys.pair, atOnce: 0, by: 'pair', retryAfterMs: Math.max(SLOW_STEP_MS, opensInMs) });
  }
  if (slowed(ofAddress)) gates.push(slowGate('address', keys.from, SLOWED_AT_ONCE));
  if (slowed(atAccount)) {
    const isBlamed = ofPair > 0;
    gates.push(slowGate('account', `${keys.account} ${isBlamed}`, isBlamed ? SLOWED_AT_ONCE : UNBLAMED_AT_ONCE));
  }
  return gates;
}

function slowGate(by: Limited['by'], key: string, atOnce: number): SignInGate {
  return { by, key, atOnce, retryAfterMs: SLOW_STEP_MS };
}

/** A second for each ten times the limit, 5 s at most; failures of others at the account are nobody's own fault. */
function slowness({ ofPair, atAccount, ofAddress }: Seen, { tries }: SignInLimit): number {
  const failures = Math.max(ofAddress, ofPair > 0 ? atAccount : 0);
  return Math.min(SLOW_MAX_MS, Math.floor(failures / (tries * ALONE_FACTOR)) * SLOW_STEP_MS);
}

interface Keys {
  readonly pair: string;
  readonly account: string;
  readonly from: string;
}

/** Hashes: nobody can read from the store who tried to sign in from where. */
function keysOf(username: string, address: string): Keys {
  const name = usernameKey(username);
  const from = limitKeyOf(address);
  return { pair: sha256(`pair ${from} ${name}`), account: sha256(`account ${name}`), from: sha256(`from ${from}`) };
}
