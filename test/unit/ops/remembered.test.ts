import { describe, expect, it } from '@jest/globals';
import { remembered } from '../../../src/ops/remembered.ts';

describe('a remembered answer', () => {
  function counting() {
    let asked = 0;
    const answer = remembered((text) => {
      asked += 1;
      return text === 'nothing' ? undefined : text.length;
    });
    return { answer, asked: () => asked };
  }

  it('is worked out once, also when it is undefined', () => {
    const { answer, asked } = counting();
    expect([answer('four'), answer('four'), answer('nothing'), answer('nothing')]).toEqual([
      4,
      4,
      undefined,
      undefined,
    ]);
    expect(asked()).toBe(2);
  });

  it('of a long text is not kept', () => {
    const { answer, asked } = counting();
    const long = 'x'.repeat(301);
    expect([answer(long), answer(long)]).toEqual([301, 301]);
    expect(asked()).toBe(2);
  });

  it('is forgotten with all others when there are too many', () => {
    const { answer, asked } = counting();
    for (let n = 0; n <= 10_000; n += 1) answer(String(n));
    answer('10000');
    expect(asked()).toBe(10_001);
    answer('0');
    expect(asked()).toBe(10_002);
  });
});
