import { describe, expect, it } from '@jest/globals';
import { markIds, unmarkIds } from '../../../src/cli/dashed-ids.ts';

describe('an id that begins with a dash', () => {
  const id = '-dsbKx0kKloid5YSuUFNwuy-MXASe8hi5xCcDFS84AT';

  it('is no option, and reaches the command as it was typed', () => {
    const [, , marked] = markIds(['deliveries', 'show', id]);
    expect(marked?.startsWith('-')).toBe(false);
    expect(unmarkIds([marked, { session: marked, json: true }])).toEqual([id, { session: id, json: true }]);
  });

  it('is not confused with options, however long', () => {
    const args = [
      'accounts',
      'add',
      'mira',
      '--password-stdin',
      '--json',
      '-h',
      '--wait',
      '10s',
      '--claims',
      'FILE.json',
    ];
    expect(markIds(args)).toEqual(args);
  });
});
