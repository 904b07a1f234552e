import { expect, it } from '@jest/globals';
import { aClaim, HOUR, MINUTE, T0, told } from '../../support/builders.ts';
import { endedSession } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

/** Engines that say they are alive, and what becomes of what the dead ones held. */
export function enginesSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;
  const sign = (processId: string) => ({ processId, home: `home of ${processId}` });
  const claim = (processId: string, given: Partial<Parameters<typeof aClaim>[0]> = {}) =>
    at.store.deliveries.claim(aClaim({ now: NOW, limit: 1, processId, ...given }));
  const rescueFor = (processId: string, given: { dead?: string[]; expired?: boolean; now?: number }) =>
    at.store.deliveries.rescue({ processId, now: NOW, dead: [], expired: false, ...given });

  it('hear of each other, and each of its own last beat', async () => {
    const { beat } = at.store.deliveries;
    await expect(beat(sign('one'), NOW)).resolves.toEqual({ sinceLastMs: undefined, others: [] });
    const { others } = await beat(sign('two'), NOW);
    expect(others).toEqual([{ ...sign('one'), silentMs: expect.any(Number) }]);
    expect(others[0]?.silentMs).toBeLessThan(MINUTE);
    const again = await beat(sign('one'), NOW);
    expect(again.sinceLastMs).toBeLessThan(MINUTE);
    expect(again.others.map(({ processId }) => processId)).toEqual(['two']);
  });

  it('hear of one that holds something and never beat, or said farewell', async () => {
    const { beat, farewell } = at.store.deliveries;
    await endedSession(at.store, ['wiki', 'mail']);
    await claim('never');
    await beat(sign('gone'), NOW);
    await claim('gone');
    await farewell('gone');
    const { others } = await beat(sign('one'), NOW);
    expect(others.map(({ processId }) => processId).sort()).toEqual(['gone', 'never']);
    expect(others.map(({ silentMs }) => silentMs)).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('are alive for others as long as any of them beats', async () => {
    const { beat, farewell, silence } = at.store.deliveries;
    await expect(silence(NOW)).resolves.toBeUndefined();
    await beat(sign('one'), NOW);
    await expect(silence(NOW)).resolves.toBeLessThan(MINUTE);
    await farewell('one');
    await expect(silence(NOW)).resolves.toBeUndefined();
  });

  it('a rescue frees at once what a dead one holds, fences it off, and leaves the living alone', async () => {
    await endedSession(at.store, ['wiki', 'mail']);
    const dead = await claim('dead');
    const alive = await claim('alive');
    await expect(rescueFor('one', { dead: ['dead'] })).resolves.toBe(1);
    await expect(rescueFor('one', { dead: ['dead'] })).resolves.toBe(0);
    const again = await claim('one');
    expect(again.deliveries.map(({ id }) => id)).toEqual(dead.deliveries.map(({ id }) => id));
    const late = dead.deliveries.map(({ id }) => told(id));
    await expect(at.store.deliveries.settle(dead.token, late, [])).resolves.toEqual({
      lost: late.map((settlement) => settlement.deliveryId),
      logoutIds: [],
    });
    const kept = alive.deliveries.map(({ id }) => told(id));
    await expect(at.store.deliveries.settle(alive.token, kept, [])).resolves.toMatchObject({ lost: [] });
  });

  it('a rescue frees what others hold beyond their lease where it is asked to, never the own', async () => {
    await endedSession(at.store, ['wiki', 'mail', 'chat']);
    const over = await claim('other', { leaseMs: 0 });
    await claim('other', { leaseMs: HOUR });
    await claim('one', { leaseMs: 0 });
    await expect(rescueFor('one', {})).resolves.toBe(0);
    await expect(rescueFor('one', { expired: true })).resolves.toBe(1);
    const again = await claim('one', { limit: 9 });
    expect(again.deliveries.map(({ id }) => id)).toEqual(over.deliveries.map(({ id }) => id));
  });

  it('nothing is taken while it is leased, whatever the clock of a claim says', async () => {
    await endedSession(at.store, ['wiki']);
    await claim('one', { leaseMs: 0 });
    await expect(claim('ahead', { now: NOW + 1_000 * HOUR })).resolves.toMatchObject({ deliveries: [] });
    await expect(at.store.deliveries.nextDueAt()).resolves.toBeUndefined();
  });
}
