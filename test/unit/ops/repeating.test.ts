import { describe, expect, it } from '@jest/globals';
import { createRepeating } from '../../../src/ops/repeating.ts';

describe('repeated work', () => {
  it('goes on after a round that failed, and says so', async () => {
    const heard: unknown[] = [];
    const third = Promise.withResolvers<void>();
    let rounds = 0;
    const repeating = createRepeating({
      everyMs: 1,
      failed: (error) => heard.push(error),
      async work() {
        rounds += 1;
        if (rounds === 1) throw new Error('the store is gone');
        if (rounds === 3) third.resolve();
      },
    });
    await repeating.start();
    await third.promise;
    await repeating.stop();
    expect(heard).toEqual([new Error('the store is gone')]);
  });

  it('tells a round under way that it is to stop, waits for it, and begins no other', async () => {
    const begun = Promise.withResolvers<void>();
    const steps: string[] = [];
    const repeating = createRepeating({
      everyMs: 1,
      failed: () => undefined,
      async work() {
        steps.push('begun');
        begun.resolve();
        while (!repeating.stopping.aborted) await new Promise(setImmediate);
        steps.push('left');
      },
    });
    await repeating.start();
    await begun.promise;
    await repeating.stop();
    expect(steps).toEqual(['begun', 'left']);
    await repeating.start();
    await repeating.stop();
    expect(steps).toEqual(['begun', 'left']);
  });
});
