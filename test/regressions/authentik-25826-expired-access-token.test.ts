import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { introspect, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';

describe('A4 a sign-off long after the access tokens expired', () => {
  let world: World<'wiki' | 'mail' | 'shop'>;

  beforeAll(async () => {
    // `shop` has no refresh token either: nothing of it is left but its participation.
    world = await startWorld({
      apps: { wiki: {}, mail: {}, shop: { file: { grant_types: ['authorization_code'] } } },
    });
  });
  afterAll(async () => {
    await world.stop();
    backToNow();
  });

  it('A4 authentik-25826: still tells every app', async () => {
    const { wiki, mail, shop } = world.apps;
    const browser = createBrowser();
    const apps = [wiki, mail, shop];
    const tokens = [];
    for (const app of apps) tokens.push(await app.signIn(browser));
    const [inWiki, , inShop] = tokens;
    if (inWiki === undefined || inShop === undefined) throw new Error('not signed in');
    expect(await introspect(world, shop, inShop.accessToken)).toMatchObject({ active: true });

    letPass(11 * HOUR);
    expect(await introspect(world, shop, inShop.accessToken)).toEqual({ active: false });
    const page = await signOff(browser, wiki, inWiki);

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
    for (const [index, app] of apps.entries()) {
      await app.waitForTokens(1);
      expect(app.received.map((one) => one.claims.sid)).toEqual([tokens[index]?.claims.sid]);
    }
  });
});
