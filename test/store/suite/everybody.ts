import { expect, it } from '@jest/globals';
import type { EndTarget } from '../../../src/logout/logout.ts';
import { aCause, anAuditEntry, HOUR, planAll, type SignedIn, signIn, T0, unique } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function everybodySuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;

  async function end(target: EndTarget = { kind: 'everybody' }, given: { pace?: number } = {}) {
    const id = unique('logout');
    const cause = aCause({ reason: 'everybody', keepsOffline: () => true, ...given });
    const result = await at.store.sessions.end(id, target, cause, NOW, planAll());
    if (result.kind !== 'ended') throw new Error('nothing ended');
    return result.logout;
  }

  async function walk(id: string): Promise<void> {
    while ((await at.store.sessions.continueEnd(id, { keepsOffline: () => true, plan: planAll() })) === 'more');
  }

  const sids = async (logoutId: string) =>
    (await at.store.deliveries.list({ logoutId }, { limit: 1_000 })).map(({ sid }) => sid).toSorted();
  const sidsOf = (...all: readonly SignedIn[]) =>
    all.flatMap(({ participations }) => participations.map(({ sid }) => sid)).toSorted();
  const isLive = async ({ uid }: SignedIn) => (await at.store.sessions.findByUid(uid)) !== undefined;

  it('ends all sessions of all accounts, each app told once, and a second end finds nothing left to tell', async () => {
    const [one, two, three] = [
      await signIn(at.store, { clients: ['wiki', 'mail'] }),
      await signIn(at.store, { clients: [] }),
      await signIn(at.store, { clients: ['wiki', 'wiki'] }),
    ];
    const logout = await end();
    await walk(logout.id);
    await expect(at.store.logouts.find(logout.id)).resolves.toMatchObject({
      target: { kind: 'everybody' },
      reason: 'everybody',
      accountId: undefined,
      sessionsEnded: 3,
      walking: false,
      paused: false,
    });
    await expect(sids(logout.id)).resolves.toEqual(sidsOf(one, two, three));
    await expect(Promise.all([one, two, three].map(isLive))).resolves.toEqual([false, false, false]);
    const again = await end();
    await walk(again.id);
    await expect(sids(again.id)).resolves.toEqual([]);
    await expect(at.store.logouts.find(again.id)).resolves.toMatchObject({ sessionsEnded: 0, walking: false });
  });

  it('is over at once for what its walk has not reached, and lets nobody in who was verified before', async () => {
    const many = [];
    for (let n = 0; n < 3; n += 1) many.push(await signIn(at.store, { clients: ['wiki'] }));
    const [first] = many;
    const before = await at.store.sessions.generation(first?.accountId ?? '');
    const logout = await end();
    await expect(Promise.all(many.map(isLive))).resolves.toEqual([false, false, false]);
    const grant = first?.participations[0]?.grantId ?? '';
    await expect(at.store.provider.find('Grant', grant, NOW)).resolves.toBeUndefined();
    await expect(at.store.sessions.generation(first?.accountId ?? '')).resolves.toEqual({
      ...before,
      realm: before.realm + 1,
    });
    const late = await signIn(at.store, { accountId: first?.accountId ?? '', at: NOW + 1 });
    await walk(logout.id);
    await expect(isLive(late)).resolves.toBe(true);
    await expect(sids(logout.id)).resolves.toEqual(sidsOf(...many));
  });

  it('spares one session with its grants, and nobody else of that account', async () => {
    const kept = await signIn(at.store, { clients: ['wiki'] });
    const other = await signIn(at.store, { accountId: kept.accountId, clients: ['wiki'] });
    const logout = await end({ kind: 'everybody', exceptUid: kept.uid });
    await walk(logout.id);
    await expect(Promise.all([kept, other].map(isLive))).resolves.toEqual([true, false]);
    const grant = kept.participations[0]?.grantId ?? '';
    await expect(at.store.provider.find('Grant', grant, NOW)).resolves.toBeDefined();
    await expect(sids(logout.id)).resolves.toEqual(sidsOf(other));
  });

  it('walks sessions with more apps than go in one write, by two walkers at once, and tells each app once', async () => {
    const large = await signIn(at.store, { clients: Array.from({ length: 300 }, (_, n) => `app-${n}`) });
    const others = [];
    for (let n = 0; n < 60; n += 1) others.push(await signIn(at.store, { clients: ['wiki', 'mail'] }));
    const logout = await end();
    const another = await at.place.open();
    await Promise.all([
      walk(logout.id),
      (async () => {
        while (
          (await another.sessions.continueEnd(logout.id, { keepsOffline: () => true, plan: planAll() })) === 'more'
        );
      })(),
    ]);
    await walk(logout.id);
    await expect(sids(logout.id)).resolves.toEqual(sidsOf(large, ...others));
    await expect(at.store.logouts.find(logout.id)).resolves.toMatchObject({ sessionsEnded: 61, walking: false });
  });

  it('ends no more sessions in a write of its walk than it is told to', async () => {
    for (let n = 0; n < 40; n += 1) await signIn(at.store, { clients: ['wiki', 'mail'] });
    const logout = await end({ kind: 'everybody' }, { pace: 10 });
    const ended = async () => (await at.store.logouts.find(logout.id))?.sessionsEnded ?? 0;
    const before = await ended();
    await expect(
      at.store.sessions.continueEnd(logout.id, { keepsOffline: () => true, plan: planAll(), sessionsMax: 3 }),
    ).resolves.toBe('more');
    await expect(ended()).resolves.toBe(before + 3);
  });

  it('is paused, given another pace and let go on, while it walks only', async () => {
    for (let n = 0; n < 3; n += 1)
      await signIn(at.store, { clients: Array.from({ length: 500 }, (_, app) => `app-${app}`) });
    const logout = await end({ kind: 'everybody' }, { pace: 10 });
    expect(logout).toMatchObject({ walking: true, paused: false, pace: 10 });
    const steer = (change: Parameters<typeof at.store.logouts.steer>[1]) =>
      at.store.logouts.steer(logout.id, change, anAuditEntry());
    await expect(at.store.logouts.walking(10)).resolves.toEqual([logout.id]);
    await expect(steer({ paused: true })).resolves.toBe(true);
    await expect(at.store.logouts.walking(10)).resolves.toEqual([]);
    await expect(at.store.logouts.paused(10)).resolves.toEqual([logout.id]);
    await expect(at.store.logouts.find(logout.id)).resolves.toMatchObject({ walking: true, paused: true, pace: 10 });
    await expect(steer({ paused: false, pace: 50 })).resolves.toBe(true);
    await expect(at.store.logouts.walking(10)).resolves.toEqual([logout.id]);
    await expect(at.store.logouts.paused(10)).resolves.toEqual([]);
    await expect(at.store.logouts.find(logout.id)).resolves.toMatchObject({ paused: false, pace: 50 });
    await walk(logout.id);
    await expect(steer({ paused: true })).resolves.toBe(false);
    await expect(at.store.logouts.steer('nobody', {}, anAuditEntry())).resolves.toBe(false);
    await expect(at.store.audit.list({}, 10)).resolves.toHaveLength(2);
  }, 120_000);

  it('misses no sign-in that races with it: whoever gets in before is ended, whoever comes after is refused', async () => {
    const another = await at.place.open();
    const begun: SignedIn[] = [];
    const comeIn = async () => {
      const one = await signIn(another, { clients: ['wiki'] }).catch(() => undefined);
      if (one) begun.push(one);
    };
    const crowd = Array.from({ length: 20 }, comeIn);
    const logout = await end();
    await Promise.all(crowd);
    await walk(logout.id);
    const told = new Set(await sids(logout.id));
    for (const one of begun) {
      const wasTold = one.participations.every(({ sid }) => told.has(sid));
      expect([one.uid, wasTold]).toEqual([one.uid, !(await isLive(one))]);
    }
  });
}
