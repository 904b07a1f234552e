import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSignedIn, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

describe('A17 signing in as somebody else in the same browser', () => {
  let world: World<'wiki' | 'mail' | 'shop'>;
  let browser: Browser;
  let inWiki: Tokens;
  let inMail: Tokens;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, shop: {} } });
    browser = createBrowser();
    inWiki = await world.apps.wiki.signIn(browser);
    inMail = await world.apps.mail.signIn(browser);
  });
  afterEach(() => world.stop());

  it('A17 dex-superseded-session: by prompt=login, ends the first session at every app', async () => {
    const { shop } = world.apps;
    const page = await browser.get(shop.authorizationUrl({ prompt: 'login' }), { stopAt: shop.redirectUri });

    const bob = await signInAsBob(page, shop);

    await expectFirstSessionEnded([inWiki, inMail]);
    expect(bob.claims.sub).not.toBe(inWiki.claims.sub);
  });

  it('A17 dex-superseded-session: by "somebody else" on the page that asks, ends the first session at every app', async () => {
    const { wiki } = world.apps;
    await signOff(browser, wiki, inWiki, { logout_scope: 'app-here' });
    await wiki.waitForTokens(1);
    const ask = await browser.get(wiki.authorizationUrl());
    const page = await browser.submit(ask, { decision: 'other' }, { stopAt: wiki.redirectUri });

    await signInAsBob(page, wiki);

    await expectFirstSessionEnded([inMail]);
    expect(wiki.received.map((one) => one.claims.sid)).toEqual([inWiki.claims.sid]);
  });

  it('A17 dex-superseded-session: a wrong password ends nothing', async () => {
    const { shop, mail } = world.apps;
    const page = await browser.get(shop.authorizationUrl({ prompt: 'login' }), { stopAt: shop.redirectUri });

    const again = await browser.submit(page, { username: 'bob', password: 'not his' }, { stopAt: shop.redirectUri });

    expect(again.status).toBe(401);
    expect(await isSignedIn(browser, mail)).toBe(true);
    expect(mail.received).toEqual([]);
  });

  async function signInAsBob(page: Page, app: RelyingParty): Promise<Tokens> {
    const fields = { username: 'bob', password: world.password };
    const back = await browser.submit(page, fields, { stopAt: app.redirectUri });
    return app.finish(back.location ?? '');
  }

  async function expectFirstSessionEnded(ended: readonly Tokens[]): Promise<void> {
    for (const tokens of ended) {
      const app = world.apps[tokens.claims.aud as 'wiki' | 'mail'];
      await app.waitForTokens(1);
      expect(app.received.map((one) => one.claims.sid)).toEqual([tokens.claims.sid]);
      expect((await refresh(app, tokens)).status).toBe(400);
    }
    const aliceId = await world.accountId('alice');
    expect(await world.store.sessions.list({ accountId: aliceId, state: 'live' }, { limit: 5 })).toEqual([]);
    expect(world.logged.filter((line) => line.event === 'session.ended').map((line) => line['reason'])).toEqual([
      'other-account',
    ]);
  }
});
