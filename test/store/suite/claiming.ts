import { expect, it } from '@jest/globals';
import { aClaim, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { startChild } from './child.ts';
import { endedSession, shut } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function claimingSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;
  const clientsOf = (claim: { deliveries: readonly { clientId: string }[] }) =>
    claim.deliveries.map((delivery) => delivery.clientId);

  it('takes what is due, oldest first, up to the limit', async () => {
    await endedSession(at.store, ['b'], { at: NOW - 1 });
    await endedSession(at.store, ['c'], { at: NOW });
    await endedSession(at.store, ['a'], { at: NOW - 2 });
    await endedSession(at.store, ['later'], { at: NOW + 1 });
    const first = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 2 }));
    expect(clientsOf(first)).toEqual(['a', 'b']);
    expect(first).toMatchObject({ breakers: [] });
    const second = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 2 }));
    expect(clientsOf(second)).toEqual(['c']);
    expect(second.token).not.toBe(first.token);
    await expect(at.store.deliveries.claim(aClaim({ now: NOW }))).resolves.toMatchObject({ deliveries: [] });
  });

  it('takes nothing that cannot or need not be told', async () => {
    await endedSession(at.store, ['mute', 'moot'], {
      plan: ({ clientId }) => ({ state: clientId === 'mute' ? 'cannot-be-told' : 'moot' }),
    });
    await expect(at.store.deliveries.claim(aClaim({ now: NOW }))).resolves.toMatchObject({ deliveries: [] });
    await expect(at.store.deliveries.nextDueAt()).resolves.toBeUndefined();
  });

  it('leaves out origins that have enough waiting', async () => {
    await endedSession(at.store, ['slow', 'quick']);
    const claim = await at.store.deliveries.claim(aClaim({ now: NOW, exceptOrigins: ['https://slow.test'] }));
    expect(clientsOf(claim)).toEqual(['quick']);
  });

  it('takes few of each origin, so that one backlog does not fill it, and says that there may be more', async () => {
    await endedSession(at.store, Array(5).fill('slow'), { at: NOW - 1 });
    await endedSession(at.store, ['quick'], { at: NOW });
    const some = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 5, perOrigin: 2 }));
    expect(clientsOf(some)).toEqual(['slow', 'slow', 'quick']);
    expect(some.more).toBe(true);
    const except = { exceptOrigins: ['https://slow.test'] };
    const rest = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 5, perOrigin: 2, ...except }));
    expect(clientsOf(rest)).toEqual([]);
    expect(rest.more).toBe(false);
  });

  it('finds what is behind the crowd of a sick app, of an app that has enough, and a probe', async () => {
    const crowds = Array.from({ length: 600 }, (_, n) => (n % 2 === 0 ? 'dead' : 'served'));
    await endedSession(at.store, crowds, { at: NOW - 3 });
    await endedSession(at.store, ['wiki', 'mail', 'due'], { at: NOW - 1 });
    await shut(at.store, 'https://dead.test', NOW + MINUTE);
    await shut(at.store, 'https://due.test', NOW);
    const request = { now: NOW, limit: 10, perOrigin: 2, exceptOrigins: ['https://served.test'] };
    const claim = await at.store.deliveries.claim(aClaim(request));
    expect(clientsOf(claim).toSorted()).toEqual(['due', 'mail', 'wiki']);
    expect(claim.breakers).toMatchObject([{ origin: 'https://due.test' }]);
    await expect(at.store.deliveries.claim(aClaim(request))).resolves.toMatchObject({ deliveries: [], more: false });
    // Six hundred joins take their time on MongoDB.
  }, 120_000);

  it('never hands out a delivery twice, to two processes that claim at once', async () => {
    const clients = Array.from({ length: 50 }, (_, n) => `app-${n}`);
    const { logoutId } = await endedSession(at.store, clients);
    const [one, two] = await Promise.all([startChild(at.place.url), startChild(at.place.url)]);
    try {
      const claims = await Promise.all([
        one.run<string[]>('claimAll', { processId: 'one' }),
        two.run<string[]>('claimAll', { processId: 'two' }),
      ]);
      const ids = claims.flat();
      const all = await at.store.deliveries.list({ logoutId }, { limit: 100 });
      expect(ids.toSorted()).toEqual(all.map((delivery) => delivery.id).sort());
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });
}
