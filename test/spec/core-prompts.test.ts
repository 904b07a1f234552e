/** OpenID Connect Core 1.0 §3.1.2: when a person is asked to sign in, and as whom. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, HOUR, letPass, SECOND } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';
import { forge, unsigned } from './forged-hints.ts';
import { answerTo, askSilently, claimsOf, isSignedIn, signInSilently, signOff } from './scene.ts';

describe('sessions at the authorization endpoint', () => {
  let world: World<'wiki' | 'mail' | 'notes' | 'aged' | 'timed'>;
  let wiki: RelyingParty;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        wiki: {},
        mail: {},
        notes: { file: { party: 'third' } },
        aged: { file: { default_max_age: 60 } },
        timed: { file: { require_auth_time: true } },
      },
    });
    wiki = world.apps.wiki;
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  async function atWiki(username = 'alice'): Promise<{ browser: Browser; tokens: Tokens }> {
    const browser = createBrowser();
    return { browser, tokens: await wiki.signIn(browser, { username }) };
  }

  const passwordFor = (username: string) => ({ username, password: world.password });

  it.each(['GET', 'POST', 'POST from another site'])('C1 the authorization endpoint takes %s', async (way) => {
    const { browser, tokens } = await atWiki();
    const url = new URL(wiki.authorizationUrl({ prompt: 'none' }));
    const options = { stopAt: wiki.redirectUri, crossSite: way.endsWith('site') };

    const page =
      way === 'GET'
        ? await browser.get(url.href, options)
        : await browser.post(`${world.issuer}/auth`, Object.fromEntries(url.searchParams), options);

    expect((await wiki.finish(page.location ?? '')).claims.sid).toBe(tokens.claims.sid);
  });

  it('C2 prompt=none shows no page: login_required, consent_required, or the code', async () => {
    const { browser } = await atWiki();
    const first = (who: Browser, app: RelyingParty) =>
      who.get(app.authorizationUrl({ prompt: 'none', state: 'mine' }), { follow: false });

    const nobody = answerTo(wiki, await first(createBrowser(), wiki));
    const stranger = answerTo(world.apps.notes, await first(browser, world.apps.notes));
    const known = answerTo(wiki, await first(browser, wiki));

    expect([nobody.get('error'), nobody.get('state'), nobody.has('code')]).toEqual(['login_required', 'mine', false]);
    expect([stranger.get('error'), stranger.has('code')]).toEqual(['consent_required', false]);
    expect([known.has('error'), known.has('code')]).toEqual([false, true]);
  });

  it('C2 after a sign-off prompt=none says login_required at every app', async () => {
    const { browser, tokens } = await atWiki();
    await signInSilently(browser, world.apps.mail);

    await signOff(browser, wiki, tokens);

    for (const app of [wiki, world.apps.mail]) {
      expect((await askSilently(browser, app)).get('error')).toBe('login_required');
    }
  });

  it.each([
    'none login',
    'login none',
    'none consent select_account',
  ])('C3 prompt=none stands alone: %s', async (prompt) => {
    const { browser } = await atWiki();

    const answer = await askSilently(browser, wiki, { prompt, state: 'mine' });

    expect([answer.get('error'), answer.get('state')]).toEqual(['invalid_request', 'mine']);
    expect(answer.has('code')).toBe(false);
  });

  it('C4 prompt=login asks for the password again, and auth_time is new', async () => {
    const { browser, tokens } = await atWiki();
    const before = claimsOf((await signInSilently(browser, wiki, { max_age: '9999' })).idToken).auth_time ?? 0;
    letPass(30 * SECOND);

    const page = await browser.get(wiki.authorizationUrl({ prompt: 'login', max_age: '9999' }), { follow: true });
    expectSignInForm(page);
    const wrong = await browser.submit(page, { username: 'alice', password: 'wrong' }, { stopAt: wiki.redirectUri });
    expect(wrong.location).toBeUndefined();
    const back = await browser.submit(wrong, passwordFor('alice'), { stopAt: wiki.redirectUri });

    const again = await wiki.finish(back.location ?? '');
    expect(again.claims.sub).toBe(tokens.claims.sub);
    expect(claimsOf(again.idToken).auth_time).toBeGreaterThanOrEqual(before + 30);
  });

  it('C5 prompt=select_account lets the person choose', async () => {
    const { browser, tokens } = await atWiki();

    const page = await browser.get(wiki.authorizationUrl({ prompt: 'select_account' }));

    expect(page.forms[0]?.choices['decision']).toEqual(expect.arrayContaining(['continue', 'other']));
    const back = await browser.submit(page, { decision: 'continue' }, { stopAt: wiki.redirectUri });
    expect((await wiki.finish(back.location ?? '')).claims.sub).toBe(tokens.claims.sub);
  });

  it('C6 max_age: signed in longer ago means signing in again; the ID token says when it was', async () => {
    const { browser, tokens } = await atWiki();
    letPass(100 * SECOND);

    const fresh = await signInSilently(browser, wiki, { max_age: '1000' });
    const old = await askSilently(browser, wiki, { max_age: '50' });
    const page = await browser.get(wiki.authorizationUrl({ max_age: '50' }));

    const signedInAt = (tokens.claims.iat ?? 0) - 5;
    expect(fresh.claims['auth_time']).toBeGreaterThanOrEqual(signedInAt);
    expect(fresh.claims['auth_time']).toBeLessThanOrEqual(signedInAt + 10);
    expect(old.get('error')).toBe('login_required');
    expectSignInForm(page);
    const back = await browser.submit(page, passwordFor('alice'), { stopAt: wiki.redirectUri });
    const again = await wiki.finish(back.location ?? '');
    expect(again.claims['auth_time']).toBeGreaterThanOrEqual(signedInAt + 100);
  });

  it('C6 max_age=0 asks like prompt=login, even a second after a sign-in', async () => {
    const { browser } = await atWiki();

    expectSignInForm(await browser.get(wiki.authorizationUrl({ max_age: '0' })));
    expect((await askSilently(browser, wiki, { max_age: '0' })).get('error')).toBe('login_required');
  });

  it('C7 default_max_age of a client counts when the request has none', async () => {
    const { aged } = world.apps;
    const { browser } = await atWiki();
    expect((await signInSilently(browser, aged)).claims['auth_time']).toEqual(expect.any(Number));
    letPass(100 * SECOND);

    expect((await askSilently(browser, aged)).get('error')).toBe('login_required');
    expect((await askSilently(browser, aged, { max_age: '1000' })).has('code')).toBe(true);
    expect((await askSilently(browser, wiki)).has('code')).toBe(true);
  });

  it('C7 require_auth_time puts auth_time into every ID token', async () => {
    const { browser } = await atWiki();

    expect((await signInSilently(browser, world.apps.timed)).claims['auth_time']).toEqual(expect.any(Number));
  });

  it.each<[string, (alice: Tokens) => Record<string, string>]>([
    ['id_token_hint', ({ idToken }) => ({ id_token_hint: idToken })],
    [
      'the claims parameter',
      ({ claims }) => ({ claims: JSON.stringify({ id_token: { sub: { value: claims.sub } } }) }),
    ],
  ])('C8 never answers for another person than the one asked for by %s', async (_, asking) => {
    const alice = await atWiki('alice');
    const { browser } = await atWiki('bob');
    const parameters = asking(alice.tokens);

    expect((await askSilently(browser, wiki, parameters)).get('error')).toBe('login_required');
    const page = await browser.get(wiki.authorizationUrl(parameters), { stopAt: wiki.redirectUri });
    expectSignInForm(page);
    const stillBob = await browser.submit(page, passwordFor('bob'), { stopAt: wiki.redirectUri });
    expect(answerTo(wiki, stillBob).get('error')).toBe('login_required');
    const again = await browser.get(wiki.authorizationUrl(parameters), { stopAt: wiki.redirectUri });
    const back = await browser.submit(again, passwordFor('alice'), { stopAt: wiki.redirectUri });
    expect((await wiki.finish(back.location ?? '')).claims.sub).toBe(alice.tokens.claims.sub);
    expect((await askSilently(alice.browser, wiki, parameters)).has('code')).toBe(true);
  });

  it.each<[string, (tokens: Tokens) => string | Promise<string>]>([
    ['forged', ({ claims }) => forge(claims)],
    ['without signature', ({ idToken }) => unsigned(idToken)],
    ['no token at all', () => 'not a token'],
  ])('C9 a hint that is not ours is an error: %s', async (_, hint) => {
    const { browser, tokens } = await atWiki();

    const answer = await askSilently(browser, wiki, { id_token_hint: await hint(tokens), state: 'mine' });

    expect([answer.get('error'), answer.get('state')]).toEqual(['invalid_request', 'mine']);
    expect(answer.has('code')).toBe(false);
  });

  it('C9 an expired hint of ours is taken, of the running session and of one that is over', async () => {
    const { browser, tokens } = await atWiki();
    letPass(3 * HOUR);
    expect((await askSilently(browser, wiki, { id_token_hint: tokens.idToken })).has('code')).toBe(true);
    await signOff(browser, wiki, tokens);
    await wiki.signIn(browser, { username: 'alice' });

    expect((await askSilently(browser, wiki, { id_token_hint: tokens.idToken })).has('code')).toBe(true);
  });

  it.each([
    ['unsupported_response_type', { response_type: 'token' }],
    ['unsupported_response_type', { response_type: 'code id_token' }],
    ['invalid_request', { response_type: '' }],
    ['invalid_request', { code_challenge: '' }],
    ['invalid_request', { max_age: '-1' }],
  ])('C10 errors go to the redirect address with state and without a code: %s for %j', async (error, parameters) => {
    const { browser } = await atWiki();

    const page = await browser.get(wiki.authorizationUrl({ state: 'mine', ...parameters }), { follow: false });

    // Hybrid and implicit requests are answered in the fragment, where their apps look for it.
    const answer = new URL((page.location ?? '').replace('#', '?')).searchParams;
    expect(page.location?.startsWith(wiki.redirectUri)).toBe(true);
    expect([answer.get('error'), answer.get('state'), answer.has('code')]).toEqual([error, 'mine', false]);
    expect(answer.get('iss')).toBe(world.issuer);
  });

  it.each([
    ['another path', { redirect_uri: 'http://127.0.0.1:1/callback' }],
    ['a query added', (app: RelyingParty) => ({ redirect_uri: `${app.redirectUri}?x=1` })],
    ['an unknown client', { client_id: 'nobody' }],
    ['no address', { redirect_uri: '' }],
  ])('C10 an address that is not registered gets a page, never a redirect: %s', async (_, wrong) => {
    const { browser } = await atWiki();
    const parameters: Record<string, string> = typeof wrong === 'function' ? wrong(wiki) : wrong;

    const page = await browser.get(wiki.authorizationUrl(parameters), { follow: false });

    expect([page.status, page.location]).toEqual([400, undefined]);
    expect(page.body).toContain('<html');
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });
});

function expectSignInForm(page: Page): void {
  expect(page.status).toBe(200);
  expect(page.forms[0]?.fields).toHaveProperty('password');
}
