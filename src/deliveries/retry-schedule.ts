import type { Delivery } from './delivery.ts';
import type { Verdict } from './verdict.ts';

/** `SIGNOFF_RETRY_FIRST`, `SIGNOFF_RETRY_MAX`, `SIGNOFF_REFUSAL_RETRIES`, in ms. */
export interface RetryRules {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly refusalsMs: readonly number[];
}

/** What follows from a verdict for one delivery. */
export type Next =
  | { readonly kind: 'told' | 'refused' | 'given-up' | 'moot' }
  | { readonly kind: 'again'; readonly at: number; readonly backoffMs: number; readonly refusal: boolean };

/** In the first hour a deploy is the likely reason: look often, so that an app that is back hears of it soon. */
const FIRST_HOUR_MS = 60 * 60 * 1000;
const FIRST_HOUR_CAP_MS = 5 * 60 * 1000;

/**
 * When, if ever, the next attempt is made. `now` is the end of the attempt, `random` in [0, 1).
 * Pure; engine.md §4 rules 9 and 10, DESIGN §6.
 */
export function nextStep(delivery: Delivery, verdict: Verdict, rules: RetryRules, now: number, random: number): Next {
  switch (verdict.kind) {
    case 'delivered':
      return { kind: 'told' };
    case 'refused':
      return { kind: 'refused' };
    case 'slow-retry':
    case 'slow-retry-then-moot': {
      const waitMs = rules.refusalsMs[delivery.refusals];
      if (waitMs !== undefined) return again(delivery, now, waitMs, delivery.backoffMs, true);
      return { kind: verdict.kind === 'slow-retry' ? 'refused' : 'moot' };
    }
    case 'retry': {
      // The app knows better than our schedule, in both directions.
      if (verdict.afterMs !== undefined) return again(delivery, now, verdict.afterMs, delivery.backoffMs, false);
      const backoffMs = backoff(delivery.backoffMs, now - delivery.createdAt, rules, random);
      return again(delivery, now, backoffMs, backoffMs, false);
    }
  }
}

/** Decorrelated jitter: `min(cap, rand(first, 3 × previous))`. Spreads the crowd that one outage has made. */
export function backoff(previousMs: number, ageMs: number, rules: RetryRules, random: number): number {
  const cap = ageMs < FIRST_HOUR_MS ? Math.min(FIRST_HOUR_CAP_MS, rules.maxMs) : rules.maxMs;
  const upper = 3 * Math.max(previousMs, rules.firstMs);
  return Math.round(Math.min(cap, rules.firstMs + random * (upper - rules.firstMs)));
}

/** Not past the deadline: the last attempt is made there, and what fails then is over. */
function again(delivery: Delivery, now: number, waitMs: number, backoffMs: number, refusal: boolean): Next {
  const { deadline } = delivery;
  if (now >= deadline.at) return { kind: deadline.becomes };
  return { kind: 'again', at: Math.min(now + waitMs, deadline.at), backoffMs, refusal };
}
