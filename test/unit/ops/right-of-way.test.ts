import { setTimeout } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { createRightOfWay } from '../../../src/ops/right-of-way.ts';

const NEVER = new AbortController().signal;

/** Somebody who is being answered until `done` is called. */
function somebody(way: ReturnType<typeof createRightOfWay>) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answered = way.first(() => promise);
  return {
    done() {
      resolve();
      return answered;
    },
  };
}

it('lets those go on at once who meet nobody', async () => {
  const way = createRightOfWay();
  await way.giveWay(NEVER);
  await way.first(async () => undefined);
  await way.giveWay(NEVER);
});

it('has them wait until the last one is answered', async () => {
  const way = createRightOfWay();
  const people = [somebody(way), somebody(way)];
  let isClear = false;
  const waiting = way.giveWay(NEVER).then(() => {
    isClear = true;
  });
  await people[0]?.done();
  await new Promise(setImmediate);
  expect(isClear).toBe(false);
  await people[1]?.done();
  await waiting;
});

it('waits for whoever was sent on, and comes back in a moment: a sign-in is three requests', async () => {
  const way = createRightOfWay();
  const first = somebody(way);
  let isClear = false;
  const waiting = way.giveWay(NEVER).then(() => {
    isClear = true;
  });
  await first.done();
  await new Promise(setImmediate);
  const second = somebody(way);
  await setTimeout(15);
  expect(isClear).toBe(false);
  await second.done();
  await waiting;
});

it('counts whoever was refused as answered', async () => {
  const way = createRightOfWay();
  await expect(way.first(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await way.giveWay(NEVER);
});

it('keeps nobody for ever: a crowd has somebody in it at any time, and a process stops', async () => {
  const way = createRightOfWay();
  const one = somebody(way);
  await way.giveWay(NEVER);
  const stopping = new AbortController();
  const waiting = way.giveWay(stopping.signal);
  stopping.abort();
  await waiting;
  await one.done();
});
