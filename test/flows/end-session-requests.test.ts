import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Browser, createBrowser, type Page, send } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

describeFlows('requests at /session/end', () => {
  let world: World<'wiki' | 'mail' | 'quiet'>;
  let browser: Browser;
  let inWiki: Tokens;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, quiet: { file: { backchannel_logout_uri: undefined } } } });
    browser = createBrowser();
    inWiki = await world.apps.wiki.signIn(browser);
  });
  afterEach(async () => {
    backToNow();
    await world.stop();
  });

  describe('by POST', () => {
    it('A20 a cross-site POST, which carries no cookie, works after its re-entry', async () => {
      const { wiki, mail } = world.apps;
      await mail.signIn(browser);
      const fields = {
        id_token_hint: inWiki.idToken,
        post_logout_redirect_uri: wiki.postLogoutRedirectUri,
        state: 'posted',
      };

      const parked = await browser.post(`${world.issuer}/session/end`, fields, { crossSite: true, follow: false });
      expect(parked.status).toBe(303);
      expect(parked.location).not.toContain(inWiki.idToken.slice(0, 20));
      const back = await browser.get(parked.location ?? '', { follow: false });

      expect(back.location).toBe(`${wiki.postLogoutRedirectUri}?state=posted`);
      await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    });

    it('the re-entry address works once only', async () => {
      const parked = await browser.post(`${world.issuer}/session/end`, { client_id: 'wiki' }, { follow: false });
      await browser.get(parked.location ?? '');

      const again = await browser.get(parked.location ?? '');

      expect(again.status).toBe(403);
      expect(again.body).toContain('This page is old');
    });

    it('a hint as large as a body may be is read; beyond 16 KB it is 413', async () => {
      const large = await browser.post(`${world.issuer}/session/end`, { id_token_hint: 'x'.repeat(15_000) });
      const tooLarge = await browser.post(`${world.issuer}/session/end`, { id_token_hint: 'x'.repeat(17_000) });

      expect(large.status).toBe(400);
      expect(large.forms.some((form) => form.action.endsWith('/session/end/confirm'))).toBe(true);
      expect(tooLarge.status).toBe(413);
    });
  });

  describe('that are wrong', () => {
    it.each<[string, (wiki: RelyingParty, tokens: Tokens) => Promise<Record<string, string | string[]>>]>([
      ['a hint that somebody else signed', async (_, { claims }) => ({ id_token_hint: await forge(claims) })],
      ['a hint without a signature', async (_, { idToken }) => ({ id_token_hint: unsigned(idToken) })],
      ['something that is no token', async () => ({ id_token_hint: 'not a token' })],
      ['a contradicting client_id', async (_, { idToken }) => ({ id_token_hint: idToken, client_id: 'mail' })],
      ['an unknown client_id', async () => ({ client_id: 'nobody' })],
      ['a parameter that comes twice', async () => ({ client_id: ['wiki', 'wiki'] })],
      [
        'an unregistered address to go to',
        async (_, { idToken }) => ({
          id_token_hint: idToken,
          post_logout_redirect_uri: 'https://evil.example/',
        }),
      ],
      [
        'a registered address with a query added',
        async ({ postLogoutRedirectUri }, { idToken }) => ({
          id_token_hint: idToken,
          post_logout_redirect_uri: `${postLogoutRedirectUri}?foo=bar`,
        }),
      ],
    ])('%s: a 400 page, no redirect, nothing ended, and a form that signs out all the same', async (_, parameters) => {
      const { wiki } = world.apps;
      const all = { post_logout_redirect_uri: wiki.postLogoutRedirectUri, ...(await parameters(wiki, inWiki)) };
      const query = new URLSearchParams(
        Object.entries(all).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one])),
      );

      const page = await browser.get(`${world.issuer}/session/end?${query}`);

      expect(page.status).toBe(400);
      expect(wiki.received).toHaveLength(0);
      expect(await isSignedIn(browser, wiki)).toBe(true);
      const out = await browser.submit(page, { decision: 'sign-out' }, { action: '/session/end/confirm' });
      expect(new URL(out.url).pathname).toMatch(/^\/logout\//);
      await wiki.waitForTokens(1);
      expect(await isSignedIn(browser, wiki)).toBe(false);
    });

    it('a logout token is no hint', async () => {
      const { wiki } = world.apps;
      await browser.get(wiki.endSessionUrl({ id_token_hint: inWiki.idToken }));
      const [token] = await wiki.waitForTokens(1);
      await wiki.signIn(browser);

      const page = await browser.get(wiki.endSessionUrl({ id_token_hint: token?.raw ?? '' }));

      expect(page.status).toBe(400);
      expect(await isSignedIn(browser, wiki)).toBe(true);
    });

    it('a hint alone, without address and client_id, is no button for somebody else: the cookie decides', async () => {
      const { wiki } = world.apps;
      const bob = createBrowser();
      await wiki.signIn(bob, { username: 'bob' });

      const page = await bob.get(
        wiki.endSessionUrl({
          id_token_hint: inWiki.idToken,
          post_logout_redirect_uri: wiki.postLogoutRedirectUri,
        }),
      );

      expect(page.status).toBe(200);
      expect(page.forms[0]?.choices['decision']).toContain('sign-out');
      const out = await bob.submit(page, { scope: 'all-here', decision: 'sign-out' }, { stopAt: wiki.origin });
      expect(out.trail.some((url) => url.startsWith(wiki.origin))).toBe(false);
      expect(out.location).toBeUndefined();
      expect(await isSignedIn(browser, wiki)).toBe(true);
    });
  });

  it('a hint of an earlier session of the account asks, and a yes may be followed by the redirect', async () => {
    const { wiki } = world.apps;
    await browser.get(wiki.endSessionUrl({ id_token_hint: inWiki.idToken }));
    await wiki.signIn(browser);

    const page = await browser.get(
      wiki.endSessionUrl({ id_token_hint: inWiki.idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri }),
    );
    expect(page.status).toBe(200);
    const out = await browser.submit(page, { scope: 'all-here', decision: 'sign-out' }, { follow: false });

    expect(out.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('an expired hint of the session that is still here is as good as a fresh one', async () => {
    const { wiki } = world.apps;
    letPass(2 * HOUR);
    expect((inWiki.claims.exp ?? 0) * 1_000).toBeLessThan(Date.now());

    const out = await browser.get(
      wiki.endSessionUrl({ id_token_hint: inWiki.idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri }),
      { follow: false },
    );

    expect(out.location).toBe(wiki.postLogoutRedirectUri);
    await wiki.waitForTokens(1);
  });

  it('client_id alone with a registered address: asks, then redirects', async () => {
    const { wiki } = world.apps;
    const page = await browser.get(
      wiki.endSessionUrl({ client_id: 'wiki', post_logout_redirect_uri: wiki.postLogoutRedirectUri }),
    );

    const out = await browser.submit(page, { decision: 'sign-out' }, { follow: false });

    expect(out.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('an address without hint and client_id is not gone to', async () => {
    const { wiki } = world.apps;
    const page = await browser.get(wiki.endSessionUrl({ post_logout_redirect_uri: wiki.postLogoutRedirectUri }));
    const [form] = page.forms;

    const out = form ? await browser.submit(page, { scope: 'all-here', decision: 'sign-out' }) : page;

    expect(out.trail.every((url) => url.startsWith(world.issuer))).toBe(true);
  });

  describe('with nobody signed in', () => {
    it('is no error', async () => {
      const page = await createBrowser().get(world.apps.wiki.endSessionUrl());

      expect(page.status).toBe(200);
    });

    it('a hint whose participation lives asks, and a yes without an address to go to ends at the receipt', async () => {
      const { wiki } = world.apps;
      const kiosk = createBrowser();

      const page = await kiosk.get(wiki.endSessionUrl({ id_token_hint: inWiki.idToken }));
      expect(wiki.received).toEqual([]);
      const out = await kiosk.submit(page, { decision: 'sign-out' });

      await wiki.waitForTokens(1);
      expect(new URL(out.url).pathname).toMatch(/^\/logout\//);
      expect(out.body).toContain('Wiki');
    });

    it('a cross-site POST with such a hint asks too', async () => {
      const { wiki } = world.apps;

      const page = await createBrowser().post(
        `${world.issuer}/session/end`,
        { id_token_hint: inWiki.idToken },
        { crossSite: true },
      );

      expect(page.forms[0]?.choices['decision']).toEqual(['sign-out', 'stay']);
      expect(wiki.received).toEqual([]);
    });

    it('signing off twice returns to the app both times', async () => {
      const { wiki } = world.apps;
      const url = wiki.endSessionUrl({
        id_token_hint: inWiki.idToken,
        post_logout_redirect_uri: wiki.postLogoutRedirectUri,
      });
      const first = await browser.get(url, { follow: false });
      const second = await browser.get(url, { follow: false });

      expect([first.location, second.location]).toEqual([wiki.postLogoutRedirectUri, wiki.postLogoutRedirectUri]);
      expect(wiki.received).toHaveLength(1);
    });
  });

  it('an app that cannot be told holds nobody', async () => {
    const { wiki, quiet } = world.apps;
    await quiet.signIn(browser);

    const page = await browser.get(
      wiki.endSessionUrl({ id_token_hint: inWiki.idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri }),
      { follow: false },
    );

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('looking ahead ends nothing: HEAD and prefetch', async () => {
    const { wiki } = world.apps;
    const url = new URL(wiki.endSessionUrl({ id_token_hint: inWiki.idToken }));
    const cookie = browser
      .cookies()
      .map((one) => `${one.name}=${one.value}`)
      .join('; ');

    const head = await send('HEAD', url, { cookie });
    const prefetch = await send('GET', url, { cookie, 'sec-purpose': 'prefetch;prerender' });

    expect([head.status, head.headers.allow, prefetch.status]).toEqual([405, 'GET, POST', 503]);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it('a form without its csrf field, or from another site, ends nothing', async () => {
    const { wiki } = world.apps;
    const page = await browser.get(wiki.endSessionUrl());
    const confirm = page.forms[0]?.action ?? '';

    const bare = await browser.post(confirm, { scope: 'all-here', decision: 'sign-out' });
    const foreign = await browser.submit(page, { decision: 'sign-out' }, { crossSite: true });

    expect([bare.status, foreign.status]).toEqual([403, 403]);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });
});

async function isSignedIn(browser: Browser, app: RelyingParty): Promise<boolean> {
  const page: Page = await browser.get(app.authorizationUrl({ prompt: 'none' }), { stopAt: app.redirectUri });
  return new URL(page.location ?? '').searchParams.has('code');
}

/** The same claims under a key of our own. */
async function forge(claims: Tokens['claims']): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const { n = '' } = await exportJWK(publicKey);
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: n.slice(0, 8) }).sign(privateKey);
}

function unsigned(idToken: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  return `${header}.${idToken.split('.')[1]}.`;
}
