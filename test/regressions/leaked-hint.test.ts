import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSignedIn, opensUserinfo, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describe('a leaked ID token in a browser where nobody is signed in', () => {
  let world: World<'wiki' | 'mail'>;
  let browser: Browser;
  let inWiki: Tokens;
  let offline: Tokens;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} }, settings: { SIGNOFF_LOGOUT_WAIT: '20s' } });
    browser = createBrowser();
    const { wiki, mail } = world.apps;
    inWiki = await wiki.signIn(browser);
    offline = await wiki.signIn(browser, { parameters: { scope: 'openid offline_access' } });
    await mail.signIn(browser);
  });
  afterEach(async () => {
    backToNow();
    await world.stop();
  });

  it('leaked-hint: as an image on any page it ends nothing, expired or not', async () => {
    const { wiki, mail } = world.apps;
    const url = wiki.endSessionUrl({ id_token_hint: inWiki.idToken });
    const asImage = { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' };

    const fresh = await createBrowser().get(url, { crossSite: true, headers: asImage });
    expect(await opensUserinfo(world, inWiki)).toBe(true);
    letPass(2 * HOUR);
    const expired = await createBrowser().get(url, { crossSite: true, headers: asImage });

    expect([fresh.status, expired.status]).toEqual([200, 200]);
    expect([...wiki.received, ...mail.received]).toEqual([]);
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect(await refresh(wiki, offline)).toMatchObject({ status: 200 });
  });

  it('leaked-hint: the page names the app and nobody, and takes a form of ours only', async () => {
    const { wiki } = world.apps;
    const stranger = createBrowser();

    const page = await askedBy(stranger);
    const foreign = await stranger.submit(page, { decision: 'sign-out' }, { crossSite: true });
    const bare = await stranger.post(page.forms[0]?.action ?? '', { decision: 'sign-out' });

    expect(page.body).toContain('Wiki');
    expect(page.body).not.toMatch(/alice|Mail/);
    expect([foreign.status, bare.status]).toEqual([403, 403]);
    expect(wiki.received).toEqual([]);
  });

  it('leaked-hint: a yes ends that sign-in of the app and nothing else, and goes on to the registered address', async () => {
    const { wiki, mail } = world.apps;
    const stranger = createBrowser();

    const out = await stranger.submit(await askedBy(stranger), { decision: 'sign-out' }, { stopAt: wiki.origin });

    expect(out.location).toBe(`${wiki.postLogoutRedirectUri}?state=mine`);
    await wiki.waitForSids([inWiki.claims.sid]);
    expect(await opensUserinfo(world, inWiki)).toBe(false);
    expect(await refresh(wiki, offline)).toMatchObject({ status: 200 });
    expect(mail.received).toEqual([]);
    expect(await isSignedIn(browser, mail)).toBe(true);
  });

  it('leaked-hint: the last app does not take the session with it', async () => {
    const { wiki, mail } = world.apps;
    const alone = createBrowser();
    const inMail = await mail.signIn(alone, { username: 'bob' });
    const stranger = createBrowser();

    const page = await signOff(stranger, mail, inMail);
    await stranger.submit(page, { decision: 'sign-out' }, { stopAt: mail.origin });

    await mail.waitForSids([inMail.claims.sid]);
    expect(await isSignedIn(alone, wiki)).toBe(true);
  });

  it('leaked-hint: "stay" ends nothing; a yes to a page whose sign-in is over meanwhile goes on all the same', async () => {
    const { wiki } = world.apps;
    const stranger = createBrowser();
    const page = await askedBy(stranger);

    await stranger.submit(page, { decision: 'stay' });
    expect(await opensUserinfo(world, inWiki)).toBe(true);
    await signOff(browser, wiki, inWiki);
    const out = await stranger.submit(page, { decision: 'sign-out' }, { stopAt: wiki.origin });

    expect(out.location).toBe(`${wiki.postLogoutRedirectUri}?state=mine`);
    expect(wiki.received).toHaveLength(1);
  });

  /** The page that comes up where nobody is signed in. */
  function askedBy(stranger: Browser): Promise<Page> {
    return signOff(stranger, world.apps.wiki, inWiki, { state: 'mine' });
  }
});
