import { describe, expect, it } from '@jest/globals';
import { deadAmong } from '../../../src/deliveries/dead-engines.ts';

const other = (processId: string, silentMs: number, home?: string) => ({ processId, silentMs, home });
const steady = { predecessors: [], isSteady: true };
const back = { predecessors: [], isSteady: false };
const fate = (home: string | undefined) => (home === 'here, gone' ? 'dead' : home === 'here' ? 'alive' : 'unknown');

describe('which engines are dead', () => {
  it('those of which nothing was heard for three seconds', () => {
    const others = [other('quick', 900), other('late', 2_900), other('silent', 3_100)];
    expect(deadAmong(others, steady, fate)).toEqual(['silent']);
  });

  it('after a store outage the first engine back does not take the rows of living ones', () => {
    const others = [other('back in a moment', 40_000), other('also', 40_000, 'here')];
    expect(deadAmong(others, back, fate)).toEqual([]);
  });

  it('at once: one of this machine whose process is gone, a predecessor, and one that holds something and never beat', () => {
    const others = [
      other('killed', 10, 'here, gone'),
      other('thread before', 10, 'here'),
      other('never', Number.POSITIVE_INFINITY),
      other('well', 10, 'here'),
      other('elsewhere', 10, 'there'),
    ];
    const watcher = { ...back, predecessors: ['thread before'] };
    expect(deadAmong(others, watcher, fate)).toEqual(['killed', 'thread before', 'never']);
  });
});
