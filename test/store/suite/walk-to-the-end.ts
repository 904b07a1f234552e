import { expect } from '@jest/globals';
import type { Store } from '../../../src/store/store.ts';
import { planAll } from '../../support/builders.ts';
import type { Crowd } from '../../support/crowd.ts';

export async function walkToTheEnd(store: Store, logoutId: string): Promise<void> {
  while ((await store.sessions.continueEnd(logoutId, { keepsOffline: () => false, plan: planAll() })) === 'more');
}

export async function everyoneIsToldOnce(
  store: Store,
  logoutId: string,
  { accountId, participations }: Crowd,
): Promise<void> {
  const told: string[] = [];
  for await (const sid of sidsOfDeliveries(store, accountId)) told.push(sid);
  expect(told.sort()).toEqual(participations.map((each) => each.sid).sort());
  const { total, trying } = await store.logouts.progress(logoutId);
  expect([total, trying]).toEqual([told.length, told.length]);
}

async function* sidsOfDeliveries(store: Store, accountId: string): AsyncGenerator<string> {
  let after: string | undefined;
  for (;;) {
    const page = await store.deliveries.list({ accountId }, { limit: 500, ...(after !== undefined && { after }) });
    for (const delivery of page) yield delivery.sid;
    after = page.at(-1)?.id;
    if (page.length < 500) return;
  }
}
