import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('signing off an app that is not signed in here, in a session that lives', () => {
  let world: World<'wiki' | 'mail'>;
  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
  });
  afterAll(() => world.stop());

  it('shows where the person is still signed in, and does not claim that nobody is', async () => {
    const { wiki, mail } = world.apps;
    for (const scope of ['app-here', 'app-everywhere']) {
      const browser = createBrowser();
      await mail.signIn(browser, { username: scope === 'app-here' ? 'alice' : 'bob' });

      const ask = await browser.get(wiki.endSessionUrl({ client_id: 'wiki' }));
      const page = await browser.submit(ask, { scope, decision: 'sign-out' });

      expect(page.url).toBe(`${world.issuer}/`);
      expect(page.body).not.toContain('You are signed out');
      expect(page.body).toContain('mail');
    }
  });

  it("is not told of success by the library's own page", async () => {
    const browser = createBrowser();
    await world.apps.mail.signIn(browser);
    const page = await browser.get(`${world.issuer}/session/end/success`);
    expect([page.status, page.body.includes('ign-out')]).toEqual([404, false]);
  });

  it('goes on to the app where it gave an address', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    await mail.signIn(browser);
    const url = { client_id: 'wiki', post_logout_redirect_uri: wiki.postLogoutRedirectUri };

    const ask = await browser.get(wiki.endSessionUrl(url));
    const page = await browser.submit(ask, { scope: 'app-here', decision: 'sign-out' }, { follow: false });

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
  });
});
