/** OpenID Connect RP-Initiated Logout 1.0 §2, §6: who may end what, and when a person is asked first. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';
import { forge, unsigned } from './forged-hints.ts';
import { claimsOf, isSignedIn, signInSilently, signOff, tokenThrough } from './scene.ts';

describe('RP-initiated logout', () => {
  let world: World<'wiki' | 'mail' | 'notes'>;
  let wiki: RelyingParty;
  let mail: RelyingParty;
  let notes: RelyingParty;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, notes: { file: { party: 'third' } } } });
    ({ wiki, mail, notes } = world.apps);
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  /** A new browser, signed in at wiki. */
  async function atWiki(username = 'alice'): Promise<{ browser: Browser; tokens: Tokens }> {
    const browser = createBrowser();
    return { browser, tokens: await wiki.signIn(browser, { username }) };
  }

  it.each([
    ['GET', false],
    ['POST', false],
    ['POST', true],
  ] as const)('I1 works by GET and by POST, also from a page of another site: %s, cross-site %s', async (method, crossSite) => {
    const { browser, tokens } = await atWiki();
    const fields = { id_token_hint: tokens.idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri, state: 's' };
    const options = { crossSite, stopAt: wiki.origin };
    const visit = () =>
      method === 'GET'
        ? browser.get(wiki.endSessionUrl(fields), options)
        : browser.post(`${world.issuer}/session/end`, fields, options);

    let page: Page | undefined;
    const token = await tokenThrough(wiki, async () => {
      page = await visit();
    });

    expect(page?.location).toBe(`${wiki.postLogoutRedirectUri}?state=s`);
    expect(token.claims.sid).toBe(tokens.claims.sid);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  it.each<[string, (tokens: Tokens) => string | Promise<string>]>([
    ['signed by somebody else', ({ claims }) => forge(claims)],
    ['signed by somebody else under our kid', ({ claims, idToken }) => forge(claims, idToken)],
    ['without a signature', ({ idToken }) => unsigned(idToken)],
    ['with another payload under our signature', ({ idToken }) => withSubject(idToken, 'mallory')],
    ['an access token', ({ accessToken }) => accessToken],
  ])('I3 the hint must be ours: not one %s', async (_, forged) => {
    const { browser, tokens } = await atWiki();

    const page = await signOff(browser, wiki, { idToken: await forged(tokens) });

    expectErrorPage(page);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it('I3 an expired hint of the running session is as good as a fresh one', async () => {
    const { browser, tokens } = await atWiki();
    letPass(3 * HOUR);
    expect((claimsOf(tokens.idToken).exp ?? 0) * 1000).toBeLessThan(Date.now());

    const page = await signOff(browser, wiki, tokens);

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('I3 a hint whose session is over is suspect: it ends nothing by itself', async () => {
    const { browser, tokens } = await atWiki();
    await signOff(browser, wiki, tokens);
    await wiki.signIn(browser);

    const page = await signOff(browser, wiki, tokens);

    expectQuestion(page);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it('I4 client_id beside a hint must be the hint’s client', async () => {
    const { browser, tokens } = await atWiki();

    expectErrorPage(await signOff(browser, wiki, tokens, { client_id: 'mail' }));
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect((await signOff(browser, wiki, tokens, { client_id: 'wiki' })).location).toBe(wiki.postLogoutRedirectUri);
  });

  it('I5 client_id alone is how an app without a hint says who it is', async () => {
    const { browser } = await atWiki();

    const page = await browser.get(wiki.endSessionUrl({ client_id: 'wiki' }));

    expectQuestion(page);
    expect(page.body).toContain('Wiki');
    expect(page.forms[0]?.choices['scope']).toContain('app-here');
    expectErrorPage(await browser.get(wiki.endSessionUrl({ client_id: 'nobody' })));
  });

  it('I6 a third-party app’s hint does not sign people out of the provider unasked', async () => {
    const browser = createBrowser();
    await wiki.signIn(browser);
    const inNotes = await notes.signIn(browser);

    const page = await signOff(browser, notes, inNotes);

    expectQuestion(page);
    expect(page.forms[0]?.fields['scope']).toBe('app-here');
    await browser.submit(page, { decision: 'stay' });
    expect(await isSignedIn(browser, notes)).toBe(true);
    const yes = await signOff(browser, notes, inNotes);
    const own = await tokenThrough(notes, () => browser.submit(yes, { decision: 'sign-out' }, { follow: false }));
    expect(own.claims.sid).toBe(inNotes.claims.sid);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it.each<[string, (other: Tokens) => Record<string, string>]>([
    ['no hint', () => ({})],
    ['client_id and no hint', () => ({ client_id: 'wiki' })],
    ['a hint of another session of the same person', ({ idToken }) => ({ id_token_hint: idToken })],
  ])('I7 the person is asked: %s', async (_, parameters) => {
    const { browser } = await atWiki();
    const elsewhere = await atWiki();

    const page = await browser.get(wiki.endSessionUrl(parameters(elsewhere.tokens)), { follow: false });

    expectQuestion(page);
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect(await isSignedIn(elsewhere.browser, wiki)).toBe(true);
  });

  it('I7 the person is asked when the hint is of somebody else, whose session is never touched', async () => {
    const { browser } = await atWiki('bob');
    const alice = await atWiki();

    const page = await signOff(browser, wiki, alice.tokens);
    expectQuestion(page);
    const gone = await browser.submit(page, { scope: 'all-here', decision: 'sign-out' });

    expect(gone.trail.every((address) => address.startsWith(world.issuer))).toBe(true);
    expect(await isSignedIn(browser, wiki)).toBe(false);
    expect(await isSignedIn(alice.browser, wiki)).toBe(true);
  });

  it('I8 a yes signs the person out and tells every app', async () => {
    const { browser, tokens } = await atWiki();
    const inMail = await signInSilently(browser, mail);
    const page = await browser.get(wiki.endSessionUrl());

    const [own, other] = await Promise.all([
      tokenThrough(wiki, () => browser.submit(page, { scope: 'all-here', decision: 'sign-out' })),
      tokenThrough(mail, async () => undefined),
    ]);

    expect([own.claims.sid, other.claims.sid]).toEqual([tokens.claims.sid, inMail.claims.sid]);
    expect(await isSignedIn(browser, wiki)).toBe(false);
    expect(await isSignedIn(browser, mail)).toBe(false);
  });

  it('I9 a good hint of a first-party app asks nothing: one click', async () => {
    const { browser, tokens } = await atWiki();

    const page = await signOff(browser, wiki, tokens);

    expect([page.status, page.location]).toEqual([303, wiki.postLogoutRedirectUri]);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  it('I12 an error never redirects, and the page still signs the person out', async () => {
    const { browser, tokens } = await atWiki();
    const page = await signOff(browser, wiki, tokens, { client_id: 'mail', state: 's' });
    expectErrorPage(page);

    const token = await tokenThrough(wiki, async () => {
      const gone = await browser.submit(page, { decision: 'sign-out' }, { action: '/session/end/confirm' });
      expect(gone.trail.every((address) => address.startsWith(world.issuer))).toBe(true);
    });

    expect(token.claims.sid).toBe(tokens.claims.sid);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  it('I14 ui_locales that nobody speaks are no error', async () => {
    const { browser, tokens } = await atWiki();

    const page = await signOff(browser, wiki, tokens, { ui_locales: 'tlh x-@@ en-GB-oed' });

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('I15 logout_hint may say anything: here it says nothing', async () => {
    const { browser, tokens } = await atWiki();

    const page = await signOff(browser, wiki, tokens, { logout_hint: 'bob@example.test <script>' });

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('I16 nobody signed in is no error, with a hint or without', async () => {
    const { browser, tokens } = await atWiki();
    await signOff(browser, wiki, tokens);

    const again = await signOff(browser, wiki, tokens, { state: 'again' });
    const without = await createBrowser().get(wiki.endSessionUrl());
    const named = await createBrowser().get(wiki.endSessionUrl({ client_id: 'wiki' }));

    expect(again.location).toBe(`${wiki.postLogoutRedirectUri}?state=again`);
    expect([without.status, named.status]).toEqual([200, 200]);
  });

  it('I17 without a valid hint nothing ends by a mere visit, nor by a form of another site', async () => {
    const { browser } = await atWiki();
    const bob = await atWiki('bob');
    const page = await browser.get(wiki.endSessionUrl());
    const confirm = `${world.issuer}/session/end/confirm`;
    const yes = { scope: 'all-here', decision: 'sign-out' };

    const answers = [
      await browser.post(`${world.issuer}/session/end`, {}, { crossSite: true }),
      await browser.post(confirm, yes, { crossSite: true }),
      await browser.post(confirm, yes),
      await browser.submit(page, yes, { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } }),
      await bob.browser.post(confirm, { ...page.forms[0]?.fields, ...yes }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403, 403, 403]);
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect(await isSignedIn(bob.browser, wiki)).toBe(true);
  });
});

function withSubject(idToken: string, sub: string): string {
  const [header, payload = '', signature] = idToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub })).toString('base64url')}.${signature}`;
}

/** A page that asks before anything ends. */
function expectQuestion(page: Page): void {
  expect(page.status).toBe(200);
  expect(page.location).toBeUndefined();
  expect(page.forms[0]?.choices['decision']).toEqual(expect.arrayContaining(['sign-out', 'stay']));
}

/** A page that says what is wrong, goes nowhere, and offers to sign out. */
function expectErrorPage(page: Page): void {
  expect(page.status).toBe(400);
  expect(page.location).toBeUndefined();
  expect(page.body).not.toMatch(/http-equiv="?refresh/i);
  expect(page.forms.some(({ action }) => action.endsWith('/session/end/confirm'))).toBe(true);
}
