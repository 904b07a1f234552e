import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { aCodeOf, anOpening, aParticipation, aSessionWrite, unique } from '../support/builders.ts';
import { anOperator, wordsOf } from '../support/operators.ts';
import { addAccount, describeFlows } from '../support/product.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { PASSWORD } from '../support/relying-party.ts';
import { expectDead, signInAtAll } from './people.ts';

const SESSIONS = 300;
/** So that it is killed in the middle, and twice. */
const RATE = 150;
const TOLD_WITHIN_MS = 60_000;

describeFlows('kill -9 while everybody is logged off', () => {
  let product: ProductProcess<'wiki'>;
  beforeAll(async () => {
    product = await startProductProcess({ apps: { wiki: {} } });
  });
  afterAll(() => product.stop());

  /** A session at the wiki, made in the store; answers its sid. */
  async function signInBehind(accountId: string): Promise<string> {
    const { store } = product;
    const uid = unique('uid');
    const now = Date.now();
    const opening = anOpening({ accountId, startedAt: now, generation: await store.sessions.generation(accountId) });
    const participation = aParticipation({ sessionUid: uid, accountId, clientId: 'wiki', startedAt: now });
    await store.sessions.join(participation, aCodeOf(participation), opening);
    await store.sessions.save(aSessionWrite({ uid, now, opening }));
    return participation.sid;
  }

  async function endedSoFar(id: string): Promise<number> {
    return (await product.store.logouts.find(id))?.sessionsEnded ?? 0;
  }

  it('nothing old works from the first answer on, and every app of every session is told', async () => {
    const { store, apps } = product;
    const owner = await anOperator({ issuer: product.issuer, store, password: PASSWORD }, 'owner');
    const crowd = await addAccount(store, 'crowd');
    const sids: string[] = [];
    for (let n = 0; n < SESSIONS; n += 1) sids.push(await signInBehind(crowd));
    const alice = await signInAtAll(product, 'alice');

    const asked = await owner.send(await owner.at('/everybody'), '/everybody', { rate: String(RATE) });
    const begun = await owner.browser.submit(asked, { confirm: 'everybody' });
    const path = new URL(begun.url).pathname.replace('/admin', '');
    const id = path.split('/').at(-1) ?? '';
    for (const part of [0.3, 0.6]) {
      while ((await endedSoFar(id)) < SESSIONS * part) await new Promise((resolve) => setTimeout(resolve, 20));
      await product.kill();
      expect(await endedSoFar(id)).toBeLessThan(SESSIONS + 1);
      await expect(store.logouts.find(id)).resolves.toMatchObject({ walking: true, paused: false, pace: RATE });
      await product.start();
      expect(wordsOf(await owner.at(path))).toMatch(/\d+ sessions ended, 150 a second; at most \d+ are left/u);
      for (const { app } of alice.signIns) {
        const page = await alice.thief.get(app.authorizationUrl({ prompt: 'none' }), { stopAt: app.redirectUri });
        expect(new URL(page.location ?? '').searchParams.get('error')).toBe('login_required');
      }
    }
    await product.waitForLines('logout.walked', { logout_id: id });
    await apps.wiki.waitForSids([...sids, ...alice.signIns.map(({ tokens }) => tokens.claims.sid)], TOLD_WITHIN_MS);
    expect(apps.wiki.bad).toEqual([]);
    await expectDead(alice, product);
    await expect(store.logouts.find(id)).resolves.toMatchObject({ sessionsEnded: SESSIONS + 1, walking: false });
    expect(wordsOf(await owner.at(path))).toMatch(/Over\. Every app was told\..*301 of 301 sign-ins told/u);
    const after = await signInAtAll(product, 'alice');
    expect(after.signIns[0]?.tokens.claims.sid).not.toBe(alice.signIns[0]?.tokens.claims.sid);
  }, 170_000);
});
