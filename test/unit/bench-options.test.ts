import { describe, expect, it } from '@jest/globals';
import { readOptions } from '../../bench/bench-options.ts';

const KNOWN = ['storm', 'sign-ins'];

describe('options of npm run bench', () => {
  it('are all there is when nothing is given', () => {
    const nothing = { names: [], quick: false, size: undefined, store: undefined, json: false, help: false };
    expect(readOptions([], KNOWN)).toEqual(nothing);
  });

  it('name benchmarks, how large, and on which store', () => {
    expect(readOptions(['storm', '--size', '500', '--store', 'mongodb', '--quick'], KNOWN)).toMatchObject({
      names: ['storm'],
      size: 500,
      store: 'MongoDB',
      quick: true,
    });
  });

  it.each([
    [['gale'], 'There is no benchmark named gale.'],
    [['--size', 'large'], '--size is a whole number above 0.'],
    [['--size=-5'], '--size is a whole number above 0.'],
    [['--store', 'redis'], '--store is SQLite or MongoDB.'],
    [['--fast'], expect.stringContaining("Unknown option '--fast'")],
    [['--size'], expect.stringContaining('--size <value>')],
  ])('of %j it is said what is wrong', (args, fault) => {
    expect(readOptions(args, KNOWN)).toEqual({ fault });
  });
});
