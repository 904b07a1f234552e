import { describe, expect, it } from '@jest/globals';
import { createWatchdog } from '../../../src/deliveries/watchdog.ts';

const LOOK_EVERY_MS = 20;
const MISSES = 5;

/** As SIGSTOP does: nothing runs, and then all timers are late at once. */
function sleepTight(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a watchdog', () => {
  it('bites once when nothing was heard for so many looks', async () => {
    let bites = 0;
    const bitten = Promise.withResolvers<void>();
    const dog = createWatchdog({
      lookEveryMs: LOOK_EVERY_MS,
      misses: MISSES,
      bite() {
        bites += 1;
        bitten.resolve();
      },
    });
    await bitten.promise;
    await new Promise((looks) => setTimeout(looks, 3 * LOOK_EVERY_MS));
    dog.stop();
    expect(bites).toBe(1);
  });

  it('a pause of the process does not restart a healthy thread: what was heard right after it counts', async () => {
    let bites = 0;
    const bite = () => {
      bites += 1;
    };
    const dog = createWatchdog({ lookEveryMs: LOOK_EVERY_MS, misses: MISSES, bite });
    sleepTight(10 * MISSES * LOOK_EVERY_MS);
    await new Promise(setImmediate);
    await new Promise((look) => setTimeout(look, LOOK_EVERY_MS));
    dog.heard();
    dog.stop();
    expect(bites).toBe(0);
  });
});
