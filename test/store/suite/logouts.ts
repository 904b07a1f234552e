import { expect, it } from '@jest/globals';
import { aCause, aClaim, anAttempt, HOUR, MINUTE, planAll, signIn, T0, told, unique } from '../../support/builders.ts';
import { endedSession, shut } from './deliveries-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function logoutsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const NOW = T0 + HOUR;

  it('finds a logout by id and by its link, until the receipt is closed', async () => {
    const { uid } = await signIn(at.store);
    const receipt = { linkHash: unique('link') };
    const id = unique('logout');
    await at.store.sessions.end(id, { kind: 'session', uid }, aCause({ receipt }), NOW, planAll());
    await expect(at.store.logouts.findByLink(receipt.linkHash)).resolves.toMatchObject({ id });
    await at.store.logouts.closeReceipt(receipt.linkHash);
    await expect(at.store.logouts.findByLink(receipt.linkHash)).resolves.toBeUndefined();
    await expect(at.store.logouts.find(id)).resolves.toMatchObject({ id });
    await at.store.logouts.closeReceipt(receipt.linkHash);
    await expect(at.store.logouts.find('nobody')).resolves.toBeUndefined();
    await expect(at.store.logouts.findByLink('nobody')).resolves.toBeUndefined();
  });

  it('lists newest first, page by page, of everybody and of one account', async () => {
    const ids: string[] = [];
    const { accountId } = await signIn(at.store);
    for (const [minute, account] of [
      [0, accountId],
      [1, undefined],
      [1, accountId],
      [2, accountId],
    ] as const) {
      const { uid } = await signIn(at.store, account === undefined ? {} : { accountId: account });
      const id = unique('logout');
      await at.store.sessions.end(id, { kind: 'session', uid }, aCause(), NOW + minute * MINUTE, planAll());
      ids.push(id);
    }
    const seen: string[] = [];
    for (;;) {
      const after = seen.at(-1);
      const page = await at.store.logouts.list({}, { limit: 1, ...(after !== undefined && { after }) });
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
    }
    expect([seen[0], seen[3], new Set(seen).size]).toEqual([ids[3], ids[0], 4]);
    const of = async (filter: Parameters<typeof at.store.logouts.list>[0], page = { limit: 10 }) =>
      (await at.store.logouts.list(filter, page)).map(({ id }) => id);
    await expect(of({ accountId })).resolves.toEqual([ids[3], ids[2], ids[0]]);
    await expect(of({ accountId }, { limit: 2, after: ids[3] } as never)).resolves.toEqual([ids[2], ids[0]]);
    await expect(of({ accountId, until: NOW + 2 * MINUTE })).resolves.toEqual([ids[2], ids[0]]);
    await expect(of({ until: NOW + MINUTE })).resolves.toEqual([ids[0]]);
  });

  it('counts as untried what somebody will try now: shut origins and those with another probe hold nobody', async () => {
    const earlier = await endedSession(at.store, ['probed'], { at: NOW - MINUTE });
    await shut(at.store, 'https://probed.test', NOW - 1);
    const { logoutId } = await endedSession(at.store, ['dead', 'probed', 'once-failed', 'healthy'], { at: NOW });
    await expect(at.store.logouts.progress(logoutId)).resolves.toMatchObject({ trying: 4, untried: 4 });
    await shut(at.store, 'https://dead.test', NOW + MINUTE);
    const breaker = { origin: 'https://once-failed.test', failures: 1, shutUntil: 0, shutMs: 0 };
    await at.store.deliveries.settle('nobody', [], [{ kind: 'failing', breaker }]);
    await expect(at.store.logouts.progress(logoutId)).resolves.toMatchObject({ trying: 4, untried: 3 });
    const claim = await at.store.deliveries.claim(aClaim({ now: NOW }));
    expect(claim.deliveries.map(({ logoutId: id, clientId }) => [id, clientId])).toContainEqual([
      earlier.logoutId,
      'probed',
    ]);
    await expect(at.store.logouts.progress(logoutId)).resolves.toMatchObject({ trying: 4, untried: 2 });
    await expect(at.store.logouts.progress(earlier.logoutId)).resolves.toMatchObject({ untried: 1 });
  });

  it('counts what became of each delivery', async () => {
    const clients = ['told', 'refused', 'gives-up', 'mute', 'moot', 'tried', 'untried'];
    const { logoutId, of } = await endedSession(at.store, clients, {
      plan: ({ clientId }) => ({
        state: clientId === 'mute' ? 'cannot-be-told' : clientId === 'moot' ? 'moot' : 'trying',
      }),
    });
    await expect(at.store.logouts.progress(logoutId)).resolves.toMatchObject({ total: 7, trying: 5, untried: 5 });
    const { token } = await at.store.deliveries.claim(aClaim({ now: NOW }));
    const idOf = async (clientId: string) => (await of(clientId)).id;
    await at.store.deliveries.settle(
      token,
      [
        told(await idOf('told')),
        { deliveryId: await idOf('refused'), kind: 'refused', attempt: anAttempt({ verdict: 'refused', status: 400 }) },
        { deliveryId: await idOf('gives-up'), kind: 'given-up' },
        {
          deliveryId: await idOf('tried'),
          kind: 'again',
          attempt: anAttempt({ verdict: 'retry', status: 503 }),
          nextAttemptAt: NOW + MINUTE,
          backoffMs: MINUTE,
          refusal: false,
        },
      ],
      [],
    );
    await expect(at.store.logouts.progress(logoutId)).resolves.toEqual({
      total: 7,
      told: 1,
      trying: 2,
      untried: 1,
      refused: 1,
      givenUp: 1,
      moot: 1,
      cannotBeTold: 1,
      askedBrowser: 0,
      notAskedFor: 0,
    });
  });

  it('knows nothing of a logout that is not there', async () => {
    const nothing = {
      total: 0,
      told: 0,
      trying: 0,
      untried: 0,
      refused: 0,
      givenUp: 0,
      moot: 0,
      cannotBeTold: 0,
      askedBrowser: 0,
      notAskedFor: 0,
    };
    await expect(at.store.logouts.progress('nobody')).resolves.toEqual(nothing);
    await expect(at.store.logouts.apps('nobody')).resolves.toEqual([]);
  });

  it('shows one row an app: its worst state, and of that the one attempted last', async () => {
    const { logoutId } = await endedSession(at.store, ['wiki', 'wiki', 'wiki', 'mail'], {
      plan: ({ clientId }) => (clientId === 'mail' ? { state: 'cannot-be-told', origin: '' } : {}),
    });
    const claim = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 3 }));
    const [first, second, third] = claim.deliveries;
    const refusedAt = (deliveryId = '', status = 0, instant = 0) =>
      ({ deliveryId, kind: 'refused', attempt: anAttempt({ verdict: 'refused', status, at: instant }) }) as const;
    const settlements = [
      told(first?.id ?? '', { at: NOW + 9 }),
      refusedAt(second?.id, 400, NOW + 7),
      refusedAt(third?.id, 404, NOW + 8),
    ];
    await at.store.deliveries.settle(claim.token, settlements, []);
    await expect(at.store.logouts.apps(logoutId)).resolves.toEqual([
      {
        clientId: 'mail',
        state: 'cannot-be-told',
        sessions: 1,
        attempts: 0,
        lastAttemptAt: undefined,
        lastStatus: undefined,
        nextAttemptAt: undefined,
      },
      {
        clientId: 'wiki',
        state: 'refused',
        sessions: 3,
        attempts: 1,
        lastAttemptAt: NOW + 8,
        lastStatus: 404,
        nextAttemptAt: undefined,
      },
    ]);
  });

  it('prefers the state that needs somebody over the one that is well', async () => {
    const { logoutId } = await endedSession(at.store, ['wiki', 'wiki']);
    const claim = await at.store.deliveries.claim(aClaim({ now: NOW, limit: 1 }));
    await at.store.deliveries.settle(claim.token, [told(claim.deliveries[0]?.id ?? '')], []);
    await expect(at.store.logouts.apps(logoutId)).resolves.toMatchObject([
      { clientId: 'wiki', state: 'trying', sessions: 2, attempts: 0, nextAttemptAt: NOW },
    ]);
  });
}
