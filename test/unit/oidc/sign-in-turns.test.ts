import { expect, it } from '@jest/globals';
import { createSignInTurns } from '../../../src/oidc/sign-in-turns.ts';

const LONG_MS = 60_000;

it('lets one sign-in of a browser follow the other', async () => {
  const turns = createSignInTurns(LONG_MS);
  const order: string[] = [];
  const first = await turns.take('browser');
  const second = turns.take('browser').then(() => order.push('second'));
  await turns.take('another browser');
  order.push('first is over');
  turns.end(first);
  await second;
  expect(order).toEqual(['first is over', 'second']);
});

it('ends its own turn only: a late answer of one sign-in does not let a third in beside the second', async () => {
  const turns = createSignInTurns(LONG_MS);
  const first = await turns.take('browser');
  turns.end(first);
  const second = await turns.take('browser');
  let third = 'waits';
  const taken = turns.take('browser').then(() => {
    third = 'is in';
  });
  turns.end(first);
  await turns.take('another browser');
  expect(third).toBe('waits');
  turns.end(second);
  await taken;
  expect(third).toBe('is in');
});

it('does not wait for a browser that never follows its redirect', async () => {
  const turns = createSignInTurns(1);
  await turns.take('browser');
  await expect(turns.take('browser')).resolves.toMatchObject({ deviceKey: 'browser' });
});
