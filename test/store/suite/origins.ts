import { describe, expect, it } from '@jest/globals';
import { aClaim, anAttempt, DAY, HOUR, MINUTE, T0, told } from '../../support/builders.ts';
import { endedSession, shut } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

/** Origins that fail: shut, due for a probe, probed, well again. */
export function originsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;
  const ORIGIN = 'https://sick.test';
  const clientsOf = (claim: { deliveries: readonly { clientId: string }[] }) =>
    claim.deliveries.map((delivery) => delivery.clientId);
  const claimAt = async (now: number, processId = 'engine') =>
    clientsOf(await at.store.deliveries.claim(aClaim({ now, processId })));
  const putBack = (deliveryId: string, nextAttemptAt: number) =>
    ({ deliveryId, kind: 'put-back', nextAttemptAt }) as const;

  describe('a sick origin', () => {
    it('gets nothing while it is shut, and all others do', async () => {
      await endedSession(at.store, ['sick', 'sick', 'healthy']);
      await shut(at.store, ORIGIN, NOW + MINUTE);
      const claim = await at.store.deliveries.claim(aClaim({ now: NOW }));
      expect(clientsOf(claim)).toEqual(['healthy']);
      expect(claim.breakers).toEqual([]);
      const breaker = { origin: ORIGIN, failures: 3, shutUntil: NOW + MINUTE, shutMs: MINUTE };
      await expect(at.store.deliveries.breaker(ORIGIN)).resolves.toEqual(breaker);
      await expect(at.store.deliveries.breaker('https://healthy.test')).resolves.toBeUndefined();
      await expect(at.store.deliveries.nextDueAt()).resolves.toBe(NOW + MINUTE);
    });

    it('gets one as a probe when its time is over, and no second while that one is under way', async () => {
      await endedSession(at.store, ['sick', 'sick', 'sick']);
      await shut(at.store, ORIGIN, NOW);
      const probe = await at.store.deliveries.claim(aClaim({ now: NOW, leaseMs: 5_000 }));
      expect(clientsOf(probe)).toEqual(['sick']);
      expect(probe.breakers).toEqual([{ origin: ORIGIN, failures: 3, shutUntil: NOW, shutMs: MINUTE }]);
      await expect(claimAt(NOW + DAY)).resolves.toEqual([]);
      await expect(at.store.deliveries.nextDueAt()).resolves.toBeUndefined();
    });

    it.each([
      ['put back', (id: string) => putBack(id, NOW)],
      ['made', (id: string) => told(id)],
    ])('a probe that was %s ends with its settlement: the next may go', async (_, settlement) => {
      await endedSession(at.store, ['sick', 'sick']);
      await shut(at.store, ORIGIN, NOW);
      const { token, deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW }));
      await at.store.deliveries.settle(token, [settlement(deliveries[0]?.id ?? '')], []);
      await expect(at.store.deliveries.nextDueAt()).resolves.toBeLessThanOrEqual(NOW);
      await expect(claimAt(NOW)).resolves.toEqual(['sick']);
    });

    it('a probe is not a closed door: the one of a dead process is free with its rescue', async () => {
      await endedSession(at.store, ['sick', 'sick']);
      await shut(at.store, ORIGIN, NOW);
      await expect(claimAt(NOW, 'dead')).resolves.toEqual(['sick']);
      await expect(claimAt(NOW)).resolves.toEqual([]);
      await at.store.deliveries.rescue({ processId: 'engine', now: NOW, dead: ['dead'], expired: false });
      await expect(claimAt(NOW)).resolves.toEqual(['sick']);
    });

    it('a probe is not a closed door: a retry by hand is tried at once, one of them', async () => {
      const { logoutId } = await endedSession(at.store, ['sick', 'sick', 'sick']);
      await shut(at.store, ORIGIN, NOW + HOUR);
      await expect(claimAt(NOW)).resolves.toEqual([]);
      await expect(at.store.deliveries.retry({ logoutId }, NOW, NOW + DAY)).resolves.toBe(3);
      await expect(at.store.deliveries.nextDueAt()).resolves.toBe(NOW);
      const probe = await at.store.deliveries.claim(aClaim({ now: NOW }));
      expect(clientsOf(probe)).toEqual(['sick']);
      expect(probe.breakers).toMatchObject([{ failures: 3, shutMs: MINUTE }]);
    });

    it('gets all again once it is healthy', async () => {
      await endedSession(at.store, ['sick', 'sick', 'sick']);
      await shut(at.store, ORIGIN, NOW);
      const probe = await at.store.deliveries.claim(aClaim({ now: NOW }));
      const settlements = probe.deliveries.map((delivery) => told(delivery.id));
      await at.store.deliveries.settle(probe.token, settlements, [{ kind: 'healthy', origin: ORIGIN }]);
      const rest = await at.store.deliveries.claim(aClaim({ now: NOW }));
      expect(clientsOf(rest)).toEqual(['sick', 'sick']);
      expect(rest.breakers).toEqual([]);
    });

    it('gets one probe of two connections that claim at once', async () => {
      await endedSession(at.store, ['sick', 'sick', 'sick']);
      await shut(at.store, ORIGIN, NOW);
      const another = await at.place.open();
      const claims = await Promise.all(
        [at.store, another].map((store) => store.deliveries.claim(aClaim({ now: NOW }))),
      );
      expect(claims.flatMap(clientsOf)).toEqual(['sick']);
    });

    it('is left as another engine probes it, by one that fails there late', async () => {
      await endedSession(at.store, ['sick', 'sick']);
      await shut(at.store, ORIGIN, NOW);
      await expect(claimAt(NOW, 'another')).resolves.toEqual(['sick']);
      await shut(at.store, ORIGIN, NOW);
      await expect(claimAt(NOW)).resolves.toEqual([]);
    });

    it.each([
      'told',
      'refused',
      'given-up',
      'moot',
    ] as const)('dead apps must not stop the living: is forgotten when its last delivery is %s', async (kind) => {
      const { of } = await endedSession(at.store, ['sick', 'sick'], { plan: () => ({ origin: ORIGIN }) });
      await shut(at.store, ORIGIN, NOW);
      const first = await at.store.deliveries.claim(aClaim({ now: NOW }));
      await at.store.deliveries.settle(first.token, [{ deliveryId: first.deliveries[0]?.id ?? '', kind }], []);
      const second = await at.store.deliveries.claim(aClaim({ now: NOW }));
      expect(second.breakers).toHaveLength(1);
      await at.store.deliveries.settle(second.token, [{ deliveryId: second.deliveries[0]?.id ?? '', kind }], []);
      await expect(of('sick')).resolves.toMatchObject({ state: kind });
      await endedSession(at.store, ['sick', 'sick'], { plan: () => ({ origin: ORIGIN }) });
      await expect(claimAt(NOW)).resolves.toEqual(['sick', 'sick']);
    });

    it('dead apps must not stop the living: forty that have nothing due hide no probe of a later one', async () => {
      const clients = Array.from({ length: 40 }, (_, n) => `dead-${n}`);
      await endedSession(at.store, clients, { at: NOW + DAY });
      for (const client of clients) await shut(at.store, `https://${client}.test`, NOW - HOUR);
      await endedSession(at.store, ['sick'], { at: NOW });
      await shut(at.store, ORIGIN, NOW);
      await expect(claimAt(NOW)).resolves.toEqual(['sick']);
    });

    it('is not remembered where nothing is owed to it', async () => {
      await shut(at.store, ORIGIN, NOW + MINUTE);
      await endedSession(at.store, ['sick'], { at: NOW });
      await expect(claimAt(NOW)).resolves.toEqual(['sick']);
    });
  });

  describe('what is past its deadline', () => {
    const deadlines: Record<string, number> = { sick: NOW - 1, patient: NOW + 1 };
    const plan = ({ clientId }: { clientId: string }) => ({
      origin: clientId === 'healthy' ? 'https://healthy.test' : ORIGIN,
      deadline: { at: deadlines[clientId] ?? NOW, becomes: 'given-up' as const },
    });
    const overdueAt = (now: number) => at.store.deliveries.claimOverdue(aClaim({ now }));

    it('at a shut origin is handed out all together, to be settled without an attempt', async () => {
      const { of, logoutId } = await endedSession(at.store, ['sick', 'due', 'patient', 'healthy'], { at: NOW, plan });
      await shut(at.store, ORIGIN, NOW + MINUTE);
      const overdue = await overdueAt(NOW);
      expect(clientsOf(overdue).toSorted()).toEqual(['due', 'sick']);
      expect(overdue.breakers).toEqual([]);
      await expect(overdueAt(NOW)).resolves.toMatchObject({ deliveries: [] });
      const settlements = overdue.deliveries.map(({ id }) => ({ deliveryId: id, kind: 'given-up' as const }));
      const settled = await at.store.deliveries.settle(overdue.token, settlements, []);
      expect(settled).toEqual({ lost: [], logoutIds: [logoutId] });
      await expect(of('due')).resolves.toMatchObject({ state: 'given-up', attempts: 0 });
    });

    it('is found while a probe is under way', async () => {
      await endedSession(at.store, ['sick', 'due'], { at: NOW - 1, plan });
      await shut(at.store, ORIGIN, NOW);
      await expect(claimAt(NOW)).resolves.toHaveLength(1);
      await expect(overdueAt(NOW)).resolves.toMatchObject({ deliveries: [{ origin: ORIGIN }] });
    });

    it('waits for its last attempt where the origin is healthy, and for a minute where a probe is due', async () => {
      await endedSession(at.store, ['sick', 'healthy'], { at: NOW, plan });
      await expect(overdueAt(NOW)).resolves.toMatchObject({ deliveries: [] });
      await shut(at.store, ORIGIN, NOW);
      await expect(overdueAt(NOW)).resolves.toMatchObject({ deliveries: [] });
      expect(clientsOf(await overdueAt(NOW + MINUTE))).toEqual(['sick']);
    });

    it('is not taken from an engine that is at it, and no more than asked for', async () => {
      await endedSession(at.store, ['sick', 'due'], { at: NOW, plan });
      const held = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1 }));
      await shut(at.store, ORIGIN, NOW + MINUTE);
      const overdue = await overdueAt(NOW);
      expect(overdue.deliveries).toHaveLength(1);
      expect(overdue.deliveries[0]?.id).not.toBe(held.deliveries[0]?.id);
      await endedSession(at.store, ['sick', 'due'], { at: NOW, plan });
      const one = await at.store.deliveries.claimOverdue(aClaim({ now: NOW, limit: 1 }));
      expect(one.deliveries).toHaveLength(1);
      expect(one.more).toBe(true);
    });
  });

  describe('an app that is back', () => {
    /** Deliveries of one app that were tried and wait for a day, one of them because the app refused it. */
    async function waiting(): Promise<void> {
      await endedSession(at.store, ['sick', 'sick', 'sick', 'other']);
      const { token, deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW }));
      const attempt = anAttempt({ verdict: 'retry', status: 503 });
      const settlements = deliveries.map(({ id: deliveryId }, n) => {
        const refusal = n === 0;
        return { deliveryId, kind: 'again', attempt, nextAttemptAt: NOW + DAY, backoffMs: HOUR, refusal } as const;
      });
      await at.store.deliveries.settle(token, settlements, []);
    }

    it('is told all that waits for it, but what it refused, in slices', async () => {
      await waiting();
      const { bringForward } = at.store.deliveries;
      await expect(bringForward(ORIGIN, NOW, 1)).resolves.toBe(1);
      await expect(claimAt(NOW)).resolves.toEqual(['sick']);
      await bringForward(ORIGIN, NOW, 5);
      await expect(bringForward(ORIGIN, NOW, 5)).resolves.toBe(0);
    });

    it('waits where it failed again meanwhile', async () => {
      await waiting();
      await shut(at.store, ORIGIN, NOW);
      await expect(at.store.deliveries.bringForward(ORIGIN, NOW, 5)).resolves.toBe(0);
      await expect(at.store.deliveries.nextDueAt()).resolves.toBe(NOW + DAY);
    });
  });
}
