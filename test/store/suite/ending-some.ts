import { expect, it } from '@jest/globals';
import type { EndResult } from '../../../src/logout/logout.ts';
import { planAll, signIn } from '../../support/builders.ts';
import { ENDED_AT, endings, sids } from './ending-fixture.ts';
import { freshStore, type MakePlace } from './fixture.ts';

/** Several sessions in one write, as the sweep ends them. */
export function endingSomeSuite(make: MakePlace): void {
  const at = freshStore(make);
  const { told, isLive, tokenOf, end } = endings(at);

  const endSome = (uids: readonly string[], keepsOffline = (_clientId: string) => false) =>
    at.store.sessions.endSome(
      uids.map((uid) => ({ id: `logout-of-${uid}`, uid, reason: 'idle' })),
      { actor: { kind: 'system' }, keepsOffline },
      ENDED_AT,
      planAll(),
    );

  /** To the last one, in as many writes as it takes. */
  async function endAll(uids: readonly string[]): Promise<EndResult[]> {
    const results: EndResult[] = [];
    while (results.length < uids.length) {
      const some = await endSome(uids.slice(results.length));
      expect(some.length).toBeGreaterThan(0);
      results.push(...some);
    }
    return results;
  }

  it('gives each session a logout of its own, with its account, its reason and its apps', async () => {
    const signedIn = await Promise.all(
      Array.from({ length: 60 }, () => signIn(at.store, { clients: ['wiki', 'mail'] })),
    );
    const results = await endAll(signedIn.map(({ uid }) => uid));
    expect(results).toHaveLength(60);
    for (const [n, { uid, accountId, participations }] of signedIn.entries()) {
      const result = results[n];
      if (result?.kind !== 'ended') throw new Error('it did not end');
      const target = { kind: 'session', uid };
      expect(result.logout).toMatchObject({
        id: `logout-of-${uid}`,
        target,
        accountId,
        reason: 'idle',
        sessionsEnded: 1,
      });
      await expect(at.store.logouts.find(result.logout.id)).resolves.toEqual(result.logout);
      await expect(told(result.logout)).resolves.toEqual(sids(...participations));
      const view = await at.store.sessions.get(uid);
      expect(view?.session).toMatchObject({ state: 'ended', endedAt: ENDED_AT, logoutId: result.logout.id });
    }
    await expect(isLive(signedIn[0]?.uid ?? '')).resolves.toBe(false);
  });

  it('says which of them had ended already', async () => {
    const [one, two] = [await signIn(at.store), await signIn(at.store)];
    await end({ kind: 'session', uid: one.uid });
    const results = await endAll([one.uid, 'nobody', two.uid]);
    expect(results.map(({ kind }) => kind)).toEqual(['nothing', 'nothing', 'ended']);
    await expect(at.store.logouts.find(`logout-of-${one.uid}`)).resolves.toBeUndefined();
  });

  it('takes tokens along, and leaves offline ones to the apps that keep them', async () => {
    const [one, two] = [await signIn(at.store, { clients: ['wiki', 'mail'] }), await signIn(at.store)];
    const wanted = await tokenOf(one.participations[0], false);
    const lost = [await tokenOf(one.participations[1], false), await tokenOf(two.participations[0], true)];
    await endAll([one.uid, two.uid].toReversed());
    await expect(wanted()).resolves.toBe(false);
    const three = await signIn(at.store, { clients: ['wiki', 'mail'] });
    const keeps = await tokenOf(three.participations[0], false);
    const loses = await tokenOf(three.participations[1], false);
    await endSome([three.uid], (clientId) => clientId === 'wiki');
    await expect(Promise.all([...lost.map((isThere) => isThere()), keeps(), loses()])).resolves.toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it('ends one with very many apps by itself, and walks what is left of it', async () => {
    const large = await signIn(at.store, { clients: Array.from({ length: 1_100 }, (_, n) => `app-${n}`) });
    const small = await signIn(at.store);
    const results = await endAll([large.uid, small.uid]);
    expect(results).toMatchObject([
      { kind: 'ended', logout: { walking: true } },
      { kind: 'ended', logout: { walking: false } },
    ]);
    const id = `logout-of-${large.uid}`;
    while ((await at.store.sessions.continueEnd(id, { keepsOffline: () => false, plan: planAll() })) === 'more');
    await expect(at.store.logouts.progress(id)).resolves.toMatchObject({ total: 1_100, trying: 1_100 });
  }, 120_000);

  it('hands out what is due page by page, also where many fall due at the same instant', async () => {
    const signedIn = await Promise.all(Array.from({ length: 25 }, () => signIn(at.store)));
    const seen: string[] = [];
    let page = await at.store.sessions.due(ENDED_AT * 2, 10);
    while (page.length > 0) {
      seen.push(...page.map(({ session }) => session.uid));
      const last = page.at(-1);
      await endAll(page.slice(0, 5).map(({ session }) => session.uid));
      page = await at.store.sessions.due(ENDED_AT * 2, 10, last);
    }
    expect(seen.toSorted()).toEqual(signedIn.map(({ uid }) => uid).toSorted());
    await expect(at.store.sessions.due(ENDED_AT * 2, 100)).resolves.toHaveLength(25 - 5 - 5 - 5);
  });
}
