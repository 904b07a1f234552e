import { expect, it } from '@jest/globals';
import { aCause, aClaim, aSessionWrite, DAY, HOUR, planAll, signIn, T0, told, unique } from '../../support/builders.ts';
import { endedSession } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function removingSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;
  const LATER = T0 + 31 * DAY;

  /** As the cleaner does: until nothing is left. */
  async function removeAll(before: number, limit: number): Promise<number> {
    for (let total = 0; ; ) {
      const removed = await at.store.logouts.removeBefore(before, limit);
      if (removed === 0) return total;
      total += removed;
    }
  }

  async function tellEverybody(): Promise<void> {
    const { token, deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1_000 }));
    await at.store.deliveries.settle(
      token,
      deliveries.map((delivery) => told(delivery.id)),
      [],
    );
  }

  it('removes what ended long ago: session, participations, logout, deliveries, attempts', async () => {
    const { logoutId, uid, of } = await endedSession(at.store, ['wiki', 'mail']);
    await tellEverybody();
    const wiki = await of('wiki');
    await expect(removeAll(LATER, 100)).resolves.toBeGreaterThanOrEqual(5);
    await expect(at.store.sessions.get(uid)).resolves.toBeUndefined();
    await expect(at.store.sessions.participation(wiki.sid)).resolves.toBeUndefined();
    await expect(at.store.logouts.find(logoutId)).resolves.toBeUndefined();
    await expect(at.store.deliveries.find(wiki.id)).resolves.toBeUndefined();
    await expect(at.store.deliveries.attempts(wiki.id)).resolves.toEqual([]);
  });

  it('removes it all however few rows at a time', async () => {
    const ended = [await endedSession(at.store, ['wiki', 'mail', 'chat']), await endedSession(at.store, ['wiki'])];
    await tellEverybody();
    await removeAll(LATER, 1);
    for (const { uid, logoutId } of ended) {
      await expect(at.store.sessions.get(uid)).resolves.toBeUndefined();
      await expect(at.store.logouts.find(logoutId)).resolves.toBeUndefined();
      await expect(at.store.deliveries.list({ logoutId }, { limit: 10 })).resolves.toEqual([]);
    }
  });

  it('keeps what ended at that instant or later', async () => {
    const { logoutId, uid } = await endedSession(at.store, ['wiki'], { at: NOW });
    await tellEverybody();
    await expect(removeAll(NOW, 100)).resolves.toBe(0);
    await expect(at.store.logouts.find(logoutId)).resolves.toBeDefined();
    await expect(at.store.sessions.get(uid)).resolves.toBeDefined();
  });

  it('keeps a live session, however old', async () => {
    const { uid } = await signIn(at.store);
    await removeAll(LATER, 100);
    await expect(at.store.sessions.findByUid(uid)).resolves.toBeDefined();
  });

  it('keeps all of a logout with a delivery that is still tried', async () => {
    const { logoutId, uid, of } = await endedSession(at.store, ['wiki', 'mail']);
    const wiki = await of('wiki');
    const { token, deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1 }));
    await at.store.deliveries.settle(
      token,
      deliveries.map((delivery) => told(delivery.id)),
      [],
    );
    await expect(removeAll(LATER, 100)).resolves.toBe(0);
    await expect(at.store.logouts.progress(logoutId)).resolves.toMatchObject({ total: 2, told: 1, trying: 1 });
    await expect(at.store.sessions.get(uid)).resolves.toMatchObject({ participations: [{}, {}] });
    await expect(at.store.deliveries.find(wiki.id)).resolves.toBeDefined();
  });

  it('passes over what is at work, to what is not', async () => {
    const working = [await endedSession(at.store, ['wiki']), await endedSession(at.store, ['mail'])];
    const over = await endedSession(at.store, [], { at: NOW + HOUR });
    await removeAll(LATER, 1);
    await expect(at.store.logouts.find(over.logoutId)).resolves.toBeUndefined();
    await expect(at.store.sessions.get(over.uid)).resolves.toBeUndefined();
    for (const { logoutId, uid } of working) {
      await expect(at.store.logouts.find(logoutId)).resolves.toBeDefined();
      await expect(at.store.sessions.get(uid)).resolves.toBeDefined();
    }
  });

  it('keeps a session without apps as long as the logout that ended it is at work elsewhere', async () => {
    const { uid, accountId } = await signIn(at.store, { clients: [] });
    await signIn(at.store, { accountId, clients: ['wiki'] });
    await at.store.sessions.end(unique('logout'), { kind: 'account', accountId }, aCause(), NOW, planAll());
    await expect(removeAll(LATER, 100)).resolves.toBe(0);
    await expect(at.store.sessions.get(uid)).resolves.toBeDefined();
    await tellEverybody();
    await removeAll(LATER, 100);
    await expect(at.store.sessions.get(uid)).resolves.toBeUndefined();
  });

  it('keeps the ended mark of an app in a session that lives: its sid must not come back', async () => {
    const { uid, participations } = await signIn(at.store, { clients: ['wiki'] });
    const sid = participations[0]?.sid ?? '';
    await at.store.sessions.end(unique('logout'), { kind: 'participation', sid }, aCause(), NOW, planAll());
    await tellEverybody();
    await removeAll(LATER, 100);
    await at.store.sessions.save(aSessionWrite({ uid, authorizations: { wiki: { sid } } }));
    const found = await at.store.sessions.findByUid(uid);
    expect(found).toMatchObject({ authorizations: {}, signedOffClients: ['wiki'] });
    expect(found?.authorizations).toEqual({});
  });
}
