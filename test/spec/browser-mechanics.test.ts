/** What a browser is given and made to forget (requirements.md §16). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page, type StoredCookie } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty } from '../support/relying-party.ts';
import { isSignedIn, signOff } from './scene.ts';

describe('cookies over plain http, as in development', () => {
  let world: World<'wiki' | 'notes'>;
  let wiki: RelyingParty;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, notes: { file: { party: 'third' } } } });
    wiki = world.apps.wiki;
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  it('W1 the session cookie is HttpOnly, SameSite=Lax, Path=/, for this host alone, without a prefix', async () => {
    const browser = createBrowser();
    await wiki.signIn(browser);

    const { attributes, path, sameSite } = sessionCookie(browser);

    expect([path, sameSite]).toEqual(['/', 'lax']);
    expect(attributes).toMatch(/httponly/i);
    expect(attributes).not.toMatch(/domain=|secure/i);
    for (const { name, attributes: all } of browser.cookies()) {
      expect([name, /httponly/i.test(all), /samesite=lax/i.test(all)]).toEqual([name, true, true]);
      expect(name).not.toMatch(/^__/);
    }
  });

  it('W2 a cookie that was there before the sign-in is not the one after it, and stays nobody’s', async () => {
    const browser = createBrowser();
    await browser.get(wiki.authorizationUrl());
    const before = browser.cookies();

    await wiki.signIn(browser);

    expect(before.map(({ value }) => value)).not.toContain(sessionCookie(browser).value);
    expect(await isSignedIn(withCookies(before), wiki)).toBe(false);
  });

  it('W2 a value that an attacker planted does not become a session', async () => {
    const planted = 'planted-by-an-attacker-0123456789-abcdefgh';
    const template = createBrowser();
    await wiki.signIn(template);
    const names = sessionCookies(template);
    const victim = withCookies(names.map((cookie) => ({ ...cookie, value: planted })));

    await wiki.signIn(victim);

    expect(sessionCookie(victim).value).not.toBe(planted);
    const attacker = withCookies(names.map((cookie) => ({ ...cookie, value: planted })));
    expect(await isSignedIn(attacker, wiki)).toBe(false);
  });

  it('W2 signing in again rotates it; the old value is dead a minute later, the new one is not', async () => {
    const browser = createBrowser();
    await wiki.signIn(browser);
    const before = sessionCookies(browser);

    await wiki.signIn(browser, { parameters: { prompt: 'login' } });

    expect(sessionCookie(browser).value).not.toBe(before[0]?.value);
    letPass(61 * SECOND);
    expect(await isSignedIn(withCookies(before), wiki)).toBe(false);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it('W2 a sign-off clears it with the attributes it was set with, and a kept copy opens nothing', async () => {
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    const kept = sessionCookies(browser);

    const answer = await signOff(browser, wiki, tokens);

    for (const { name, attributes } of kept) {
      const cleared = setCookies(answer).find((line) => line.startsWith(`${name}=`)) ?? '';
      expect(Date.parse(/expires=([^;]+)/i.exec(cleared)?.[1] ?? '')).toBeLessThan(Date.now());
      expect(shape(cleared)).toEqual(shape(`x; ${attributes}`));
    }
    expect(sessionCookies(browser)).toEqual([]);
    expect(await isSignedIn(withCookies(kept), wiki)).toBe(false);
    expect(await isSignedIn(withCookies(kept), wiki)).toBe(false);
  });

  it('W3 no page may be kept, and none wipes the cookies of sibling sites', async () => {
    const browser = createBrowser();
    const { notes } = world.apps;
    const form = await browser.get(notes.authorizationUrl());
    const consent = await browser.submit(form, { username: 'alice', password: world.password });
    const tokens = await wiki.signIn(browser);
    const home = await browser.get(`${world.issuer}/`);
    const question = await browser.get(`${world.issuer}/session/end`);
    const wrong = await signOff(browser, wiki, tokens, { client_id: 'notes' });
    const redirect = await signOff(browser, wiki, tokens);
    const again = await wiki.signIn(browser);
    const receipt = await browser.get(wiki.endSessionUrl({ id_token_hint: again.idToken }));
    const out = await browser.get(`${world.issuer}/session/end`);

    const pages: readonly Page[] = [form, consent, home, question, wrong, redirect, receipt, out];
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 400, 303, 200, 200]);
    for (const { headers } of pages) {
      expect(headers['cache-control']).toMatch(/no-store/);
      expect(headers['clear-site-data'] ?? '').not.toMatch(/cookies|\*/);
    }
  });
});

