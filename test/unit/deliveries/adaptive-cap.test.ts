import { describe, expect, it } from '@jest/globals';
import { afterCall, afterOutage, type Call, type Cap, FIRST_CAP } from '../../../src/deliveries/adaptive-cap.ts';
import { createCaps } from '../../../src/deliveries/caps.ts';

const aCall = (but: Partial<Call> = {}): Call => ({ load: 'quick', startedAt: 10, endedAt: 60, atCap: true, ...but });
const grown = (cap: Cap, count: number, but: Partial<Call> = {}) =>
  Array.from({ length: count }).reduce<Cap>((one) => afterCall(one, aCall(but)), cap);

describe('the cap of an app', () => {
  it('begins with 8 and grows by one after each round of quick answers, up to 64', () => {
    expect(FIRST_CAP.calls).toBe(8);
    expect(grown(FIRST_CAP, 7).calls).toBe(8);
    expect(grown(FIRST_CAP, 8).calls).toBe(9);
    expect(grown(FIRST_CAP, 8 + 8).calls).toBe(9);
    expect(grown(FIRST_CAP, 8 + 9).calls).toBe(10);
    expect(grown(FIRST_CAP, 5_000).calls).toBe(64);
  });

  it('does not grow by answers that were slow, that told nothing, or that came while there was room', () => {
    for (const but of [{ load: 'slow' }, { load: 'unknown' }, { atCap: false }] as const) {
      expect(grown(FIRST_CAP, 500, but)).toEqual(FIRST_CAP);
    }
  });

  it('is halved by an overload, down to 2, once for all calls that were under way', () => {
    const wide = grown(FIRST_CAP, 5_000);
    const once = afterCall(wide, aCall({ load: 'overloaded', startedAt: 100, endedAt: 200 }));
    expect(once.calls).toBe(32);
    expect(grown(once, 30, { load: 'overloaded', startedAt: 150, endedAt: 210 }).calls).toBe(32);
    expect(grown(once, 500, { startedAt: 150, endedAt: 210 }).calls).toBe(32);
    expect(afterCall(once, aCall({ load: 'overloaded', startedAt: 200, endedAt: 300 })).calls).toBe(16);
    let least = once;
    for (let at = 300; at < 900; at += 100) {
      least = afterCall(least, aCall({ load: 'overloaded', startedAt: at, endedAt: at + 100 }));
    }
    expect(least.calls).toBe(2);
  });

  it('begins small again after an outage', () => {
    expect(afterOutage(grown(FIRST_CAP, 5_000)).calls).toBe(2);
  });
});

describe('what is learnt of each app', () => {
  it('is slow from the moment a call outlives the fast lane until it answers quickly again', () => {
    const caps = createCaps();
    expect(caps.of('a')).toEqual({ calls: 8, pace: 'quick' });
    caps.isSlow('a');
    caps.heed('a', aCall({ load: 'slow' }));
    expect([caps.of('a').pace, caps.of('b').pace]).toEqual(['slow', 'quick']);
    caps.heed('a', aCall());
    expect(caps.of('a').pace).toBe('quick');
  });

  it('is bounded: the one that was heard of longest ago begins anew', () => {
    const caps = createCaps();
    caps.isAway('first');
    for (let n = 0; n < 9_999; n += 1) caps.isAway(`app${n}`);
    expect(caps.of('first').calls).toBe(2);
    caps.isAway('one too many');
    expect([caps.of('first').calls, caps.of('app0').calls]).toEqual([8, 2]);
  });
});
