/**
 * Seen in Chromium: each sign-in begun and left behind kept four cookies for an hour; 45 of them threw out all that other
 * services of the host had set. And of twelve restored tabs eleven asked for the password again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerTo, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page, sameCookies } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

const ALICE = { username: 'alice', password: PASSWORD };
const TABS = 12;

describeFlows('sign-ins begun and left behind', () => {
  let world: World<'wiki' | 'mail' | 'notes'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, notes: { file: { party: 'third' } } } });
  });
  afterAll(() => world.stop());

  describe('cookies', () => {
    it('are as few after sixty sign-ins begun as after two, and none of theirs is left after a sign-in', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      for (let count = 0; count < 2; count++) await browser.get(wiki.authorizationUrl());
      const after2 = names(browser);

      for (let count = 2; count < 60; count++) await browser.get(wiki.authorizationUrl());

      expect(names(browser)).toEqual(after2);
      expect(after2.length).toBeLessThanOrEqual(3);
      await wiki.signIn(browser);
      expect(names(browser)).toEqual(['csrf', 'device', 'signoff', 'signoff.sig']);
    });

    it('switched off: the page says so, and leads back to the app', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      const redirect = await browser.get(wiki.authorizationUrl(), { follow: false });
      browser.forget();

      const page = await browser.get(redirect.location ?? '');

      expect(page.status).toBe(403);
      expect(page.body).toContain('cookies_off');
      expect(page.body).toContain('<h1>Cookies are switched off</h1>');
      expect(page.body).toContain(`href="${wiki.origin}/"`);
    });
  });

  describe(`${TABS} tabs`, () => {
    it('that a new browser opens at once all show a page that works; after one sign-in the others go on', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      const pages = await Promise.all(Array.from({ length: TABS }, () => browser.get(wiki.authorizationUrl())));
      expect(pages.map((page) => page.forms[0]?.fields)).toEqual(
        pages.map(() => expect.objectContaining({ password: '' })),
      );

      const done = await browser.submit(pages[7] as Page, ALICE, { stopAt: wiki.redirectUri });

      expect(answerTo(wiki, done).has('code')).toBe(true);
      for (const page of pages.toSpliced(7, 1)) {
        const visit = await browser.get(page.url, { stopAt: wiki.redirectUri });
        expect(answerTo(wiki, visit).has('code')).toBe(true);
      }
      expect(names(browser)).toEqual(['csrf', 'device', 'signoff', 'signoff.sig']);
    });

    it('begun one after the other: a visit of each goes on by itself once the session lives', async () => {
      const { wiki, mail } = world.apps;
      const browser = createBrowser();
      const tabs: Page[] = [];
      for (let count = 0; count < TABS; count++) tabs.push(await browser.get(mail.authorizationUrl()));
      await wiki.signIn(browser);

      for (const tab of tabs) {
        const visit = await browser.get(tab.url, { stopAt: mail.redirectUri });
        await expect(mail.finish(visit.location ?? '')).resolves.toHaveProperty('idToken');
      }
    });

    it('unless signing in again was asked for', async () => {
      const { wiki, mail } = world.apps;
      const browser = createBrowser();
      const asked = await browser.get(mail.authorizationUrl({ prompt: 'login' }));
      const old = await browser.get(mail.authorizationUrl({ max_age: '0' }));
      await wiki.signIn(browser);

      for (const page of [asked, old]) {
        const visit = await browser.get(page.url, { stopAt: mail.redirectUri });
        expect(visit.forms[0]?.fields).toHaveProperty('password');
      }
    });

    it('a password that is sent all the same counts: somebody else signs in', async () => {
      const { wiki, mail } = world.apps;
      const browser = createBrowser();
      const tab = await browser.get(mail.authorizationUrl());
      await wiki.signIn(browser);

      const done = await browser.submit(tab, { username: 'bob', password: PASSWORD }, { stopAt: mail.redirectUri });

      expect((await mail.finish(done.location ?? '')).claims.sub).toBe(await world.accountId('bob'));
    });

    it('a consent that was asked in a session that is over asks for a sign-in first', async () => {
      const { wiki, notes } = world.apps;
      const browser = createBrowser();
      const tokens = await wiki.signIn(browser);
      const consent = await browser.get(notes.authorizationUrl());
      expect(consent.forms[0]?.choices['decision']).toContain('allow');
      await signOff(browser, wiki, tokens);

      const next = await browser.submit(consent, { decision: 'allow' }, { stopAt: notes.redirectUri });

      expect(next.forms[0]?.fields).toHaveProperty('password');
      expect(next.body).toContain('Notes');
    });
  });

  describe('in another browser', () => {
    it('a page is nobody’s: no form, no answer, only the way to the app', async () => {
      const { wiki } = world.apps;
      const page = await createBrowser().get(wiki.authorizationUrl());
      const other = createBrowser();
      const own = await other.get(wiki.authorizationUrl());

      const visit = await other.get(page.url);
      const sent = await other.post(page.url, { ...own.forms[0]?.fields, ...ALICE }, { stopAt: wiki.redirectUri });

      expect([visit.status, sent.status]).toEqual([403, 403]);
      expect(visit.forms).toEqual([]);
      expect(visit.body).toContain(`href="${wiki.origin}/"`);
    });

    it('the address after the password leads nowhere, and still leads on in the right one', async () => {
      const { wiki, mail } = world.apps;
      const browser = createBrowser();
      const page = await browser.get(wiki.authorizationUrl());
      // Of two tabs at once the later one is sent there, with the cookies of before the first one's answer.
      const laterTab = sameCookies(browser);
      await mail.signIn(browser, ALICE);
      const redirect = await laterTab.submit(page, ALICE, { follow: false });
      expect(redirect.location).toContain('/auth/');
      const thief = createBrowser();
      await thief.get(wiki.authorizationUrl());

      const stolen = await thief.get(redirect.location ?? '', { stopAt: wiki.redirectUri });
      const right = await browser.get(redirect.location ?? '', { stopAt: wiki.redirectUri });

      expect([stolen.status, stolen.location]).toEqual([403, undefined]);
      expect(answerTo(wiki, right).has('code')).toBe(true);
    });
  });
});

/** Over http each name carries the port. */
function names(browser: Browser): string[] {
  return browser
    .cookies()
    .map(({ name }) => name.replace(/_\d+(?=\.|$)/, ''))
    .sort();
}