describe('cookies over https', () => {
  const ISSUER = 'https://id.example.test';
  let world: World<'wiki'>;
  let wiki: RelyingParty;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_ISSUER: ISSUER } });
    wiki = world.apps.wiki;
  });
  afterAll(() => world.stop());

  /** As a proxy in front would hand it on: the port is ours, the name is the issuer's. */
  const local = (url: string) => url.replace(/^https?:\/\/[^/]+/, `http://127.0.0.1:${world.server.port}`);
  const proxied = { follow: false, headers: { host: 'id.example.test', origin: ISSUER } };

  async function follow(browser: Browser, from: Page): Promise<Page> {
    let page = from;
    while (page.location !== undefined && !page.location.startsWith(wiki.origin)) {
      page = await browser.get(local(page.location), proxied);
    }
    return page;
  }

  async function signIn(browser: Browser): Promise<void> {
    const form = await follow(browser, await browser.get(local(wiki.authorizationUrl()), proxied));
    const answer = await browser.submit(form, { username: 'alice', password: world.password }, proxied);
    expect((await follow(browser, answer)).location).toContain('code=');
  }

  it('W1 the session cookie has the __Host- prefix, Secure, HttpOnly, SameSite=Lax, Path=/ and no Domain', async () => {
    const browser = createBrowser();
    await signIn(browser);

    const { name, attributes, path } = sessionCookie(browser);

    expect(name).toMatch(/^__Host-/);
    expect(path).toBe('/');
    expect(attributes).toMatch(/;?\s*secure/i);
    expect(attributes).toMatch(/httponly/i);
    expect(attributes).toMatch(/samesite=lax/i);
    expect(attributes).not.toMatch(/domain=/i);
    for (const cookie of browser.cookies())
      expect([cookie.name, /secure/i.test(cookie.attributes)]).toEqual([cookie.name, true]);
  });

  it('W1 a sign-off clears the cookie of the time before https too', async () => {
    const browser = createBrowser();
    await signIn(browser);
    const now = sessionCookie(browser);
    const before = now.name.replace('__Host-', '');
    browser.setCookie({ ...now, name: before, value: 'from-before' });
    const page = await browser.get(local(`${ISSUER}/session/end`), proxied);

    const answer = await browser.submit(page, { scope: 'all-here', decision: 'sign-out' }, proxied);

    const cleared = setCookies(answer).filter((line) => /expires=Thu, 01 Jan 1970/i.test(line));
    const names = cleared.map((line) => line.slice(0, line.indexOf('=')));
    expect(names).toEqual(expect.arrayContaining([now.name, before]));
    for (const line of cleared) expect(line).toMatch(/secure/i);
  });
});

/** The cookies that carry the session: the value, and its signature where there is one. */
function sessionCookies(browser: Browser): StoredCookie[] {
  return browser.cookies().filter(({ name }) => /^(__Host-)?signoff(_\d+)?(\.|$)/.test(name));
}

function sessionCookie(browser: Browser): StoredCookie {
  const [cookie] = sessionCookies(browser);
  if (cookie === undefined) throw new Error(`no session cookie among ${browser.cookies().map(({ name }) => name)}`);
  return cookie;
}

function withCookies(cookies: readonly StoredCookie[]): Browser {
  const browser = createBrowser();
  for (const cookie of cookies) browser.setCookie(cookie);
  return browser;
}

function setCookies(page: Page): readonly string[] {
  return page.headers['set-cookie'] ?? [];
}

/** What decides which cookie a browser means: all attributes but the time. */
function shape(setCookie: string): string[] {
  const [, ...attributes] = setCookie.split(';').map((part) => part.trim().toLowerCase());
  return attributes.filter((one) => !/^(expires|max-age)=/.test(one)).sort();
}
