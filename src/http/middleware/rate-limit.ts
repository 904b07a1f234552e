import type { Middleware } from 'koa';
import { AppError } from '../../errors.ts';
import type { Clock } from '../../ops/clock.ts';
import { limitKeyOf } from '../../ops/network.ts';
import { clientAddressOf } from './client-address.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  /** requests at once; 60 is far more than a person with many tabs */
  readonly burst?: number;
  /** and then so many a second */
  readonly perSecond?: number;
}

/** Addresses remembered at most; the longest unseen goes first. About 10 MB. */
const ADDRESSES_MAX = 50_000;

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A token bucket per client address, in this process's memory, for pages that cost something. It slows floods down; it is
 * no lock, and a whole office behind one address must get through.
 */
export function createRateLimit({ clock, burst = 60, perSecond = 10 }: RateLimitOptions): Middleware {
  const buckets = new Map<string, Bucket>();
  return async (ctx, next) => {
    const wait = take(buckets, limitKeyOf(clientAddressOf(ctx)), { now: clock.now(), burst, perSecond });
    if (wait > 0) throw tooMany(wait);
    await next();
  };
}

/** Takes one token; answers 0, or in how many seconds there is one. */
function take(
  buckets: Map<string, Bucket>,
  key: string,
  rate: { now: number; burst: number; perSecond: number },
): number {
  const bucket = buckets.get(key) ?? { tokens: rate.burst, at: rate.now };
  // A clock that jumps back gives nothing and takes nothing.
  const gained = (Math.max(0, rate.now - bucket.at) / 1_000) * rate.perSecond;
  const tokens = Math.min(rate.burst, bucket.tokens + gained);
  const allowed = tokens >= 1;
  buckets.delete(key);
  buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: rate.now });
  if (buckets.size > ADDRESSES_MAX) forgetOldest(buckets);
  return allowed ? 0 : Math.ceil((1 - tokens) / rate.perSecond);
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const [oldest] = buckets.keys();
  if (oldest !== undefined) buckets.delete(oldest);
}

function tooMany(seconds: number): AppError {
  return new AppError({
    code: 'too_many_requests',
    status: 429,
    publicMessage: 'More requests came from your network than this service answers at once. Nothing was lost.',
    retryAfterS: Math.max(1, seconds),
  });
}
