import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { askSilently, isSignedIn, signInSilently } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';

describe('A1 a session that expires', () => {
  let world: World<'wiki' | 'mail'>;

  beforeEach(async () => {
    world = await startWorld({
      apps: { wiki: {}, mail: {} },
      settings: { SIGNOFF_SESSION_IDLE: '12h', SIGNOFF_SESSION_MAX: '1d' },
    });
  });
  afterEach(async () => {
    await world.stop();
    backToNow();
  });

  it('A1 keycloak-25171: idle for too long, every app is told, each its own sid', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const sids = [(await wiki.signIn(browser)).claims.sid, (await mail.signIn(browser)).claims.sid];

    letPass(11 * HOUR);
    expect(await world.server.sweep()).toBe(0);
    letPass(HOUR + 1_000);

    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    expect([wiki, mail].map((app) => app.received.map((one) => one.claims.sid))).toEqual(sids.map((sid) => [sid]));
    expect(endings()).toEqual(['idle']);
    expect((await askSilently(browser, wiki)).get('error')).toBe('login_required');
  });

  it('A1 keycloak-25171: older than a session may be, every app is told although it was used just now', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);

    letPass(8 * HOUR);
    expect((await signInSilently(browser, wiki)).claims.sid).toBe(inWiki.claims.sid);
    letPass(8 * HOUR);
    expect(await isSignedIn(browser, mail)).toBe(true);
    letPass(8 * HOUR + 1_000);

    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    expect(wiki.received.map((one) => one.claims.sid)).toEqual([inWiki.claims.sid]);
    expect(mail.received.map((one) => one.claims.sid)).toEqual([inMail.claims.sid]);
    expect(endings()).toEqual(['expired']);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  function endings(): unknown[] {
    return world.logged.filter((line) => line.event === 'session.ended').map((line) => line['reason']);
  }
});
