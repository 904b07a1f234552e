import type { Clock } from '../ops/clock.ts';
import type { Claim } from '../store/store.ts';
import { afterFailure, type BreakerRules, closed, isOpen } from './breaker.ts';
import type { Health } from './deliver.ts';
import type { Breaker } from './delivery.ts';

/** What this engine knows of the breakers of the origins it calls; every answer is the row to write, if any. */
export interface OriginHealth {
  /** The breakers of a claim, but for what we know better: the store's row of a probe is reserved for us, not closed to us. */
  learn(claim: Claim): void;
  /** Whether the origin is to be left alone for now. */
  isShut(origin: string): boolean;
  /** What an attempt taught about its origin. */
  heed(origin: string, health: Health): Breaker | undefined;
  /** A probe that was not made gives its origin free again: the store had reserved it for as long as the lease. */
  untouched(origin: string): Breaker | undefined;
  forget(): void;
}

export function createOriginHealth(parts: {
  readonly rules: BreakerRules;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}): OriginHealth {
  const { rules, clock, random } = parts;
  const breakers = new Map<string, Breaker>();

  function failing(origin: string, retryAfterMs: number): Breaker {
    const facts = { origin, now: clock.now(), random: random(), retryAfterMs };
    const after = afterFailure(breakers.get(origin), facts, rules);
    breakers.set(origin, after);
    return after;
  }

  function alive(origin: string): Breaker | undefined {
    return breakers.delete(origin) ? closed(origin) : undefined;
  }

  function untouched(origin: string): Breaker | undefined {
    const breaker = breakers.get(origin);
    return breaker && { ...breaker, openUntil: Math.max(breaker.openUntil, clock.now()) };
  }

  return {
    learn(claim) {
      const now = clock.now();
      const rows = new Map(claim.breakers.map((row) => [row.origin, row]));
      for (const origin of new Set(claim.deliveries.map((one) => one.origin))) {
        const row = rows.get(origin);
        if (isOpen(breakers.get(origin), now)) continue;
        if (row) breakers.set(origin, { ...row, openUntil: 0 });
        else breakers.delete(origin);
      }
    },
    isShut: (origin) => isOpen(breakers.get(origin), clock.now()),
    heed(origin, health) {
      switch (health.kind) {
        case 'alive':
          return alive(origin);
        case 'unknown':
          return untouched(origin);
        case 'failing':
          return failing(origin, health.retryAfterMs);
      }
    },
    untouched,
    forget: () => breakers.clear(),
  };
}
