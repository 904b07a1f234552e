import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSignedIn } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

describe('A20 a POST from an app’s page, which carries no cookie', () => {
  let world: World<'wiki' | 'mail' | 'notes'>;
  let browser: Browser;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, notes: { file: { party: 'third' } } } });
    browser = createBrowser();
  });
  afterEach(() => world.stop());

  it('A20 cross-site-post-logout: ends the session of the browser after its re-entry, and returns with the state', async () => {
    const { wiki, mail } = world.apps;
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);

    const page = await post(wiki, inWiki, wiki.origin);

    expect(page.location).toBe(`${wiki.postLogoutRedirectUri}?state=posted`);
    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    expect(mail.received.map((one) => one.claims.sid)).toEqual([inMail.claims.sid]);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  it('A20 cross-site-post-logout: asks first where a GET would, with the same way back', async () => {
    const { notes, wiki } = world.apps;
    await wiki.signIn(browser);
    const inNotes = await notes.signIn(browser);

    const ask = await post(notes, inNotes, notes.origin);
    expect(ask.forms[0]?.fields['scope']).toBe('app-here');
    expect(notes.received).toEqual([]);
    const back = await browser.submit(ask, { decision: 'sign-out' }, { stopAt: notes.origin });

    expect(back.location).toBe(`${notes.postLogoutRedirectUri}?state=posted`);
    await notes.waitForTokens(1);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it('A20 cross-site-post-logout: the token is in no address on the way', async () => {
    const { wiki } = world.apps;
    const inWiki = await wiki.signIn(browser);

    const page = await post(wiki, inWiki, wiki.origin);

    const [, , signature = ''] = inWiki.idToken.split('.');
    for (const url of [...page.trail, page.location]) expect(url).not.toContain(signature);
  });

  function post(app: RelyingParty, { idToken }: Tokens, stopAt: string): Promise<Page> {
    const fields = {
      id_token_hint: idToken,
      post_logout_redirect_uri: app.postLogoutRedirectUri,
      state: 'posted',
    };
    return browser.post(`${world.issuer}/session/end`, fields, { crossSite: true, stopAt });
  }
});
