import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLimiter } from '../../../src/ops/limiter.ts';

let at: number;
beforeEach(() => {
  at = 1_000_000;
});
const clock = { now: () => at };

describe('a limiter', () => {
  it('lets a burst through, and then so much a second', () => {
    const limiter = createLimiter({ clock, rate: { burst: 2, perSecond: 0.5 } });
    limiter.take('a');
    expect(limiter.waitMs('a')).toBe(0);
    limiter.take('a');
    expect(limiter.waitMs('a')).toBe(2_000);
    expect(limiter.waitMs('b')).toBe(0);
    at += 1_500;
    expect(limiter.waitMs('a')).toBe(500);
    at += 500;
    expect(limiter.waitMs('a')).toBe(0);
  });

  it('takes nothing from whoever asks, and parts of one from whoever cost little', () => {
    const limiter = createLimiter({ clock, rate: { burst: 1, perSecond: 1 } });
    for (let i = 0; i < 10; i++) expect(limiter.waitMs('a')).toBe(0);
    const rare = createLimiter({ clock, rate: { burst: 2, perSecond: 1 } });
    for (let i = 0; i < 10; i++) rare.take('a', 0.1);
    expect(rare.waitMs('a')).toBe(0);
    rare.take('a', 0.1);
    expect(rare.waitMs('a')).toBeGreaterThanOrEqual(100);
    at += 101;
    expect(rare.waitMs('a')).toBe(0);
  });

  it('remembers what was let through at once as a debt, of one burst at most', () => {
    const limiter = createLimiter({ clock, rate: { burst: 10, perSecond: 1 } });
    for (let i = 0; i < 1_000; i++) limiter.take('a');
    expect(limiter.waitMs('a')).toBe(11_000);
  });

  it('gives nothing for a clock that was set back', () => {
    const limiter = createLimiter({ clock, rate: { burst: 1, perSecond: 1 } });
    limiter.take('a');
    at -= 60_000;
    expect(limiter.waitMs('a')).toBe(1_000);
  });

  it('remembers a bounded number of keys: the longest unused is forgotten', () => {
    const limiter = createLimiter({ clock, rate: { burst: 1, perSecond: 0.001 } });
    limiter.take('first');
    for (let i = 0; i < 49_999; i++) limiter.take(`key ${i}`);
    expect(limiter.waitMs('first')).toBeGreaterThan(0);
    limiter.take('one more');
    expect(limiter.waitMs('first')).toBe(0);
    expect(limiter.waitMs('key 0')).toBeGreaterThan(0);
  });

  it('without a rate never lets anybody wait', () => {
    const limiter = createLimiter({ clock, rate: undefined });
    for (let i = 0; i < 1_000; i++) limiter.take('a');
    expect(limiter.waitMs('a')).toBe(0);
  });
});
