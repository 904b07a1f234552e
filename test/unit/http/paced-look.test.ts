import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createPacedLook } from '../../../src/http/paced-look.ts';

let looks = 0;
let looking: PromiseWithResolvers<void> | undefined;

async function look(): Promise<void> {
  looks += 1;
  await looking?.promise;
}

beforeEach(() => {
  jest.useFakeTimers();
  looks = 0;
  looking = undefined;
});
afterEach(() => {
  jest.useRealTimers();
});

it('looks once a second however often it is asked, and not when it was not asked', async () => {
  const paced = createPacedLook(1_000, look);
  for (let n = 0; n < 50; n += 1) {
    paced.ask();
    await jest.advanceTimersByTimeAsync(100);
  }
  expect(looks).toBe(5);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(looks).toBe(5);
  paced.ask();
  expect(looks).toBe(6);
  paced.stop();
});

it('looks again when it was asked while it looked, after a second', async () => {
  const paced = createPacedLook(1_000, look);
  await jest.advanceTimersByTimeAsync(1_000);
  looking = Promise.withResolvers();
  paced.ask();
  paced.ask();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(looks).toBe(1);
  looking.resolve();
  await jest.advanceTimersByTimeAsync(999);
  expect(looks).toBe(1);
  await jest.advanceTimersByTimeAsync(1);
  expect(looks).toBe(2);
  paced.stop();
});

it('looks no more once it was stopped', async () => {
  const paced = createPacedLook(1_000, look);
  paced.ask();
  paced.stop();
  await jest.advanceTimersByTimeAsync(5_000);
  paced.ask();
  expect(looks).toBe(0);
});
