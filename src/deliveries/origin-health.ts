import type { Clock } from '../ops/clock.ts';
import type { Claim } from '../store/store.ts';
import { afterFailure, type BreakerRules, isShut } from './breaker.ts';
import type { Health } from './deliver.ts';
import type { Breaker, BreakerChange } from './delivery.ts';

/** What this engine knows of the breakers of the origins it calls. */
export interface OriginHealth {
  /** Believes the store, which another engine or a person may have told otherwise, but for what it has not heard from us. */
  learn(claim: Claim): void;
  /** Whether the origin is to be left alone for now. */
  isShut(origin: string): boolean;
  /** What an attempt taught about its origin; the change to write, if it is one. */
  heed(origin: string, health: Health): BreakerChange | undefined;
  /** The store knows of these changes. */
  written(changes: readonly BreakerChange[]): void;
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
  const unwritten = new Map<string, BreakerChange>();

  function failing(origin: string, retryAfterMs: number | undefined): BreakerChange {
    const facts = { origin, now: clock.now(), random: random(), retryAfterMs };
    const breaker = afterFailure(breakers.get(origin), facts, rules);
    breakers.set(origin, breaker);
    return { kind: 'failing', breaker };
  }

  function heed(origin: string, health: Health): BreakerChange | undefined {
    switch (health.kind) {
      case 'unknown':
        return undefined;
      case 'alive':
        return breakers.delete(origin) ? { kind: 'healthy', origin } : undefined;
      case 'failing':
        return failing(origin, health.retryAfterMs);
    }
  }

  return {
    learn(claim) {
      const rows = new Map(claim.breakers.map((row) => [row.origin, row]));
      for (const { origin } of claim.deliveries) {
        const row = rows.get(origin);
        if (unwritten.has(origin)) continue;
        if (row) breakers.set(origin, row);
        else breakers.delete(origin);
      }
    },
    isShut: (origin) => isShut(breakers.get(origin), clock.now()),
    heed(origin, health) {
      const change = heed(origin, health);
      if (change) unwritten.set(origin, change);
      return change;
    },
    written(changes) {
      for (const change of changes) {
        const origin = originOf(change);
        if (unwritten.get(origin) === change) unwritten.delete(origin);
      }
    },
    forget() {
      breakers.clear();
      unwritten.clear();
    },
  };
}

export function originOf(change: BreakerChange): string {
  return change.kind === 'healthy' ? change.origin : change.breaker.origin;
}
