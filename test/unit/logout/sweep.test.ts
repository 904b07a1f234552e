import { expect, it } from '@jest/globals';
import { storeUnavailable } from '../../../src/errors.ts';
import type { DueEnd } from '../../../src/logout/end-sessions.ts';
import { createSweep } from '../../../src/logout/sweep.ts';
import type { Facts } from '../../../src/ops/log.ts';
import { createRightOfWay } from '../../../src/ops/right-of-way.ts';
import type { DueSession } from '../../../src/store/store.ts';
import { anOpening, T0 } from '../../support/builders.ts';

/** Sessions whose time is over, some of which cannot be ended; counts what is asked of the store. */
function aSweep(count: number, end: (uid: string) => void, rightOfWay = createRightOfWay()) {
  const due: DueSession[] = Array.from({ length: count }, (_, n) => ({
    session: {
      ...anOpening({ accountId: 'alice' }),
      uid: `session-${String(n).padStart(5, '0')}`,
      state: 'live',
      lastSeenAt: T0,
      endedAt: undefined,
      logoutId: undefined,
    },
    dueAt: T0,
  }));
  const ended = new Set<string>();
  const reads: number[] = [];
  const order: string[] = [];
  const lines: { event: string; facts: Facts }[] = [];
  const write = (event: string, facts: Facts = {}) => void lines.push({ event, facts });
  const sweep = createSweep({
    store: {
      sessions: {
        async due(_now, limit, after) {
          reads.push(limit);
          const left = due.filter(({ session }) => !ended.has(session.uid));
          return left.filter(({ session }) => session.uid > (after?.session.uid ?? '')).slice(0, limit);
        },
      },
    },
    endSessions: {
      async several(sessions: readonly DueEnd[]) {
        for (const { uid } of sessions) end(uid);
        for (const { uid } of sessions) ended.add(uid);
        order.push(...sessions.map(({ uid }) => uid));
        return sessions.map(() => ({ kind: 'ended' as const, logout: {} as never }));
      },
    },
    clock: { now: () => T0 + 365 * 24 * 3_600_000 },
    log: { debug: write, info: write, warn: write, error: write },
    rightOfWay,
    everyMs: 60_000,
  });
  return { sweep, ended, reads, order, lines };
}

it('duende-569: sessions that cannot be ended keep none of the others alive', async () => {
  const { sweep, ended, reads, lines } = aSweep(1_000, (uid) => {
    if (uid < 'session-00300') throw new Error('the record is broken');
  });
  await expect(sweep.run()).resolves.toBe(700);
  expect(ended.size).toBe(700);
  expect(lines.filter(({ event }) => event === 'sweep.failed')).toHaveLength(300);
  // Each row is read once a round, however many are broken.
  expect(reads).toEqual(Array(6).fill(200));
});

it('a store that reads but cannot write is asked no more than once a round', async () => {
  const { sweep, ended, reads, lines } = aSweep(1_000, () => {
    throw storeUnavailable(new Error('the disk is full'));
  });
  for (let round = 0; round < 3; round += 1) {
    await expect(sweep.run()).rejects.toMatchObject({ code: 'store_unavailable' });
  }
  expect(ended.size).toBe(0);
  expect(reads).toEqual([200, 200, 200]);
  expect(lines).toEqual([]);
});

it('several processes do not end the same sessions in the same order', async () => {
  const [one, two] = [aSweep(200, () => undefined), aSweep(200, () => undefined)];
  await Promise.all([one.sweep.run(), two.sweep.run()]);
  expect(one.order.toSorted()).toEqual(two.order.toSorted());
  expect(one.order).not.toEqual(two.order);
});

it('goes on with the next write when nobody is being answered, a tenth of a second later at most', async () => {
  const rightOfWay = createRightOfWay();
  const { sweep, ended } = aSweep(100, () => undefined, rightOfWay);
  const { promise, resolve } = Promise.withResolvers<void>();
  const answered = rightOfWay.first(() => promise);
  const from = performance.now();
  const swept = sweep.run();
  for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  expect(ended.size).toBe(0);
  await expect(swept).resolves.toBe(100);
  expect(ended.size).toBe(100);
  expect(performance.now() - from).toBeGreaterThan(180);
  resolve();
  await answered;
});
