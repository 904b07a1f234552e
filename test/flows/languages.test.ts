import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const GERMAN = { headers: { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' } };

function languageIn(page: Page): string | undefined {
  return /<html lang="([^"]*)">/u.exec(page.body)?.[1];
}

/** The switch in the foot. */
function switchOf(page: Page): string {
  const [, href = ''] = /<a href="([^"]*\bspeak=[^"]*)" hreflang="[a-z]+" lang="[a-z]+">/u.exec(page.body) ?? [];
  return new URL(href.replaceAll('&amp;', '&'), page.url).href;
}

function cookieOf(browser: Browser): string | undefined {
  return browser.cookies().find(({ name }) => name === 'lang')?.value;
}

describeFlows('languages', () => {
  let world: World<'wiki'>;

  beforeAll(async () => {
    const file = {
      party: 'third',
      client_name: 'Wiki',
      'client_name#de': 'Nachschlagewerk',
      'client_uri#de': 'https://de.example/',
    };
    world = await startWorld({ apps: { wiki: { file } } });
  });
  afterAll(() => world.stop());

  const home = (path = '') => `${world.issuer}/${path}`;

  describe('which one a page is in', () => {
    it('is English where nobody said anything, or only what nobody speaks', async () => {
      const browser = createBrowser();
      expect(languageIn(await browser.get(home()))).toBe('en');
      expect(languageIn(await browser.get(home(), { headers: { 'accept-language': 'fr, tlh;q=0.5' } }))).toBe('en');
      expect(languageIn(await browser.get(home(), { headers: { 'accept-language': '*' } }))).toBe('en');
    });

    it("is the browser's, before that the cookie's, before that the app's wish", async () => {
      const browser = createBrowser();
      const byBrowser = await browser.get(home(), GERMAN);
      expect([languageIn(byBrowser), byBrowser.headers['content-language']]).toEqual(['de', 'de']);
      expect(byBrowser.body).toContain('Sie sind nicht angemeldet');
      await browser.get(home('?speak=en'));
      expect(languageIn(await browser.get(home(), GERMAN))).toBe('en');
      expect(languageIn(await browser.get(home('?ui_locales=tlh%20de-CH'), GERMAN))).toBe('de');
      expect(languageIn(await browser.get(home('?ui_locales=tlh'), GERMAN))).toBe('en');
    });

    it('is the same for errors, of ours and of the library', async () => {
      const browser = createBrowser();
      const missing = await browser.get(home('nowhere'), GERMAN);
      expect([missing.status, languageIn(missing)]).toEqual([404, 'de']);
      expect(missing.body).toContain('Diese Seite gibt es nicht');
      const unknown = await browser.get(home('auth?client_id=nobody&ui_locales=de'));
      expect(unknown.body).toContain('ist bei diesem Dienst nicht eingetragen');
    });

    it('stays English for programs', async () => {
      const answer = await createBrowser().get(home('nowhere'), {
        headers: { ...GERMAN.headers, accept: 'application/json' },
      });
      expect(JSON.parse(answer.body)).toMatchObject({ error_description: expect.stringContaining('address is wrong') });
    });

    it('survives values that are no language', async () => {
      const browser = createBrowser();
      for (const value of ['constructor', '__proto__', 'de.constructor', '..', 'x'.repeat(3_000), '%00']) {
        browser.setCookie({
          name: 'lang',
          value,
          host: 'localhost',
          path: '/',
          sameSite: 'lax',
          expiresAt: undefined,
          attributes: '',
        });
        expect([value.slice(0, 20), (await browser.get(home())).status]).toEqual([value.slice(0, 20), 200]);
      }
      for (const query of ['ui_locales=de&ui_locales=en', 'ui_locales[]=de', 'ui_locales=']) {
        expect((await browser.get(home(`?${query}`))).status).toBe(200);
      }
    });
  });

  describe("an app's wish", () => {
    it('holds from its request to the receipt', async () => {
      const browser = createBrowser();
      const signIn = await browser.get(world.apps.wiki.authorizationUrl({ ui_locales: 'de en' }));
      expect([languageIn(signIn), signIn.body.includes('Nachschlagewerk')]).toEqual(['de', true]);
      const wrong = await browser.submit(signIn, { username: 'alice', password: 'no' });
      expect(wrong.body).toContain('Name und Passwort passen nicht zusammen');
      const consent = await browser.submit(wrong, { username: 'alice', password: world.password });
      expect([languageIn(consent), consent.body.includes('Ihre E-Mail-Adresse sehen')]).toEqual(['de', true]);
      await browser.submit(consent, { decision: 'allow' }, { stopAt: world.apps.wiki.redirectUri });
      const page = await browser.get(world.apps.wiki.endSessionUrl({ client_id: 'wiki', ui_locales: 'de' }));
      expect([languageIn(page), page.body.includes('Wovon möchten Sie sich abmelden?')]).toEqual(['de', true]);
      const receipt = await browser.submit(page, { scope: 'all-here', decision: 'sign-out' });
      expect([languageIn(receipt), receipt.body.includes('Sie sind auf diesem Gerät abgemeldet')]).toEqual([
        'de',
        true,
      ]);
    });

    it('is heard when it comes by POST', async () => {
      const browser = createBrowser();
      await world.apps.wiki.signIn(browser);
      const fields = { client_id: 'wiki', ui_locales: 'de' };
      const page = await browser.post(home('session/end'), fields, { crossSite: true });
      expect(languageIn(page)).toBe('de');
      const english = await browser.get(switchOf(page));
      expect([languageIn(english), english.body.includes('What do you want to sign out of?')]).toEqual(['en', true]);
      expect(languageIn(await browser.get(switchOf(english)))).toBe('de');
    });

    it('is what discovery offers', async () => {
      const discovery = JSON.parse((await createBrowser().get(home('.well-known/openid-configuration'))).body);
      expect(discovery.ui_locales_supported).toEqual(['en', 'de']);
    });
  });

  describe('the switch in the foot', () => {
    it('changes the page at hand and all after it, for a year', async () => {
      const browser = createBrowser();
      const before = await browser.get(home('?x=1&y=%26'));
      expect(before.body).toContain('hreflang="de" lang="de">Deutsch</a>');
      const after = await browser.get(switchOf(before));
      expect([after.url, languageIn(after)]).toEqual([home('?x=1&y=%26'), 'de']);
      expect(after.body).toContain('hreflang="en" lang="en">English</a>');
      const cookie = browser.cookies().find(({ name }) => name === 'lang');
      expect(cookie?.attributes.toLowerCase()).toMatch(/path=\/.*samesite=lax.*httponly/u);
      expect((cookie?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(360 * 86_400_000);
      expect(languageIn(await browser.get(home()))).toBe('de');
      await browser.get(switchOf(after));
      expect(cookieOf(browser)).toBe('en');
    });

    it("overrules an app's wish on the pages that follow, and no other wish", async () => {
      const browser = createBrowser();
      const signIn = await browser.get(world.apps.wiki.authorizationUrl({ ui_locales: 'en' }));
      const german = await browser.get(switchOf(signIn));
      expect([languageIn(german), german.url]).toEqual(['de', signIn.url]);
      const consent = await browser.submit(
        german,
        { username: 'alice', password: world.password },
        { stopAt: world.apps.wiki.redirectUri },
      );
      expect(consent.location ?? languageIn(consent)).toMatch(/^de$|callback/u);
      expect(languageIn(await browser.get(home('?ui_locales=en')))).toBe('de');
      await browser.get(home('?speak=en'));
      expect(languageIn(await browser.get(home('?ui_locales=de')))).toBe('de');
    });

    it('leads back to a page that answers a GET, from one that answered a POST', async () => {
      const browser = createBrowser();
      const signIn = await browser.get(world.apps.wiki.authorizationUrl());
      const wrong = await browser.submit(signIn, { username: 'alice', password: 'no' });
      expect(new URL(switchOf(wrong)).pathname).toMatch(/^\/interaction\//u);
      await world.apps.wiki.signIn(browser);
      const asked = await browser.get(world.apps.wiki.endSessionUrl({ client_id: 'wiki' }));
      const refused = await browser.submit(asked, { scope: 'nothing', decision: 'sign-out' });
      expect([refused.status, new URL(switchOf(refused)).pathname]).toEqual([400, '/']);
    });

    it('repeats no hint: the request waits under a one-time id, and the page is the same', async () => {
      const browser = createBrowser();
      const { idToken } = await world.apps.wiki.signIn(browser);
      const request = { id_token_hint: idToken, post_logout_redirect_uri: world.apps.wiki.postLogoutRedirectUri };
      const page = await browser.get(world.apps.wiki.endSessionUrl({ ...request, state: 'x' }));
      expect(page.body).not.toContain(idToken.split('.')[1]);

      const german = await browser.get(switchOf(page));
      const done = await browser.submit(
        german,
        { scope: 'all-here', decision: 'sign-out' },
        { stopAt: request.post_logout_redirect_uri },
      );

      expect([languageIn(page), languageIn(german)]).toEqual(['en', 'de']);
      expect(german.forms[0]?.choices).toEqual(page.forms[0]?.choices);
      expect(done.location ?? done.body).toContain(`${request.post_logout_redirect_uri}?state=x`);
      const wrong = await browser.get(world.apps.wiki.endSessionUrl({ id_token_hint: `${idToken}x` }));
      expect([wrong.status, wrong.body.includes('speak='), wrong.body.includes(idToken)]).toEqual([400, false, false]);
    });

    it.each([
      '//evil.example/',
      '/\\evil.example/',
      '///evil.example',
      '/%5Cevil.example',
      '/nowhere',
    ])('leads nowhere but to the address that it stands in: %s', async (path) => {
      const { headers } = await createBrowser().get(`${world.issuer}${path}?speak=de`, { follow: false });
      expect(headers.location).toMatch(/^\/(?![/\\])/u);
      expect(headers['set-cookie']?.join()).toContain('lang=de');
    });

    it('does nothing at the addresses of programs', async () => {
      const { status, headers } = await createBrowser().get(home('jwks?speak=de'), { follow: false });
      expect([status, headers['set-cookie']]).toEqual([200, undefined]);
    });

    it('does nothing for what is no language', async () => {
      const browser = createBrowser();
      await browser.get(home('?speak=constructor'));
      expect(cookieOf(browser)).toBeUndefined();
    });
  });
});
