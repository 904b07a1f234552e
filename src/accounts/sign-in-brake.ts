import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import { limitKeyOf } from '../ops/network.ts';
import type { LimitStore } from '../store/store.ts';
import { usernameKey } from './account.ts';

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
  /** Wait so long first: the account, or the address, has seen ten times as many failures as one pair may. */
  readonly slowMs: number;
  failed(): Promise<void>;
  succeeded(): Promise<void>;
  release(): void;
}

interface Limited {
  readonly kind: 'limited';
  readonly retryAfterMs: number;
}

/** How many times the limit of a pair may fail at one account, or from one address, before all its tries are slowed. */
const ALONE_FACTOR = 10;
const SLOW_STEP_MS = 1_000;
const SLOW_MAX_MS = 5_000;

const NO_BRAKE: Permit = {
  kind: 'permit',
  slowMs: 0,
  failed: async () => undefined,
  succeeded: async () => undefined,
  // Nothing was taken.
  release: () => undefined,
};

export function createSignInBrake(parts: {
  limits: Pick<LimitStore, 'failures' | 'fail' | 'clear'>;
  clock: Clock;
  limit: SignInLimit | undefined;
}): SignInBrake {
  const { limits, clock, limit } = parts;
  const inFlight = new Map<string, number>();
  if (!limit) return { admit: async () => NO_BRAKE };
  return {
    async admit(username, address) {
      const keys = keysOf(username, address);
      // Counted before the first await: a thousand tries sent at once must not all see a count of zero.
      const running = (inFlight.get(keys.pair) ?? 0) + 1;
      inFlight.set(keys.pair, running);
      const release = () => void leave(inFlight, keys.pair);
      try {
        const now = clock.now();
        const [pair, ...alone] = await limits.failures([keys.pair, keys.account, keys.from], now);
        const failures = pair?.count ?? 0;
        if (failures >= limit.tries) return refuse(release, (pair?.closesAt ?? now) - now);
        if (failures + running > limit.tries) return refuse(release, SLOW_STEP_MS);
        return {
          kind: 'permit',
          slowMs: slowness(Math.max(...alone.map((one) => one.count)), limit),
          failed: () => limits.fail([keys.pair, keys.account, keys.from], limit.windowMs, clock.now()),
          succeeded: async () => (failures > 0 ? limits.clear([keys.pair]) : undefined),
          release,
        };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

function refuse(release: () => void, retryAfterMs: number): Limited {
  release();
  return { kind: 'limited', retryAfterMs: Math.max(1_000, retryAfterMs) };
}

/** 0 up to ten times the limit, then a second for each such amount, 5 s at most. */
function slowness(failures: number, limit: SignInLimit): number {
  return Math.min(SLOW_MAX_MS, Math.floor(failures / (limit.tries * ALONE_FACTOR)) * SLOW_STEP_MS);
}

function leave(inFlight: Map<string, number>, key: string): void {
  const left = (inFlight.get(key) ?? 1) - 1;
  if (left > 0) inFlight.set(key, left);
  else inFlight.delete(key);
}

/** Hashes: nobody can read from the store who tried to sign in from where. */
function keysOf(username: string, address: string): { pair: string; account: string; from: string } {
  const name = usernameKey(username);
  const from = limitKeyOf(address);
  return { pair: sha256(`pair ${from} ${name}`), account: sha256(`account ${name}`), from: sha256(`from ${from}`) };
}
