import { describe, expect, it } from '@jest/globals';
import { aClaim, anAttempt, DAY, HOUR, MINUTE, T0, told } from '../../support/builders.ts';
import { endedSession, shut } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function deliveriesSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;

  it('lists newest first, page by page, by what they are about', async () => {
    const first = await endedSession(at.store, ['wiki', 'mail'], { at: NOW });
    const second = await endedSession(at.store, ['wiki'], { at: NOW + 1, accountId: first.accountId });
    await endedSession(at.store, ['chat'], { at: NOW - 1 });
    const all: string[] = [];
    for (;;) {
      const after = all.at(-1);
      const page = await at.store.deliveries.list({}, { limit: 1, ...(after !== undefined && { after }) });
      if (page.length === 0) break;
      all.push(...page.map((delivery) => delivery.id));
    }
    expect(all).toHaveLength(4);
    expect([all[0], all[3]]).toEqual([(await second.of('wiki')).id, expect.any(String)]);
    const count = async (filter: Parameters<typeof at.store.deliveries.list>[0]) =>
      (await at.store.deliveries.list(filter, { limit: 10 })).length;
    await expect(count({ clientId: 'wiki' })).resolves.toBe(2);
    await expect(count({ accountId: first.accountId })).resolves.toBe(3);
    await expect(count({ logoutId: first.logoutId })).resolves.toBe(2);
    await expect(count({ logoutId: first.logoutId, clientId: 'mail', state: 'trying' })).resolves.toBe(1);
    await expect(count({ state: 'told' })).resolves.toBe(0);
    await expect(count({ until: NOW })).resolves.toBe(1);
    await expect(count({ until: NOW + 1, clientId: 'wiki' })).resolves.toBe(1);
    await expect(count({ id: all[0] ?? '' })).resolves.toBe(1);
    await expect(at.store.deliveries.find('nobody')).resolves.toBeUndefined();
    await expect(at.store.deliveries.attempts('nobody')).resolves.toEqual([]);
  });

  it('know whether their app asked for the end itself, wherever they are read', async () => {
    const { logoutId, of } = await endedSession(at.store, ['asks', 'other'], {
      plan: ({ clientId }) => ({ asked: clientId === 'asks' }),
    });
    await expect(of('asks')).resolves.toMatchObject({ asked: true });
    await expect(of('other')).resolves.toMatchObject({ asked: false });
    const { deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW }));
    const ours = deliveries.filter((one) => one.logoutId === logoutId);
    expect(Object.fromEntries(ours.map((one) => [one.clientId, one.asked]))).toEqual({ asks: true, other: false });
  });

  describe('sent again by hand', () => {
    it('only of a time, where one is said', async () => {
      await endedSession(at.store, ['early'], { at: NOW });
      await endedSession(at.store, ['late'], { at: NOW + MINUTE });
      const retry = (filter: Parameters<typeof at.store.deliveries.retry>[0]) =>
        at.store.deliveries.retry(filter, NOW + HOUR, NOW + DAY);
      await expect(retry({ since: NOW + MINUTE })).resolves.toBe(1);
      await expect(retry({ until: NOW + MINUTE })).resolves.toBe(1);
      await expect(retry({ since: NOW, until: NOW + MINUTE, clientId: 'early' })).resolves.toBe(1);
      await expect(retry({ since: NOW + 1, until: NOW + MINUTE })).resolves.toBe(0);
    });

    async function refusedAndGivenUp() {
      const ended = await endedSession(at.store, ['refused', 'gives-up', 'told', 'waiting', 'leased']);
      const exceptOrigins = ['https://leased.test'];
      const { token, deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW, exceptOrigins }));
      const attempt = anAttempt({ verdict: 'retry', status: 500 });
      const settlements = deliveries.map(({ id: deliveryId, clientId }) => {
        if (clientId === 'told') return told(deliveryId);
        if (clientId === 'refused') return { deliveryId, kind: 'refused', attempt } as const;
        if (clientId === 'gives-up') return { deliveryId, kind: 'given-up' } as const;
        return { deliveryId, kind: 'again', attempt, nextAttemptAt: NOW + DAY, backoffMs: 7, refusal: true } as const;
      });
      await at.store.deliveries.settle(token, settlements, []);
      await at.store.deliveries.claim(aClaim({ now: NOW, leaseMs: HOUR }));
      return ended;
    }

    it('are refused, given up and waiting ones: due now, with a fresh deadline', async () => {
      const { of, logoutId } = await refusedAndGivenUp();
      await expect(at.store.deliveries.retry({ logoutId }, NOW + MINUTE, NOW + 9 * DAY)).resolves.toBe(3);
      const fresh = { state: 'trying', nextAttemptAt: NOW + MINUTE, deadline: { at: NOW + 9 * DAY } };
      await expect(of('refused')).resolves.toMatchObject({ ...fresh, attempts: 1 });
      await expect(of('gives-up')).resolves.toMatchObject(fresh);
      await expect(of('waiting')).resolves.toMatchObject(fresh);
      await expect(of('told')).resolves.toMatchObject({ state: 'told' });
      const claim = await at.store.deliveries.claim(aClaim({ now: NOW + MINUTE }));
      expect(claim.deliveries.map((each) => each.clientId).sort()).toEqual(['gives-up', 'refused', 'waiting']);
    });

    it('are only those that are asked for', async () => {
      const { of } = await refusedAndGivenUp();
      await endedSession(at.store, ['refused']);
      const { id } = await of('refused');
      await expect(at.store.deliveries.retry({ id }, NOW, NOW + DAY)).resolves.toBe(1);
      await expect(at.store.deliveries.retry({ state: 'given-up' }, NOW, NOW + DAY)).resolves.toBe(1);
      await expect(at.store.deliveries.retry({ clientId: 'nobody' }, NOW, NOW + DAY)).resolves.toBe(0);
      await expect(at.store.deliveries.retry({ clientId: 'told' }, NOW, NOW + DAY)).resolves.toBe(0);
    });
  });

  it('hastens what waits after the clock jumped back, and opens all origins', async () => {
    await endedSession(at.store, ['wiki', 'wiki', 'leased'], { at: NOW + DAY });
    const exceptOrigins = ['https://wiki.test'];
    await at.store.deliveries.claim(aClaim({ now: NOW + DAY, leaseMs: HOUR, exceptOrigins }));
    await shut(at.store, 'https://wiki.test', NOW + DAY);
    await expect(at.store.deliveries.hasten('engine', NOW)).resolves.toBe(2);
    const claim = await at.store.deliveries.claim(aClaim({ now: NOW }));
    expect(claim.deliveries.map((each) => each.clientId)).toEqual(['wiki', 'wiki']);
    expect(claim.breakers).toEqual([]);
  });

  it('tells a watcher of what another connection wrote, until it stops to watch', async () => {
    const another = await at.place.open();
    let changed = Promise.withResolvers<void>();
    const unwatch = await at.store.deliveries.watch(() => changed.resolve());
    await endedSession(another, ['wiki']);
    await changed.promise;
    await unwatch();
    await unwatch();
    changed = Promise.withResolvers<void>();
    const second = Promise.withResolvers<string>();
    await at.store.deliveries.watch(() => second.resolve('second'));
    changed.promise.then(() => second.resolve('first'));
    await endedSession(another, ['wiki']);
    await expect(second.promise).resolves.toBe('second');
  });
}
