import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSignedIn, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describe('GHSA-rpx3-f938-xj5q sign-off requests that come late or again', () => {
  let world: World<'wiki'>;
  let browser: Browser;
  let tokens: Tokens;
  let stale: Browser;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    browser = createBrowser();
    tokens = await world.apps.wiki.signIn(browser);
    stale = createBrowser();
    for (const cookie of browser.cookies()) stale.setCookie(cookie);
  });
  afterEach(() => world.stop());

  it('GHSA-rpx3-f938-xj5q: create no session, no logout, no second token, with the old cookies and without', async () => {
    const { wiki } = world.apps;
    const openPage = await stale.get(wiki.endSessionUrl({ client_id: 'wiki' }));
    await signOff(browser, wiki, tokens);
    await wiki.waitForTokens(1);

    for (const late of [stale, browser, createBrowser()]) {
      await signOff(late, wiki, tokens);
      await late.get(wiki.endSessionUrl());
      await late.get(wiki.endSessionUrl({ client_id: 'wiki' }));
      await late.post(`${world.issuer}/session/end`, { id_token_hint: tokens.idToken });
    }
    // The sign-off page was open in another tab, and is sent now.
    await stale.submit(openPage, { scope: 'all-everywhere', decision: 'sign-out' });

    const sessions = await world.store.sessions.list({}, { limit: 10 });
    expect(sessions.map(({ session }) => session.state)).toEqual(['ended']);
    expect(world.logged.filter((line) => line.event === 'logout.committed')).toHaveLength(1);
    expect(wiki.received).toHaveLength(1);
    for (const late of [stale, browser]) expect(await isSignedIn(late, wiki)).toBe(false);
    expect((await refresh(wiki, tokens)).status).toBe(400);
  });

  it('GHSA-rpx3-f938-xj5q: an old request that comes again does not end the session that was begun since', async () => {
    const { wiki } = world.apps;
    await signOff(browser, wiki, tokens);
    const next = await wiki.signIn(browser);

    const again = await signOff(browser, wiki, tokens);
    const fromOldTab = await signOff(stale, wiki, tokens);

    expect(again.status).toBe(200);
    expect(again.forms[0]?.choices['decision']).toContain('stay');
    expect(fromOldTab.location).toBe(wiki.postLogoutRedirectUri);
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect((await refresh(wiki, next)).status).toBe(200);
    expect(wiki.received).toHaveLength(1);
  });

  it('GHSA-rpx3-f938-xj5q: many at once make one logout, and nobody who is out is asked whether to sign out', async () => {
    const { wiki } = world.apps;
    const rounds = 12;
    for (let round = 1; round <= rounds; round++) {
      const pages = await Promise.all(
        [0, 1, 2, 3, 4, 5].map(async (ms) => {
          await pause(ms);
          return signOff(browser, wiki, tokens);
        }),
      );

      expect(new Set(pages.map((page) => page.location))).toEqual(new Set([wiki.postLogoutRedirectUri]));
      expect(world.logged.filter((line) => line.event === 'logout.committed')).toHaveLength(round);
      expect(wiki.received).toHaveLength(round);
      expect(await isSignedIn(browser, wiki)).toBe(false);
      tokens = await wiki.signIn(browser);
    }
  });
});
