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
  await way.giveWay(60_000, NEVER);
  await way.first(async () => undefined);
  await way.giveWay(60_000, NEVER);
});

it('has them wait until the last one is answered', async () => {
  const way = createRightOfWay();
  const people = [somebody(way), somebody(way)];
  let isClear = false;
  const waiting = way.giveWay(60_000, NEVER).then(() => {
    isClear = true;
  });
  await people[0]?.done();
  await new Promise(setImmediate);
  expect(isClear).toBe(false);
  await people[1]?.done();
  await waiting;
});

it('counts whoever was refused as answered', async () => {
  const way = createRightOfWay();
  await expect(way.first(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await way.giveWay(60_000, NEVER);
});

it('keeps nobody for ever: a crowd has somebody in it at any time, and a process stops', async () => {
  const way = createRightOfWay();
  const one = somebody(way);
  await way.giveWay(5, NEVER);
  const stopping = new AbortController();
  const waiting = way.giveWay(60_000, stopping.signal);
  stopping.abort();
  await waiting;
  await one.done();
});
