import { describe, expect, it } from '@jest/globals';
import { afterFailure, breakerRules, isShut } from '../../../src/deliveries/breaker.ts';
import type { Breaker } from '../../../src/deliveries/delivery.ts';

const ORIGIN = 'https://wiki.example';
const RULES = breakerRules({ firstMs: 1_000, maxMs: 3_600_000 });

function fail(
  before: Breaker | undefined,
  now: number,
  more: { random?: number; retryAfterMs?: number } = {},
): Breaker {
  return afterFailure(before, { origin: ORIGIN, now, random: 0.5, retryAfterMs: undefined, ...more }, RULES);
}

describe('the breaker of an origin', () => {
  it('shuts at the third failure in a row, for 5 s give or take a quarter', () => {
    const second = fail(fail(undefined, 0), 1);
    expect(isShut(second, 2)).toBe(false);
    expect(fail(second, 2)).toMatchObject({ failures: 3, shutMs: 5_000, shutUntil: 5_002 });
    expect(fail(second, 0, { random: 0 }).shutUntil).toBe(3_750);
    expect(fail(second, 0, { random: 0.999 }).shutUntil).toBeGreaterThan(6_000);
  });

  it('doubles after each failed probe up to 5 min', () => {
    let breaker = fail(fail(undefined, 0), 0);
    const waits = [];
    for (let i = 0; i < 9; i += 1) {
      breaker = fail(breaker, breaker.shutUntil);
      waits.push(breaker.shutMs / 1000);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('does not count the calls that were under way when it shut', () => {
    const open = fail(fail(fail(undefined, 0), 0), 0);
    expect([1, 2, 3, 4, 5].reduce((breaker, now) => fail(breaker, now), open)).toEqual(open);
  });

  it('is over when its time is', () => {
    const open = fail(fail(fail(undefined, 0), 0), 0);
    expect([isShut(open, 4_999), isShut(open, 5_000)]).toEqual([true, false]);
  });

  it('Retry-After is the time of the next try, for the whole origin: neither more nor less', () => {
    expect(fail(undefined, 0, { retryAfterMs: 60_000 })).toMatchObject({ failures: 1, shutUntil: 60_000 });
    const third = fail(fail(fail(undefined, 0), 0), 0, { retryAfterMs: 1_000 });
    expect(third).toMatchObject({ failures: 3, shutUntil: 1_000, shutMs: 0 });
    expect(fail(third, 1_000)).toMatchObject({ failures: 4, shutUntil: 6_000, shutMs: 5_000 });
  });

  it('is never slower than the retries are set to be', () => {
    expect(breakerRules({ firstMs: 50, maxMs: 200 })).toEqual({ firstMs: 200, maxMs: 200 });
    expect(RULES).toEqual({ firstMs: 5_000, maxMs: 300_000 });
  });
});
