import type { Breaker } from './delivery.ts';

/** Waits of an open breaker, in ms. */
export interface BreakerRules {
  readonly firstMs: number;
  readonly maxMs: number;
}

const FAILURES_TO_OPEN = 3;

/** 5 s doubling to 5 min by default; never slower than the retries themselves are set to be. */
export function breakerRules(retry: { readonly firstMs: number; readonly maxMs: number }): BreakerRules {
  return { firstMs: Math.min(5 * retry.firstMs, retry.maxMs), maxMs: Math.min(5 * 60 * 1000, retry.maxMs) };
}

/** Left alone for now. Once its time is over, one probe at a time may go until something succeeds. */
export function isOpen(breaker: Breaker | undefined, now: number): boolean {
  return breaker !== undefined && breaker.openUntil > now;
}

/** An answer of any kind that is not a passing problem: the origin lives. `failures: 0` removes the row. */
export function closed(origin: string): Breaker {
  return { origin, failures: 0, openUntil: 0, openMs: 0 };
}

/**
 * One more failure (network, 429, 5xx). The third in a row opens; a failed probe opens for twice as long. Failures of
 * calls that were under way when it opened change nothing. `retryAfterMs` counts for the whole origin (engine.md §4).
 * `random` in [0, 1) spreads the probes of many origins. Pure.
 */
export function afterFailure(
  before: Breaker | undefined,
  facts: { origin: string; now: number; random: number; retryAfterMs?: number },
  rules: BreakerRules,
): Breaker {
  const { origin, now, random, retryAfterMs = 0 } = facts;
  if (before && isOpen(before, now)) {
    return { ...before, openUntil: Math.max(before.openUntil, now + retryAfterMs) };
  }
  const failures = (before?.failures ?? 0) + 1;
  if (failures < FAILURES_TO_OPEN) {
    return { origin, failures, openUntil: retryAfterMs > 0 ? now + retryAfterMs : 0, openMs: 0 };
  }
  const openMs = Math.min(rules.maxMs, before?.openMs ? before.openMs * 2 : rules.firstMs);
  const jittered = Math.round(openMs * (0.75 + random / 2));
  return { origin, failures, openUntil: now + Math.max(jittered, retryAfterMs), openMs };
}
