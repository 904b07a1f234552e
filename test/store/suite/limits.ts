import { expect, it } from '@jest/globals';
import { MINUTE, T0 } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function limitsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const WINDOW = 15 * MINUTE;
  const counts = async (keys: readonly string[], now: number) =>
    (await at.store.limits.failures(keys, now)).map((failure) => failure.count);

  it('counts failures of each key within a window', async () => {
    await at.store.limits.fail(['a', 'b'], WINDOW, T0);
    await at.store.limits.fail(['a'], WINDOW, T0 + MINUTE);
    await expect(at.store.limits.failures(['a', 'b'], T0 + MINUTE)).resolves.toEqual([
      { count: 2, closesAt: T0 + WINDOW },
      { count: 1, closesAt: T0 + WINDOW },
    ]);
    await expect(counts(['b', 'nobody', 'a'], T0 + WINDOW - 1)).resolves.toEqual([1, 0, 2]);
    await expect(counts(['a', 'b'], T0 + WINDOW)).resolves.toEqual([0, 0]);
  });

  it('opens a new window after the last one closed', async () => {
    await at.store.limits.fail(['a'], WINDOW, T0);
    await at.store.limits.fail(['a'], WINDOW, T0 + WINDOW);
    await expect(at.store.limits.failures(['a'], T0 + WINDOW)).resolves.toEqual([
      { count: 1, closesAt: T0 + 2 * WINDOW },
    ]);
  });

  it('loses no failure of two connections that count at once', async () => {
    const another = await at.place.open();
    const fail = () => [at.store, another].map((store) => store.limits.fail(['a'], WINDOW, T0));
    await Promise.all(Array.from({ length: 20 }, fail).flat());
    await expect(counts(['a'], T0)).resolves.toEqual([40]);
  });

  it('tells each of those who count at once another number, and begins at 1 in a new window', async () => {
    const another = await at.place.open();
    const countIn = (now: number) => [at.store, another].map((store) => store.limits.count('a', WINDOW, now));
    const counted = await Promise.all(Array.from({ length: 10 }, () => countIn(T0)).flat());
    expect(counted.toSorted((one, other) => one - other)).toEqual(counted.map((_, place) => place + 1));
    await expect(at.store.limits.count('a', WINDOW, T0 + WINDOW - 1)).resolves.toBe(21);
    await expect(at.store.limits.count('a', WINDOW, T0 + WINDOW)).resolves.toBe(1);
  });

  it('forgets a key that got in', async () => {
    await at.store.limits.fail(['a', 'b'], WINDOW, T0);
    await at.store.limits.clear(['a']);
    await expect(counts(['a', 'b'], T0)).resolves.toEqual([0, 1]);
  });

  it('removes closed windows, so many at a time', async () => {
    await at.store.limits.fail(['a', 'b', 'c'], WINDOW, T0);
    await at.store.limits.fail(['d'], WINDOW, T0 + 1);
    await expect(at.store.limits.removeClosed(T0 + WINDOW, 2)).resolves.toBe(2);
    await expect(at.store.limits.removeClosed(T0 + WINDOW, 2)).resolves.toBe(1);
    await expect(counts(['d'], T0 + WINDOW)).resolves.toEqual([1]);
  });
}
