import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty } from '../support/relying-party.ts';
import { type Browser, type ContextOptions, describeInBrowser, type Page, startBrowser } from './chromium.ts';
import { signInAt } from './sign-in-at.ts';

const LONG_MS = 60_000;

describeInBrowser('the whole product in Chromium', () => {
  let browser: Browser;
  let world: World<'wiki' | 'mail' | 'notes'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, mail: {}, notes: { file: { party: 'third' } } },
      settings: { SIGNOFF_LOGOUT_WAIT: '300ms' },
    });
    browser = await startBrowser();
  }, LONG_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  async function withPage(options: ContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options);
    try {
      await use(await context.newPage());
    } finally {
      await context.close();
    }
  }

  it.each<[string, ContextOptions]>([
    ['with script', {}],
    ['without script', { javaScriptEnabled: false }],
  ])(
    'sign in at three apps, sign off at one: all are told, the browser is back at the app, %s',
    async (_, options) => {
      await withPage(options, async (page) => {
        const { wiki, mail, notes } = world.apps;
        const before = [wiki, mail, notes].map((app) => app.received.length);
        const hint = await signIn(page, wiki);
        await signIn(page, mail);
        await signIn(page, notes);

        await page.goto(signOffUrl(wiki, hint));

        expect(page.url()).toBe(`${wiki.postLogoutRedirectUri}?state=s1`);
        await Promise.all([wiki, mail, notes].map((app, at) => app.waitForTokens((before[at] ?? 0) + 1)));
        await page.goto(world.issuer);
        expect(await page.textContent('h1')).toBe('You are not signed in');
      });
    },
    LONG_MS,
  );

  it(
    'a receipt keeps itself up to date and continues to the app by itself',
    async () => {
      await withPage({}, async (page) => {
        const { wiki, mail } = world.apps;
        const hint = await signIn(page, wiki);
        await signIn(page, mail);
        mail.behaviour = '500';

        await page.goto(signOffUrl(wiki, hint));
        expect(new URL(page.url()).pathname).toMatch(/^\/logout\//);
        expect(await page.textContent('#live')).toContain('Mail');
        mail.behaviour = 'ok';

        await page.waitForSelector('#receipt[data-state="settled"]');
        await page.waitForURL(`${wiki.postLogoutRedirectUri}?state=s1`);
      });
    },
    LONG_MS,
  );

  it(
    'the form of the sign-off page may lead back to the app: no policy of ours stops it',
    async () => {
      await withPage({}, async (page) => {
        const { notes } = world.apps;
        const hint = await signIn(page, notes);

        await page.goto(signOffUrl(notes, hint));
        await page.click('button[value="sign-out"]');

        await page.waitForURL(`${notes.postLogoutRedirectUri}?state=s1`);
      });
    },
    LONG_MS,
  );

  it(
    'A20 a real cross-site POST arrives without the cookie, comes back with it, and signs off',
    async () => {
      await withPage({}, async (page) => {
        const { wiki } = world.apps;
        const hint = await signIn(page, wiki);
        const before = wiki.received.length;
        const fields = { id_token_hint: hint, post_logout_redirect_uri: wiki.postLogoutRedirectUri };
        const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
        await page.goto(`${wiki.origin}/account`);
        await page.setContent(
          `<form method="post" action="${world.issuer}/session/end">${inputs.join('')}<button>Out</button></form>`,
        );

        await page.click('button');

        await page.waitForURL(wiki.postLogoutRedirectUri);
        await wiki.waitForTokens(before + 1);
      });
    },
    LONG_MS,
  );

  async function signIn(page: Page, app: RelyingParty): Promise<string> {
    return (await signInAt(page, app)).idToken;
  }

  function signOffUrl(app: RelyingParty, hint: string): string {
    return app.endSessionUrl({
      id_token_hint: hint,
      post_logout_redirect_uri: app.postLogoutRedirectUri,
      state: 's1',
    });
  }
});
