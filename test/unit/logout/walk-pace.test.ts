import { expect, it } from '@jest/globals';
import { createWalkPace } from '../../../src/logout/walk-pace.ts';

/** Of a clock that only these tests move, since the real one is what is waited by. */
function aPace() {
  const signal = new AbortController();
  const time = { now: 0 };
  return { pace: createWalkPace(signal.signal, () => time.now), time, signal };
}

async function waitedMs(work: Promise<void>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

it('waits as long as what was ended since its last write takes at this pace, whoever ended it', async () => {
  const { pace, time } = aPace();
  expect(await waitedMs(pace.beforeWrite({ pace: 100, sessionsEnded: 40 }))).toBeLessThan(50);
  // Ten of its own, and ten of another process: 200 ms, of which 100 are over.
  time.now = 100;
  expect(await waitedMs(pace.beforeWrite({ pace: 100, sessionsEnded: 60 }))).toBeGreaterThan(90);
});

it('has nothing to catch up after a pause, and waits for nobody without a pace', async () => {
  const { pace, time } = aPace();
  await pace.beforeWrite({ pace: 10, sessionsEnded: 0 });
  time.now = 3_600_000;
  expect(await waitedMs(pace.beforeWrite({ pace: 10, sessionsEnded: 10 }))).toBeLessThan(50);
  expect(await waitedMs(pace.beforeWrite({ pace: 10, sessionsEnded: 12 }))).toBeGreaterThan(150);
  expect(await waitedMs(pace.beforeWrite({ pace: undefined, sessionsEnded: 10_000 }))).toBeLessThan(50);
});

it('is cut short when its process stops', async () => {
  const { pace, signal } = aPace();
  await pace.beforeWrite({ pace: 1, sessionsEnded: 0 });
  const waiting = waitedMs(pace.beforeWrite({ pace: 1, sessionsEnded: 60 }));
  signal.abort();
  expect(await waiting).toBeLessThan(5_000);
});
