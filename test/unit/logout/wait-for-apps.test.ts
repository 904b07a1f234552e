import { describe, expect, it } from '@jest/globals';
import { storeUnavailable } from '../../../src/errors.ts';
import type { Progress } from '../../../src/logout/logout.ts';
import { createWaitForApps } from '../../../src/logout/wait-for-apps.ts';

const told: Progress = {
  total: 1,
  told: 1,
  trying: 0,
  untried: 0,
  refused: 0,
  givenUp: 0,
  moot: 0,
  cannotBeTold: 0,
  askedBrowser: 0,
  notAskedFor: 0,
};

/** Asks a store that answers so. */
function waits(progress: () => Promise<Progress>) {
  return createWaitForApps({ store: { logouts: { progress } }, onSettled: () => () => undefined });
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work;
  return { result, ms: performance.now() - startedAt };
}

describe('the wait for apps, after a logout was committed', () => {
  it('ends without an answer, in time, when the store went away', async () => {
    const gone = waits(async () => {
      throw storeUnavailable(new Error('the primary stepped down'));
    });
    const { result, ms } = await timed(gone('logout', 300));
    expect(result).toBeUndefined();
    expect(ms).toBeGreaterThan(250);
    expect(ms).toBeLessThan(600);
  });

  it('ends in time when the store does not answer at all', async () => {
    const { result, ms } = await timed(waits(() => new Promise(() => undefined))('logout', 200));
    expect(result).toBeUndefined();
    expect(ms).toBeLessThan(500);
  });

  it('goes on as soon as the store is back', async () => {
    let looks = 0;
    const back = waits(async () => {
      looks += 1;
      if (looks < 3) throw storeUnavailable(new Error('not yet'));
      return told;
    });
    const { result, ms } = await timed(back('logout', 5_000));
    expect(result).toEqual(told);
    expect(ms).toBeLessThan(1_000);
  });

  it('looks once where no wait is wanted', async () => {
    expect(await waits(async () => told)('logout', 0)).toEqual(told);
  });
});
