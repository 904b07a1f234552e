import { expect, it } from '@jest/globals';
import { createWalkPace } from '../../../src/logout/walk-pace.ts';
import { createRightOfWay } from '../../../src/ops/right-of-way.ts';

/** Of a clock that only these tests move, since the real one is what is waited by. */
function aPace() {
  const signal = new AbortController();
  const time = { now: 0 };
  const machine = { load: 0 };
  const rightOfWay = createRightOfWay();
  const pace = createWalkPace(
    rightOfWay,
    signal.signal,
    () => time.now,
    () => machine.load,
  );
  return { pace, time, machine, rightOfWay, signal };
}

type Rig = ReturnType<typeof aPace>;

/** So many looks at the machine later. */
async function looks(times: number, { pace, time }: Pick<Rig, 'pace' | 'time'>, sessionsPerS: number): Promise<void> {
  for (let look = 0; look < times; look += 1) {
    time.now += 1_000;
    await pace.beforeWrite({ pace: sessionsPerS, sessionsEnded: 0 });
  }
}

async function waitedMs(work: Promise<unknown>): Promise<number> {
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

it('begins slowly, before it knows what the machine has left', async () => {
  const { pace, time } = aPace();
  await expect(pace.beforeWrite({ pace: 300, sessionsEnded: 0 })).resolves.toBe(2);
  await looks(30, { pace, time }, 300);
  await expect(pace.beforeWrite({ pace: 300, sessionsEnded: 0 })).resolves.toBe(12);
});

it('has a write end no more than a twenty-fifth of what goes in a second', async () => {
  const { pace, time, machine } = aPace();
  await looks(30, { pace, time }, 300);
  await expect(pace.beforeWrite({ pace: 300, sessionsEnded: 0 })).resolves.toBe(12);
  await expect(pace.beforeWrite({ pace: 1, sessionsEnded: 0 })).resolves.toBe(1);
  machine.load = 0.9;
  await looks(20, { pace, time }, 300);
  await expect(pace.beforeWrite({ pace: 300, sessionsEnded: 0 })).resolves.toBe(2);
  await expect(pace.beforeWrite({ pace: undefined, sessionsEnded: 0 })).resolves.toBeUndefined();
});

it('is not slower on a busy machine than somebody has asked for', async () => {
  const { pace, time, machine } = aPace();
  machine.load = 1;
  await looks(20, { pace, time }, 20);
  const waited = await waitedMs(pace.beforeWrite({ pace: 20, sessionsEnded: 2 }));
  expect(waited).toBeGreaterThan(90);
  expect(waited).toBeLessThan(500);
});

it('is cut short when its process stops', async () => {
  const { pace, signal } = aPace();
  await pace.beforeWrite({ pace: 1, sessionsEnded: 0 });
  const waiting = waitedMs(pace.beforeWrite({ pace: 1, sessionsEnded: 60 }));
  signal.abort();
  expect(await waiting).toBeLessThan(5_000);
});

it('goes slower on a busy machine, a tenth of its pace at least, and faster again when that has time', async () => {
  const { pace, time, machine } = aPace();
  let sessionsEnded = 0;
  /** How long a write after ten sessions waits, at a thousand a second; 10 ms, or 100 at a tenth of that. */
  const waited = async () => {
    time.now += 1_000;
    await pace.beforeWrite({ pace: 1_000_000, sessionsEnded });
    sessionsEnded += 10;
    return waitedMs(pace.beforeWrite({ pace: 1_000, sessionsEnded }));
  };
  machine.load = 0.9;
  for (let look = 0; look < 20; look++) await waited();
  expect(await waited()).toBeGreaterThan(90);
  machine.load = 0.1;
  for (let look = 0; look < 40; look++) await waited();
  expect(await waited()).toBeLessThan(50);
});

it('waits for a moment in which nobody is being answered, a tenth of a second at most', async () => {
  const { pace, rightOfWay } = aPace();
  await pace.beforeWrite({ pace: 1_000, sessionsEnded: 0 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const answered = rightOfWay.first(() => promise);
  const kept = await waitedMs(pace.beforeWrite({ pace: 1_000, sessionsEnded: 0 }));
  expect(kept).toBeGreaterThan(90);
  expect(kept).toBeLessThan(5_000);
  const waiting = waitedMs(pace.beforeWrite({ pace: 1_000, sessionsEnded: 0 }));
  resolve();
  await answered;
  expect(await waiting).toBeLessThan(90);
});

it('makes up for what it gave way by a larger write, twice as large at most', async () => {
  const rig = aPace();
  const { pace, time, rightOfWay } = rig;
  await looks(30, rig, 100);
  const afterGivingWay = async (ms: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answered = rightOfWay.first(() => promise);
    const size = pace.beforeWrite({ pace: 100, sessionsEnded: 0 });
    time.now += ms;
    resolve();
    await answered;
    return size;
  };
  await expect(pace.beforeWrite({ pace: 100, sessionsEnded: 0 })).resolves.toBe(4);
  expect(await afterGivingWay(20)).toBe(6);
  expect(await afterGivingWay(90)).toBe(8);
});
