import type { Breaker } from './delivery.ts';

/** Waits of a shut origin, in ms. */
export interface BreakerRules {
  readonly firstMs: number;
  readonly maxMs: number;
}

const FAILURES_TO_SHUT = 3;

/** 5 s doubling to 5 min by default; never slower than the retries themselves are set to be. */
export function breakerRules(retry: { readonly firstMs: number; readonly maxMs: number }): BreakerRules {
  return { firstMs: Math.min(5 * retry.firstMs, retry.maxMs), maxMs: Math.min(5 * 60 * 1000, retry.maxMs) };
}

/** Left alone for now. Once its time is over, one probe at a time may go until something succeeds. */
export function isShut(breaker: Breaker | undefined, now: number): boolean {
  return breaker !== undefined && breaker.shutUntil > now;
}

/**
 * One more failure (network, 429, 5xx). The third in a row shuts; a failed probe shuts for twice as long. Failures of calls
 * that were under way when it shut change nothing. `retryAfterMs`, what the app asked for, is when it is tried next, for
 * the whole origin (engine.md §4). `random` in [0, 1) spreads the probes of many origins. Pure.
 */
export function afterFailure(
  before: Breaker | undefined,
  facts: { origin: string; now: number; random: number; retryAfterMs: number | undefined },
  rules: BreakerRules,
): Breaker {
  const { origin, now, random, retryAfterMs } = facts;
  const { failures = 0, shutMs = 0, shutUntil = 0 } = before ?? {};
  const wasShut = isShut(before, now);
  const counted = { origin, failures: wasShut ? failures : failures + 1 };
  if (retryAfterMs !== undefined) return { ...counted, shutUntil: now + retryAfterMs, shutMs };
  if (wasShut || counted.failures < FAILURES_TO_SHUT) return { ...counted, shutUntil, shutMs };
  const waitMs = Math.min(rules.maxMs, shutMs > 0 ? shutMs * 2 : rules.firstMs);
  return { ...counted, shutUntil: now + Math.round(waitMs * (0.75 + random / 2)), shutMs: waitMs };
}
