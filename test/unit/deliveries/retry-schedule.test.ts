import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoff, nextStep } from '../../../src/deliveries/retry-schedule.ts';
import { aDelivery } from './a-delivery.ts';

const HOUR = 3_600_000;
const RULES = { firstMs: 1_000, maxMs: HOUR, refusalsMs: [10_000, 60_000, 300_000] };
const RETRY = { kind: 'retry', why: 'x' } as const;
const SLOW = { kind: 'slow-retry', why: 'x' } as const;
const chance = () => fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the waits between attempts', () => {
  it('are never under the first, never over three times the one before, never over the cap', () => {
    fc.assert(
      fc.property(fc.nat(HOUR), fc.nat(30 * HOUR), chance(), (previous, age, random) => {
        const wait = backoff(previous, age, RULES, random);
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(Math.min(3 * Math.max(previous, 1_000), age < HOUR ? 300_000 : HOUR));
      }),
    );
  });

  it('grow towards an hour, and the crowd of one outage is spread', () => {
    let wait = 0;
    for (let i = 0; i < 20; i += 1) wait = backoff(wait, 2 * HOUR, RULES, 0.9);
    expect(wait).toBe(HOUR);
    expect(backoff(1_000, 0, RULES, 0.1)).not.toBe(backoff(1_000, 0, RULES, 0.9));
  });

  it('stay short when the settings say so', () => {
    expect(backoff(10_000, 0, { ...RULES, firstMs: 50, maxMs: 200 }, 0.99)).toBe(200);
  });
});

describe('the next step', () => {
  it('after a passing problem is a later attempt', () => {
    expect(nextStep(aDelivery(), RETRY, RULES, 5_000, 0)).toEqual({
      kind: 'again',
      at: 6_000,
      backoffMs: 1_000,
      refusal: false,
    });
  });

  it.each([
    ['later', 60_000],
    ['sooner', 1_000],
  ])('Retry-After is the time of the next try, also %s than our own', (_, afterMs) => {
    const tried = aDelivery({ backoffMs: 9_000 });
    expect(nextStep(tried, { ...RETRY, afterMs }, RULES, 5_000, 1)).toMatchObject({
      at: 5_000 + afterMs,
      backoffMs: 9_000,
    });
  });

  it('after an answer like 400 follows SIGNOFF_REFUSAL_RETRIES, then is refused', () => {
    const steps = [0, 1, 2, 3].map((refusals) => nextStep(aDelivery({ refusals }), SLOW, RULES, 0, 0));
    expect(steps).toMatchObject([{ at: 10_000, refusal: true }, { at: 60_000 }, { at: 300_000 }, { kind: 'refused' }]);
    expect(nextStep(aDelivery(), SLOW, { ...RULES, refusalsMs: [] }, 0, 0)).toEqual({ kind: 'refused' });
  });

  it('never lies past the deadline, where a failure is the end', () => {
    const moot = aDelivery({ deadline: { at: 8 * HOUR, becomes: 'moot' } });
    expect(nextStep(moot, RETRY, RULES, 8 * HOUR - 1, 0.5)).toMatchObject({ kind: 'again', at: 8 * HOUR });
    expect(nextStep(moot, RETRY, RULES, 8 * HOUR, 0.5)).toEqual({ kind: 'moot' });
    expect(nextStep(aDelivery(), RETRY, RULES, 24 * HOUR, 0.5)).toEqual({ kind: 'given-up' });
    expect(nextStep(aDelivery(), { kind: 'delivered' }, RULES, 25 * HOUR, 0.5)).toEqual({ kind: 'told' });
  });

  it('A8 an app that is down for ten minutes is asked again within five', () => {
    fc.assert(
      fc.property(fc.array(chance(), { minLength: 700, maxLength: 700 }), (chances) => {
        let delivery = aDelivery();
        let now = 0;
        for (const random of chances) {
          const next = nextStep(delivery, RETRY, RULES, now, random);
          if (next.kind !== 'again') throw new Error('gave up');
          expect(next.at - now).toBeLessThanOrEqual(300_000);
          now = next.at;
          if (now > 600_000) break;
          delivery = aDelivery({ backoffMs: next.backoffMs });
        }
        expect(now).toBeLessThanOrEqual(900_000);
      }),
      { numRuns: 20 },
    );
  });
});
