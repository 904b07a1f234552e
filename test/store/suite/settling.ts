import { expect, it } from '@jest/globals';
import type { Settlement } from '../../../src/deliveries/delivery.ts';
import { aClaim, anAttempt, HOUR, MINUTE, T0, told } from '../../support/builders.ts';
import { endedSession } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function settlingSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;

  /** One claimed delivery, of an app that nobody else is told. */
  async function claimed() {
    const { logoutId, of } = await endedSession(at.store, ['wiki']);
    const { token } = await at.store.deliveries.claim(aClaim({ now: NOW }));
    return { logoutId, token, id: (await of('wiki')).id };
  }

  const settle = (token: string, ...settlements: readonly Settlement[]) =>
    at.store.deliveries.settle(token, settlements, []);

  it('records that an app was told, with the attempt', async () => {
    const { logoutId, token, id } = await claimed();
    const attempt = anAttempt({ at: NOW + 1, status: 204, answer: '{}' });
    await expect(settle(token, { deliveryId: id, kind: 'told', attempt })).resolves.toEqual({
      lost: [],
      logoutIds: [logoutId],
    });
    await expect(at.store.deliveries.find(id)).resolves.toMatchObject({
      state: 'told',
      attempts: 1,
      lastAttemptAt: NOW + 1,
      lastStatus: 204,
      lastError: undefined,
      nextAttemptAt: undefined,
    });
    await expect(at.store.deliveries.attempts(id)).resolves.toEqual([attempt]);
    await expect(at.store.deliveries.nextDueAt()).resolves.toBeUndefined();
  });

  it('records a failure and when to try again', async () => {
    const { token, id, logoutId } = await claimed();
    const attempt = anAttempt({ at: NOW + 1, verdict: 'retry', status: undefined, error: 'connection refused' });
    const again = { deliveryId: id, kind: 'again', attempt, nextAttemptAt: NOW + MINUTE, backoffMs: 900 } as const;
    await expect(settle(token, { ...again, refusal: false })).resolves.toEqual({ lost: [], logoutIds: [logoutId] });
    await expect(at.store.deliveries.find(id)).resolves.toMatchObject({
      state: 'trying',
      attempts: 1,
      refusals: 0,
      backoffMs: 900,
      nextAttemptAt: NOW + MINUTE,
      lastStatus: undefined,
      lastError: 'connection refused',
    });
    await expect(at.store.deliveries.nextDueAt()).resolves.toBe(NOW + MINUTE);
    await expect(at.store.deliveries.claim(aClaim({ now: NOW + MINUTE - 1 }))).resolves.toMatchObject({
      deliveries: [],
    });
    const next = await at.store.deliveries.claim(aClaim({ now: NOW + MINUTE }));
    await settle(next.token, { ...again, attempt: anAttempt({ verdict: 'refused', status: 400 }), refusal: true });
    await expect(at.store.deliveries.find(id)).resolves.toMatchObject({ attempts: 2, refusals: 1, lastStatus: 400 });
    const attempts = await at.store.deliveries.attempts(id);
    expect(attempts.map((each) => each.verdict)).toEqual(['retry', 'refused']);
  });

  it('puts back as if nothing had been claimed', async () => {
    const { token, id } = await claimed();
    const before = await at.store.deliveries.find(id);
    const putBack = { deliveryId: id, kind: 'put-back', nextAttemptAt: NOW + 1 } as const;
    await expect(settle(token, putBack)).resolves.toEqual({ lost: [], logoutIds: [] });
    await expect(at.store.deliveries.find(id)).resolves.toEqual({ ...before, nextAttemptAt: NOW + 1 });
    const again = await at.store.deliveries.claim(aClaim({ now: NOW + 1 }));
    expect(again.deliveries).toHaveLength(1);
  });

  it.each([
    'refused',
    'given-up',
    'moot',
  ] as const)('lets a delivery be %s, with or without a last attempt', async (kind) => {
    const { of } = await endedSession(at.store, ['wiki', 'mail']);
    const { token } = await at.store.deliveries.claim(aClaim({ now: NOW }));
    const [wiki, mail] = [await of('wiki'), await of('mail')];
    const attempt = anAttempt({ verdict: 'refused', status: 410, error: 'gone' });
    await settle(token, { deliveryId: wiki.id, kind, attempt }, { deliveryId: mail.id, kind });
    await expect(of('wiki')).resolves.toMatchObject({ state: kind, attempts: 1, lastStatus: 410, lastError: 'gone' });
    await expect(of('mail')).resolves.toMatchObject({ state: kind, attempts: 0, lastStatus: undefined });
  });

  it('leaves alone what another engine has taken over, and says so', async () => {
    const { token, id } = await claimed();
    await at.store.deliveries.rescue({ processId: 'another', now: NOW, dead: ['engine'], expired: false });
    const { token: newer } = await at.store.deliveries.claim(aClaim({ now: NOW, processId: 'another' }));
    await expect(settle(token, told(id))).resolves.toEqual({ lost: [id], logoutIds: [] });
    await expect(at.store.deliveries.find(id)).resolves.toMatchObject({ state: 'trying', attempts: 0 });
    await expect(at.store.deliveries.attempts(id)).resolves.toEqual([]);
    await expect(settle(newer, told(id))).resolves.toMatchObject({ lost: [] });
    await expect(settle(newer, told(id))).resolves.toMatchObject({ lost: [id] });
    await expect(at.store.deliveries.attempts(id)).resolves.toHaveLength(1);
  });

  it('settles the rest of a batch of which one was lost', async () => {
    const { of } = await endedSession(at.store, ['wiki', 'mail']);
    const { token } = await at.store.deliveries.claim(aClaim({ now: NOW }));
    const wiki = await of('wiki');
    await expect(settle(token, told(wiki.id), told('nobody'))).resolves.toMatchObject({ lost: ['nobody'] });
    await expect(of('wiki')).resolves.toMatchObject({ state: 'told' });
  });

  it('names each logout that moved once', async () => {
    const { logoutId } = await endedSession(at.store, ['wiki', 'mail']);
    const { token, deliveries } = await at.store.deliveries.claim(aClaim({ now: NOW }));
    const settled = await settle(token, ...deliveries.map((delivery) => told(delivery.id)));
    expect(settled.logoutIds).toEqual([logoutId]);
  });
}
