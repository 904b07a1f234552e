import { describe, expect, it } from '@jest/globals';
import type { Delivery, DeliveryPlan } from '../../../src/deliveries/delivery.ts';
import type { Participation } from '../../../src/sessions/session.ts';
import type { EndWatch } from '../../../src/store/store.ts';
import { aCause, aClaim, HOUR, MINUTE, newAccount, planAll, signIn, T0, told, unique } from '../../support/builders.ts';
import { endedSession, shut } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

interface Write {
  readonly leased: readonly Delivery[];
  readonly rest: boolean;
}

/** An end that leases its first deliveries to an engine, which is told of each of its writes. */
export function handingOverSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;
  const claim = (processId: string) =>
    at.store.deliveries.claim(aClaim({ now: NOW, limit: 2_000, perOrigin: 2_000, processId }));

  /** Somebody to hand over to, and what it was told. */
  function watching(processId: string, now = NOW) {
    const token = unique('lease');
    const writes: Write[] = [];
    const leasing: (readonly Delivery[])[] = [];
    const watch: EndWatch = {
      lease: { token, processId, leaseMs: MINUTE, now },
      leasing: (leased) => void leasing.push(leased),
      written: (leased, rest) => void writes.push({ leased, rest }),
    };
    return { token, leasing, writes, watch };
  }

  async function endFor(
    processId: string,
    target: Parameters<typeof at.store.sessions.end>[1],
    given?: (ended: Participation) => Partial<DeliveryPlan>,
  ) {
    const { watch, ...seen } = watching(processId);
    const result = await at.store.sessions.end(unique('logout'), target, aCause(), NOW, planAll(given), watch);
    return { ...seen, result };
  }

  it('leases what it ends, as it is, to that engine; nobody else is handed it', async () => {
    const { uid } = await signIn(at.store, { clients: ['wiki', 'mail'] });
    const { token, leasing, writes, result } = await endFor('mine', { kind: 'session', uid });
    expect(leasing.flat()).toEqual(writes.flatMap(({ leased }) => leased));
    if (result.kind !== 'ended') throw new Error('nothing was ended');
    const stored = await at.store.deliveries.list({ logoutId: result.logout.id }, { limit: 9 });
    expect(writes).toEqual([{ leased: expect.arrayContaining([...stored]), rest: false }]);
    expect(writes[0]?.leased).toHaveLength(2);
    await expect(claim('other')).resolves.toMatchObject({ deliveries: [] });
    await expect(at.store.deliveries.nextDueAt()).resolves.toBeUndefined();
    const settlements = stored.map(({ id }) => told(id));
    await expect(at.store.deliveries.settle(token, settlements, [])).resolves.toMatchObject({ lost: [] });
    await expect(at.store.logouts.progress(result.logout.id)).resolves.toMatchObject({ told: 2, trying: 0 });
  });

  it('leaves what must not be sent now: moot, without address, at an origin with a breaker', async () => {
    const clients = ['wiki', 'mail', 'chat', 'news'];
    const { uid } = await signIn(at.store, { clients });
    // Something must be owed there, or its breaker goes.
    const owed = await endedSession(at.store, ['news'], { at: NOW + HOUR });
    await shut(at.store, (await owed.of('news')).origin, NOW - MINUTE);
    const plans: Record<string, Partial<DeliveryPlan>> = { mail: { state: 'moot' }, chat: { state: 'cannot-be-told' } };
    const { writes } = await endFor('mine', { kind: 'session', uid }, ({ clientId }) => plans[clientId] ?? {});
    expect(writes.map(({ leased, rest }) => [leased.map(({ clientId }) => clientId), rest])).toEqual([
      [['wiki'], true],
    ]);
    const others = await claim('other');
    expect(others.deliveries.map(({ clientId }) => clientId)).toEqual(['news']);
    expect(others.breakers).toHaveLength(1);
  });

  it('is freed with all that its engine held when that is dead, and a late result is refused', async () => {
    const { uid } = await signIn(at.store, { clients: ['wiki'] });
    await at.store.deliveries.beat({ processId: 'dead', home: undefined }, NOW);
    const { token, writes } = await endFor('dead', { kind: 'session', uid });
    const { others } = await at.store.deliveries.beat({ processId: 'next', home: undefined }, NOW);
    expect(others.map(({ processId }) => processId)).toEqual(['dead']);
    const rescue = { processId: 'next', now: NOW, dead: ['dead'], expired: false };
    await expect(at.store.deliveries.rescue(rescue)).resolves.toBe(1);
    const [delivery] = writes[0]?.leased ?? [];
    const again = await claim('next');
    expect(again.deliveries).toEqual([delivery]);
    const late = await at.store.deliveries.settle(token, [told(delivery?.id ?? '')], []);
    expect(late.lost).toEqual([delivery?.id]);
  });

  it('is freed when its lease is over and nobody settled it', async () => {
    const { uid } = await signIn(at.store, { clients: ['wiki'] });
    const { leased } = await endLeasedForNoTime(uid);
    const rescue = { processId: 'next', now: NOW + MINUTE, dead: [], expired: true };
    await expect(at.store.deliveries.rescue(rescue)).resolves.toBe(1);
    expect((await claim('next')).deliveries.map(({ id }) => id)).toEqual(leased.map(({ id }) => id));
  });

  async function endLeasedForNoTime(uid: string): Promise<{ leased: readonly Delivery[] }> {
    const leased: Delivery[] = [];
    await at.store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), NOW, planAll(), {
      lease: { token: unique('lease'), processId: 'slow', leaseMs: 0, now: NOW },
      leasing: () => undefined,
      written: (some) => void leased.push(...some),
    });
    return { leased };
  }

  it('says when nothing was ended by saying nothing', async () => {
    const { leasing, writes, result } = await endFor('mine', { kind: 'session', uid: 'nobody' });
    expect(leasing).toEqual([]);
    expect(result).toEqual({ kind: 'nothing' });
    expect(writes).toEqual([]);
  });

  describe('of many apps', () => {
    /** More than three writes of either store after the first one. */
    const APPS = 800;
    const clients = Array.from({ length: APPS }, (_, index) => `app-${index}`);

    it('leases the first few in a short write, and tells of each further one', async () => {
      const { uid } = await signIn(at.store, { clients });
      const { writes, result } = await endFor('mine', { kind: 'session', uid });
      expect(result).toMatchObject({ kind: 'ended', logout: { walking: false, sessionsEnded: 1 } });
      const [first, ...others] = writes;
      expect(first?.leased.length).toBeGreaterThanOrEqual(10);
      expect(first?.leased.length).toBeLessThanOrEqual(64);
      expect(others.length).toBeGreaterThanOrEqual(3);
      expect(others.every(({ leased }) => leased.length === 0)).toBe(true);
      expect(others.filter(({ rest }) => rest).length).toBeGreaterThanOrEqual(3);
      const ids = new Set(first?.leased.map(({ id }) => id));
      const claimed = await claim('other');
      expect(claimed.deliveries.length).toBeGreaterThan(0);
      expect(claimed.deliveries.filter(({ id }) => ids.has(id))).toEqual([]);
      const { id } = (result as Extract<typeof result, { kind: 'ended' }>).logout;
      await expect(at.store.logouts.progress(id)).resolves.toMatchObject({ total: APPS, trying: APPS });
    }, 120_000);

    it('of an account: leases nothing that it does not say', async () => {
      const { id: accountId } = await newAccount(at.store);
      for (let n = 0; n < 3; n += 1) await signIn(at.store, { accountId, clients: ['wiki'] });
      const { writes, result } = await endFor('mine', { kind: 'account', accountId });
      if (result.kind !== 'ended') throw new Error('nothing was ended');
      const leased = writes.flatMap((write) => write.leased.map(({ id }) => id));
      const claimed = (await claim('other')).deliveries.map(({ id }) => id);
      expect([...leased, ...claimed].sort()).toHaveLength(3);
      expect(new Set([...leased, ...claimed]).size).toBe(3);
    });
  });

  it('leases what several sessions end in one write', async () => {
    const several = await Promise.all(Array.from({ length: 3 }, () => signIn(at.store, { clients: ['wiki', 'mail'] })));
    const ends = several.map(({ uid }) => ({ id: unique('logout'), uid, reason: 'idle' as const }));
    const { leasing, writes, watch } = watching('mine');
    const cause = { actor: { kind: 'system' }, keepsOffline: () => false } as const;
    let ended = 0;
    while (ended < ends.length) {
      ended += (await at.store.sessions.endSome(ends.slice(ended), cause, NOW, planAll(), watch)).length;
    }
    expect(leasing.flat()).toEqual(writes.flatMap(({ leased }) => leased));
    expect(writes.flatMap(({ leased }) => leased)).toHaveLength(6);
    expect(writes.some(({ rest }) => rest)).toBe(false);
    await expect(claim('other')).resolves.toMatchObject({ deliveries: [] });
  });

  describe('of a walk', () => {
    const keepsOffline = () => true;
    const toldOnce = (sessions: number) =>
      Array.from({ length: sessions }, () => signIn(at.store, { clients: ['wiki'] }));

    /** Everybody, by a walk: some of them by its first write, on SQLite. */
    async function beginWalk(plan = planAll()): Promise<string> {
      const id = unique('logout');
      const cause = aCause({ reason: 'everybody', keepsOffline, pace: 10 });
      await at.store.sessions.end(id, { kind: 'everybody' }, cause, NOW, plan);
      return id;
    }

    it('leases what its next write ends, from that moment on, however long ago it began', async () => {
      await Promise.all(toldOnce(40));
      const id = await beginWalk();
      const later = NOW + HOUR;
      const { token, leasing, writes, watch } = watching('mine', later);
      const next = { keepsOffline, plan: planAll(), sessionsMax: 3, watch };
      await expect(at.store.sessions.continueEnd(id, next)).resolves.toBe('more');
      expect(writes.map(({ leased, rest }) => [leased.length, rest])).toEqual([[3, false]]);
      expect(leasing.flat()).toEqual(writes.flatMap(({ leased }) => leased));
      const mine = (writes[0]?.leased ?? []).map((one) => one.id);
      const rescue = { processId: 'other', now: later, dead: [], expired: true };
      await expect(at.store.deliveries.rescue(rescue)).resolves.toBe(0);
      const claimed = (await claim('other')).deliveries.map((one) => one.id);
      expect(claimed.filter((one) => mine.includes(one))).toEqual([]);
      await expect(
        at.store.deliveries.settle(
          token,
          mine.map((one) => told(one)),
          [],
        ),
      ).resolves.toMatchObject({ lost: [] });
    });

    it('leases no more than an engine begins with at once', async () => {
      for (let n = 0; n < 60; n += 1) await signIn(at.store, { clients: ['wiki', 'mail', 'chat'] });
      const id = await beginWalk();
      const { writes, watch } = watching('mine');
      await at.store.sessions.continueEnd(id, { keepsOffline, plan: planAll(), watch });
      expect(writes.map(({ leased, rest }) => [leased.length, rest])).toEqual([[64, true]]);
    });

    it('leases nothing that is about all of a person: an earlier write may have made it', async () => {
      const { id: accountId } = await newAccount(at.store);
      for (let n = 0; n < 40; n += 1) await signIn(at.store, { accountId, clients: ['wiki'] });
      const plan = planAll(() => ({ merged: true }));
      const id = await beginWalk(plan);
      const { writes, watch } = watching('mine');
      while ((await at.store.sessions.continueEnd(id, { keepsOffline, plan, sessionsMax: 3, watch })) === 'more');
      expect(writes.flatMap(({ leased }) => leased)).toEqual([]);
      expect((await claim('other')).deliveries).toHaveLength(1);
    });
  });
}
