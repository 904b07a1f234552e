import { describe, expect, it } from '@jest/globals';
import { aClaim, anAttempt, HOUR, MINUTE, T0, told } from '../../support/builders.ts';
import { startChild } from './child.ts';
import { endedSession } from './deliveries-fixture.ts';
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
    expect(first).toMatchObject({ until: NOW + MINUTE, breakers: [] });
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
    await expect(at.store.deliveries.nextDueAt(NOW)).resolves.toBeUndefined();
  });

  it('takes again what was not settled within the lease', async () => {
    const { of } = await endedSession(at.store, ['wiki']);
    const { id } = await of('wiki');
    const claim = await at.store.deliveries.claim(aClaim({ now: NOW, leaseMs: MINUTE }));
    expect(claim.deliveries.map((delivery) => delivery.id)).toEqual([id]);
    await expect(at.store.deliveries.nextDueAt(NOW)).resolves.toBe(NOW + MINUTE);
    const early = await at.store.deliveries.claim(aClaim({ now: NOW + MINUTE - 1 }));
    expect(early.deliveries).toEqual([]);
    const late = await at.store.deliveries.claim(aClaim({ now: NOW + MINUTE }));
    expect(late.deliveries.map((delivery) => delivery.id)).toEqual([id]);
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
    expect(clientsOf(some)).toEqual(['slow', 'slow']);
    expect(some.more).toBe(true);
    const except = { exceptOrigins: ['https://slow.test'] };
    const rest = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 5, perOrigin: 2, ...except }));
    expect(clientsOf(rest)).toEqual(['quick']);
    expect(rest.more).toBe(false);
  });

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

  describe('from a sick origin', () => {
    const origin = 'https://sick.test';
    const sick = { origin, failures: 3, openUntil: NOW + MINUTE, openMs: MINUTE };

    async function sicken(): Promise<void> {
      await at.store.deliveries.settle('nobody', [], [sick], NOW);
    }

    it('takes nothing while its breaker is open, and all else', async () => {
      await endedSession(at.store, ['sick', 'sick', 'healthy']);
      await sicken();
      const claim = await at.store.deliveries.claim(aClaim({ now: NOW }));
      expect(clientsOf(claim)).toEqual(['healthy']);
      expect(claim.breakers).toEqual([]);
      await expect(at.store.deliveries.nextDueAt(NOW)).resolves.toBe(NOW + MINUTE);
    });

    it('takes one as a probe when the time is over, and no second within its lease', async () => {
      await endedSession(at.store, ['sick', 'sick', 'sick']);
      await sicken();
      const now = NOW + MINUTE;
      const probe = await at.store.deliveries.claim(aClaim({ now, leaseMs: 5_000 }));
      expect(clientsOf(probe)).toEqual(['sick']);
      expect(probe.breakers).toEqual([{ ...sick, openUntil: now + 5_000 }]);
      await expect(at.store.deliveries.claim(aClaim({ now: now + 4_999 }))).resolves.toMatchObject({ deliveries: [] });
      await expect(at.store.deliveries.nextDueAt(now)).resolves.toBe(now + 5_000);
      const next = await at.store.deliveries.claim(aClaim({ now: now + 5_000 }));
      expect(clientsOf(next)).toEqual(['sick']);
    });

    it('takes all again once the breaker is gone', async () => {
      await endedSession(at.store, ['sick', 'sick', 'sick']);
      await sicken();
      const probe = await at.store.deliveries.claim(aClaim({ now: NOW + MINUTE }));
      const settlements = probe.deliveries.map((delivery) => told(delivery.id));
      const healthy = { ...sick, failures: 0 };
      await at.store.deliveries.settle(probe.token, settlements, [healthy], NOW + MINUTE);
      await expect(at.store.deliveries.nextDueAt(NOW + MINUTE)).resolves.toBeLessThanOrEqual(NOW + MINUTE);
      const rest = await at.store.deliveries.claim(aClaim({ now: NOW + MINUTE }));
      expect(clientsOf(rest)).toEqual(['sick', 'sick']);
      expect(rest.breakers).toEqual([]);
    });

    it('sends no two probes when two connections claim at once', async () => {
      await endedSession(at.store, ['sick', 'sick', 'sick']);
      await sicken();
      const another = await at.place.open();
      const now = NOW + MINUTE;
      const claims = await Promise.all(
        [at.store, another].map((store) => store.deliveries.claim(aClaim({ now, leaseMs: 5_000 }))),
      );
      expect(claims.flatMap(clientsOf)).toEqual(['sick']);
    });

    it('makes nobody wait for a breaker without deliveries', async () => {
      await sicken();
      await expect(at.store.deliveries.nextDueAt(NOW)).resolves.toBeUndefined();
    });
  });

  describe('what is past its deadline', () => {
    const deadlines: Record<string, number> = { sick: NOW - 1, patient: NOW + 1 };
    const plan = ({ clientId }: { clientId: string }) => ({
      origin: clientId === 'healthy' ? 'https://healthy.test' : 'https://sick.test',
      deadline: { at: deadlines[clientId] ?? NOW, becomes: 'given-up' as const },
    });
    const sick = { origin: 'https://sick.test', failures: 3, openUntil: NOW + MINUTE, openMs: MINUTE };

    it('at a sick origin is handed out all together, to be settled without an attempt', async () => {
      const { of, logoutId } = await endedSession(at.store, ['sick', 'due', 'patient', 'healthy'], { at: NOW, plan });
      await at.store.deliveries.settle('nobody', [], [sick], NOW);
      const overdue = await at.store.deliveries.claimOverdue(aClaim({ now: NOW }));
      expect(clientsOf(overdue).toSorted()).toEqual(['due', 'sick']);
      expect(overdue.breakers).toEqual([]);
      await expect(at.store.deliveries.claimOverdue(aClaim({ now: NOW }))).resolves.toMatchObject({ deliveries: [] });
      const settlements = overdue.deliveries.map(({ id }) => ({ deliveryId: id, kind: 'given-up' as const }));
      const settled = await at.store.deliveries.settle(overdue.token, settlements, [], NOW);
      expect(settled).toEqual({ lost: [], logoutIds: [logoutId] });
      await expect(of('due')).resolves.toMatchObject({ state: 'given-up', attempts: 0 });
    });

    it('waits for its last attempt where the origin is not sick, or its probe is due', async () => {
      await endedSession(at.store, ['sick', 'healthy'], { at: NOW, plan });
      await expect(at.store.deliveries.claimOverdue(aClaim({ now: NOW }))).resolves.toMatchObject({ deliveries: [] });
      await at.store.deliveries.settle('nobody', [], [{ ...sick, openUntil: NOW }], NOW);
      await expect(at.store.deliveries.claimOverdue(aClaim({ now: NOW }))).resolves.toMatchObject({ deliveries: [] });
    });

    it('is not taken from an engine that is at it, and no more than asked for', async () => {
      await endedSession(at.store, ['sick', 'due'], { at: NOW, plan });
      const held = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1 }));
      await at.store.deliveries.settle('nobody', [], [sick], NOW);
      const overdue = await at.store.deliveries.claimOverdue(aClaim({ now: NOW }));
      expect(overdue.deliveries).toHaveLength(1);
      expect(overdue.deliveries[0]?.id).not.toBe(held.deliveries[0]?.id);
      await endedSession(at.store, ['sick', 'due'], { at: NOW, plan });
      const one = await at.store.deliveries.claimOverdue(aClaim({ now: NOW, limit: 1 }));
      expect(one.deliveries).toHaveLength(1);
    });
  });

  describe('rescue', () => {
    it('frees at once what a process without a heartbeat holds, and fences it off', async () => {
      await endedSession(at.store, ['wiki', 'mail']);
      const dead = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1, processId: 'dead' }));
      await at.store.deliveries.heartbeat('dead', NOW - MINUTE);
      await at.store.deliveries.heartbeat('alive', NOW);
      const alive = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1, processId: 'alive' }));
      await expect(at.store.deliveries.rescue(NOW - 5_000)).resolves.toBe(1);
      await expect(at.store.deliveries.rescue(NOW - 5_000)).resolves.toBe(0);
      const again = await at.store.deliveries.claim(aClaim({ now: NOW, processId: 'alive' }));
      expect(clientsOf(again)).toEqual(clientsOf(dead));
      const late = dead.deliveries.map((delivery) => told(delivery.id));
      await expect(at.store.deliveries.settle(dead.token, late, [], NOW)).resolves.toEqual({
        lost: late.map((settlement) => settlement.deliveryId),
        logoutIds: [],
      });
      const kept = alive.deliveries.map((delivery) => told(delivery.id, anAttempt()));
      await expect(at.store.deliveries.settle(alive.token, kept, [], NOW)).resolves.toMatchObject({ lost: [] });
    });

    it('frees what a process holds that never had a heartbeat', async () => {
      await endedSession(at.store, ['wiki']);
      await at.store.deliveries.claim(aClaim({ now: NOW, processId: 'command' }));
      await expect(at.store.deliveries.rescue(NOW)).resolves.toBe(1);
      await expect(at.store.deliveries.nextDueAt(NOW)).resolves.toBe(NOW);
    });
  });
}
