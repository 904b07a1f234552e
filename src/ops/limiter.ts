import type { Clock } from './clock.ts';

/** What one key may use up: so much at once, and then so much a second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Token buckets by key, in this process's memory. Asking and taking are two steps, because often only the outcome tells
 * what a request has cost: who asks takes nothing, who takes is never refused, and may leave a debt.
 */
export interface Limiter {
  /** 0 while the key has something left, else how long until it has. */
  waitMs(key: string): number;
  take(key: string, cost?: number): void;
}

/** Keys remembered at most; the longest unused goes first. About 10 MB. */
const KEYS_MAX = 50_000;

interface Bucket {
  readonly left: number;
  readonly at: number;
}

/** Without a rate nobody ever waits. */
export function createLimiter({ clock, rate }: { readonly clock: Clock; readonly rate: Rate | undefined }): Limiter {
  if (!rate) return { waitMs: () => 0, take: () => undefined };
  const { burst, perSecond } = rate;
  const buckets = new Map<string, Bucket>();

  /** A clock that jumps back gives nothing and takes nothing. */
  function leftOf(key: string): number {
    const bucket = buckets.get(key);
    if (!bucket) return burst;
    const gained = (Math.max(0, clock.now() - bucket.at) / 1_000) * perSecond;
    return Math.min(burst, bucket.left + gained);
  }

  return {
    waitMs(key) {
      const missing = 1 - leftOf(key);
      // A hair: what is left is a sum of fractions.
      return missing <= 1e-9 ? 0 : Math.ceil((missing / perSecond) * 1_000);
    },
    take(key, cost = 1) {
      // What was let through at once may be more than was left, but nobody pays for it longer than a whole burst takes.
      const left = Math.max(-burst, leftOf(key) - cost);
      buckets.delete(key);
      buckets.set(key, { left, at: clock.now() });
      if (buckets.size > KEYS_MAX) forgetOldest(buckets);
    },
  };
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const [oldest] = buckets.keys();
  if (oldest !== undefined) buckets.delete(oldest);
}
