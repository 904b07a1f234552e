import { setTimeout } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { createCleaner } from '../../../src/logout/cleaner.ts';
import { createRightOfWay } from '../../../src/ops/right-of-way.ts';

const NOTHING = async () => 0;

function aStore() {
  return {
    logouts: { removeBefore: NOTHING },
    provider: { removeExpired: NOTHING },
    limits: { removeClosed: NOTHING },
    activity: { removeBefore: NOTHING },
    mails: { removeBefore: NOTHING },
    links: { removeExpired: NOTHING },
    operators: { removeExpiredTokens: NOTHING },
    audit: { removeBefore: NOTHING },
    answers: { removeExpired: NOTHING },
  };
}

it('takes a twentieth of the time of a store that others wait for, and rests no longer than five seconds', async () => {
  const rests: number[] = [];
  const tookMs = [0, 20, 300];
  const removeBefore = async () => {
    const ms = tookMs.shift();
    await setTimeout(ms);
    return ms === undefined ? 0 : 1;
  };
  const note = () => undefined;
  const cleaner = createCleaner({
    store: { ...aStore(), logouts: { removeBefore } },
    retentionMs: 1_000,
    auditRetentionMs: 3_000,
    clock: { now: () => 5_000 },
    rightOfWay: createRightOfWay(),
    log: { debug: note, info: note, warn: note, error: note },
    rest: async (ms) => void rests.push(ms),
  });
  await cleaner.run();
  expect(rests).toEqual([expect.any(Number), expect.any(Number), 5_000]);
  expect(rests[0]).toBeGreaterThanOrEqual(15);
  expect(rests[1]).toBeGreaterThanOrEqual(19 * 19);
});

it('removes in small writes until nothing is left, and stops when told', async () => {
  const asked: string[] = [];
  const remover = (name: string, rows: number[]) => async (now: number, limit: number) => {
    asked.push(`${name} ${now} ${limit}`);
    return rows.shift() ?? 0;
  };
  const events: unknown[] = [];
  const note = (event: string, facts?: object) => void events.push([event, facts]);
  const cleaner = createCleaner({
    store: {
      logouts: { removeBefore: remover('logouts', [100, 40]) },
      provider: { removeExpired: remover('artifacts', [7]) },
      limits: { removeClosed: remover('limits', []) },
      activity: { removeBefore: remover('activity', [2]) },
      mails: { removeBefore: remover('mails', [1]) },
      links: { removeExpired: remover('links', []) },
      operators: { removeExpiredTokens: remover('tokens', [2]) },
      audit: { removeBefore: remover('audit', [1]) },
      answers: { removeExpired: remover('answers', []) },
    },
    retentionMs: 1_000,
    auditRetentionMs: 3_000,
    clock: { now: () => 5_000 },
    rightOfWay: createRightOfWay(),
    log: { debug: note, info: note, warn: note, error: note },
  });
  expect(await cleaner.run()).toBe(153);
  expect(asked).toEqual([
    ...Array(3).fill('logouts 4000 100'),
    ...Array(2).fill('artifacts 5000 100'),
    'limits 5000 100',
    ...Array(2).fill('activity 4000 100'),
    ...Array(2).fill('mails 4000 100'),
    'links 5000 100',
    ...Array(2).fill('tokens 5000 100'),
    ...Array(2).fill('audit 2000 100'),
    'answers 5000 100',
  ]);
  expect(events).toEqual([['store.cleaned', { rows: 153 }]]);
  await cleaner.start();
  await cleaner.stop();
  await cleaner.stop();
  expect(await cleaner.run()).toBe(0);
});
