import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isSignedIn, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';

describe('two Signoffs on one host, at two ports', () => {
  let worlds: readonly [World<'wiki'>, World<'wiki'>];

  beforeAll(async () => {
    const start = () => startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_LOGOUT_WAIT: '20s' } });
    worlds = await Promise.all([start(), start()]);
  });
  afterAll(() => Promise.all(worlds.map((world) => world.stop())));

  it('two-providers-on-one-host: share no cookie, and sign nobody out of each other', async () => {
    const [one, two] = worlds;
    const browser = createBrowser();
    const inOne = await one.apps.wiki.signIn(browser);
    // A page that stays open while the other provider is used.
    const open = await browser.get(one.apps.wiki.endSessionUrl());
    const inTwo = await two.apps.wiki.signIn(browser, { username: 'bob' });

    expect(await isSignedIn(browser, one.apps.wiki)).toBe(true);
    expect((await signOff(browser, two.apps.wiki, inTwo)).location).toBe(two.apps.wiki.postLogoutRedirectUri);
    expect(await isSignedIn(browser, one.apps.wiki)).toBe(true);
    expect(one.apps.wiki.received).toEqual([]);
    await browser.submit(open, { scope: 'all-here', decision: 'sign-out' });
    await one.apps.wiki.waitForSids([inOne.claims.sid]);
  });

  it('two-providers-on-one-host: the names of cookies carry the port', async () => {
    for (const { issuer, apps } of worlds) {
      const browser = createBrowser();
      await apps.wiki.signIn(browser);
      const { port } = new URL(issuer);
      for (const { name } of browser.cookies()) expect(name).toContain(`_${port}`);
    }
  });
});
