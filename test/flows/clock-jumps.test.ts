import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually, isSignedIn, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describeFlows('a clock that jumps', () => {
  let world: World<'wiki' | 'mail'>;
  let browser: Browser;
  let tokens: Tokens;
  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} }, settings: { SIGNOFF_LOGOUT_WAIT: '0ms' } });
    browser = createBrowser();
    await world.apps.mail.signIn(browser);
    tokens = await world.apps.wiki.signIn(browser);
  });
  afterEach(async () => {
    await world.stop();
    backToNow();
  });

  it.each([
    ['back', -3 * HOUR],
    ['forth', 3 * HOUR],
  ])('%s by three hours: an app that is down is tried on, and told when it is back', async (_, ms) => {
    const { wiki, mail } = world.apps;
    mail.behaviour = '500';
    await signOff(browser, wiki, tokens);
    // The third failure in a row opens the breaker: until an instant on the clock as it was.
    await mail.waitForTokens(3);
    letPass(ms);
    mail.behaviour = 'ok';
    await mail.waitForTokens(mail.received.length + 1);

    expect(await isSignedIn(browser, wiki)).toBe(false);
    await expectAllTold();
  });

  it.each([
    ['back', -3 * HOUR],
    ['forth', 3 * HOUR],
  ])('%s by three hours: who is signed in stays so, and signs off as ever', async (_, ms) => {
    const { wiki, mail } = world.apps;
    letPass(ms);

    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect((await refresh(wiki, tokens)).status).toBe(200);
    await signOff(browser, wiki, tokens);
    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    expect(await isSignedIn(browser, wiki)).toBe(false);
    await expectAllTold();

    const again = await wiki.signIn(browser);
    expect(again.claims.sid).not.toBe(tokens.claims.sid);
    expect(await isSignedIn(browser, mail)).toBe(true);
  });

  it('back after a sign-off: what ended stays ended', async () => {
    const { wiki, mail } = world.apps;
    const thief = createBrowser();
    for (const cookie of browser.cookies()) thief.setCookie(cookie);
    const waiting = await browser.get(mail.authorizationUrl(), { stopAt: mail.redirectUri });
    await signOff(browser, wiki, tokens);
    letPass(-3 * HOUR);

    expect([await isSignedIn(thief, wiki), await isSignedIn(browser, mail)]).toEqual([false, false]);
    expect((await refresh(wiki, tokens)).json).toMatchObject({ error: 'invalid_grant' });
    await expect(mail.finish(waiting.location ?? '')).rejects.toThrow('invalid_grant');
  });

  it('forth over the end of a session, and back: its apps were told, and it does not come back', async () => {
    const { wiki, mail } = world.apps;
    letPass(13 * HOUR);
    await world.server.sweep();
    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    letPass(-13 * HOUR);

    expect([await isSignedIn(browser, wiki), await isSignedIn(browser, mail)]).toEqual([false, false]);
    expect((await refresh(wiki, tokens)).json).toMatchObject({ error: 'invalid_grant' });
    expect([wiki.received.length, mail.received.length]).toEqual([1, 1]);
  });

  /** One delivery for each app, and none is left to be made. */
  async function expectAllTold(): Promise<void> {
    for (const app of Object.values(world.apps)) expect(app.bad).toEqual([]);
    const states = async () => {
      const deliveries = await world.store.deliveries.list({}, { limit: 9 });
      return deliveries.map((one) => `${one.clientId} ${one.state}`).sort();
    };
    await eventually(async () => (await states()).every((state) => state.endsWith('told')));
    expect(await states()).toEqual(['mail told', 'wiki told']);
  }
});
