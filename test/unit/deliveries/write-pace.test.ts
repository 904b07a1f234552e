import { describe, expect, it } from '@jest/globals';
import { createWritePace } from '../../../src/deliveries/write-pace.ts';

const LARGE = 100;

/** Begins so many writes; answers how many are under way at once. */
async function atOnce(writers: 'one' | 'many', count: number): Promise<number> {
  const pace = createWritePace(writers);
  let now = 0;
  let most = 0;
  const write = async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
  };
  await Promise.all(Array.from({ length: count }, () => pace.run(write, () => LARGE)));
  return most;
}

describe('the pace of writes is a property of the store', () => {
  it('one at a time where there is one writer, whatever one of them comes to', async () => {
    await expect(atOnce('one', 4)).resolves.toBe(1);
    const pace = createWritePace('one');
    await expect(
      pace.run(
        () => Promise.reject(new Error('away')),
        () => 0,
      ),
    ).rejects.toThrow('away');
    await expect(
      pace.run(
        async () => 'written',
        () => 1,
      ),
    ).resolves.toBe('written');
  });

  it('no pause where writers do not wait for each other', async () => {
    await expect(atOnce('many', 4)).resolves.toBe(4);
  });
});
