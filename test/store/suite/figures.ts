import { expect, it } from '@jest/globals';
import { aClaim, HOUR, T0, told } from '../../support/builders.ts';
import { endedSession } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

/** What somebody who watches is told. */
export function figuresSuite(make: MakePlace): void {
  const at = freshStore(make);
  const count = (state: Parameters<typeof at.store.figures.deliveries>[0], most = 100) =>
    at.store.figures.deliveries(state, most);

  it('are nothing in an empty store', async () => {
    const { figures } = at.store;
    await expect(count('trying')).resolves.toBe(0);
    await expect(count('told')).resolves.toBe(0);
    await expect(figures.sessions('live', 100)).resolves.toBe(0);
    await expect(figures.sessions('ended', 100)).resolves.toBe(0);
    await expect(figures.oldestTryingAt()).resolves.toBeUndefined();
    await expect(figures.shutOrigins(10)).resolves.toEqual([]);
  });

  it('count deliveries by state, and sessions, up to what was asked for', async () => {
    for (let i = 0; i < 3; i++) await endedSession(at.store, ['wiki', 'mail']);
    const claim = await at.store.deliveries.claim(aClaim({ now: T0 + HOUR, limit: 2, perOrigin: 1 }));
    await at.store.deliveries.settle(
      claim.token,
      claim.deliveries.map(({ id }) => told(id)),
      [],
    );
    await expect(count('told')).resolves.toBe(2);
    await expect(count('trying')).resolves.toBe(4);
    await expect(count('trying', 3)).resolves.toBe(3);
    await expect(count('told', 1)).resolves.toBe(1);
    await expect(count('refused')).resolves.toBe(0);
    await expect(at.store.figures.sessions('ended', 100)).resolves.toBe(3);
    await expect(at.store.figures.sessions('ended', 2)).resolves.toBe(2);
    await expect(at.store.figures.sessions('live', 100)).resolves.toBe(0);
    await expect(at.store.figures.mails('waiting', 100)).resolves.toBe(0);
  });

  it('know the delivery that has been trying for longest, and who is left alone', async () => {
    await endedSession(at.store, ['wiki', 'mail']);
    const [oldest] = (await at.store.deliveries.list({ state: 'trying' }, { limit: 9 })).toReversed();
    await expect(at.store.figures.oldestTryingAt()).resolves.toBe(oldest?.createdAt);
    const claim = await at.store.deliveries.claim(aClaim({ now: T0 + HOUR, limit: 1 }));
    const [delivery] = claim.deliveries;
    const { id = '', origin = '' } = delivery ?? {};
    const putBack = { deliveryId: id, kind: 'put-back', nextAttemptAt: T0 + 2 * HOUR } as const;
    const breaker = { origin, failures: 3, shutUntil: T0 + 2 * HOUR, shutMs: HOUR };
    await at.store.deliveries.settle(claim.token, [putBack], [{ kind: 'failing', breaker }]);
    await expect(at.store.figures.shutOrigins(10)).resolves.toEqual([origin]);
  });
}
