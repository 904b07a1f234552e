import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startWorld, type World } from '../support/product.ts';
import { barriers } from './accessible.ts';
import { type Browser, describeInBrowser, type Page, startBrowser } from './chromium.ts';

const LONG_MS = 120_000;

describeInBrowser('passkeys in Chromium', () => {
  let browser: Browser;
  let world: World<'wiki'>;

  beforeAll(async () => {
    const settings = { SIGNOFF_SECOND_FACTOR: 'require', SIGNOFF_STEP_UP: '1ms' };
    world = await startWorld({ apps: { wiki: {} }, settings });
    browser = await startBrowser();
  }, LONG_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  /** A page whose browser has an authenticator that knows its owner. */
  async function withAuthenticator(use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ bypassCSP: false });
    try {
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      await devtools.send('WebAuthn.enable');
      await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      await use(page);
    } finally {
      await context.close();
    }
  }

  const claims = async (page: Page) => {
    await page.waitForURL(`${world.apps.wiki.redirectUri}?**`);
    const { idToken } = await world.apps.wiki.finish(page.url());
    return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
  };

  /** Signs in by the password, and makes a passkey on the way. */
  async function enrolAt(page: Page, username: string): Promise<void> {
    await page.goto(world.apps.wiki.authorizationUrl());
    await page.fill('#username', username);
    await page.fill('#password', world.password);
    await page.click('button:has-text("Sign in")');
    await page.click('a:has-text("Add a passkey")');
    await page.fill('#name', 'Laptop');
    await page.click('button:has-text("Make a passkey")');
    await page.waitForSelector('h1:has-text("Your recovery codes")');
  }

  it(
    'are made on the way in, prove the second factor, and stand in for the password',
    async () => {
      await withAuthenticator(async (page) => {
        const { wiki } = world.apps;
        await enrolAt(page, 'alice');
        expect(await page.locator('.codes li').count()).toBe(10);
        await page.click('button:has-text("I have kept them")');
        expect(await claims(page)).toMatchObject({ acr: 'urn:signoff:passkey' });

        await page.context().clearCookies();
        await page.goto(wiki.authorizationUrl());
        await page.fill('#username', 'alice');
        await page.fill('#password', world.password);
        await page.click('button:has-text("Sign in")');
        await page.waitForSelector('h1:has-text("Confirm that it is you")');
        await page.click('button:has-text("Use a passkey")');
        expect(await claims(page)).toMatchObject({ acr: 'urn:signoff:passkey', amr: expect.arrayContaining(['pwd']) });

        await page.context().clearCookies();
        const acr = { essential: true, value: 'urn:signoff:passkey' };
        await page.goto(wiki.authorizationUrl({ claims: JSON.stringify({ id_token: { acr } }) }));
        await page.fill('#username', 'alice');
        await page.fill('#password', world.password);
        await page.click('button:has-text("Sign in")');
        await page.waitForSelector('h1:has-text("Confirm that it is you")');
        expect(await page.locator('#code').count()).toBe(0);
        await page.click('button:has-text("Use a passkey")');
        expect(await claims(page)).toMatchObject({ acr: acr.value });

        await page.context().clearCookies();
        await page.goto(wiki.authorizationUrl());
        await page.click('a:has-text("Use a passkey")');
        await page.click('button:has-text("Use a passkey")');
        const alone = await claims(page);
        expect([alone.acr, alone.amr.includes('pwd')]).toEqual(['urn:signoff:passkey', false]);
        expect(alone.sub).toBe(await world.accountId('alice'));
      });
    },
    LONG_MS,
  );

  it(
    'prove it again in the place of the password, and what is no answer proves nothing',
    async () => {
      await withAuthenticator(async (page) => {
        await enrolAt(page, 'bob');
        await page.click('button:has-text("I have kept them")');
        await page.waitForURL(`${world.apps.wiki.redirectUri}?**`);
        await page.goto(`${world.issuer}/devices`);
        await page.click('button:has-text("Sign out everywhere")');
        await page.waitForSelector('#password');
        const sessions = () => world.store.sessions.list({ accountId, state: 'live' }, { limit: 5 });
        const accountId = await world.accountId('bob');

        await page.evaluate(`document.querySelector('[name=proof_passkey]').value = '{"id":"x"}'`);
        await page.evaluate(`document.querySelector('form[data-passkey]').submit()`);
        await page.waitForSelector('.notice:has-text("Nothing was done yet")');
        expect(await sessions()).toHaveLength(1);

        await page.click('button:has-text("Use a passkey instead")');
        await page.waitForURL(/\/logout\//u);
        expect(await sessions()).toEqual([]);
      });
    },
    LONG_MS,
  );

  it(
    'without a passkey the page says so; what is no answer is refused',
    async () => {
      await withAuthenticator(async (page) => {
        const { wiki } = world.apps;
        await page.goto(wiki.authorizationUrl());
        await page.click('a:has-text("Use a passkey")');
        await page.click('button:has-text("Use a passkey")');
        await page.waitForSelector('[data-trouble]:not([hidden])');
        await page.evaluate(`document.querySelector('[name=passkey]').value = '{"id":"x"}'`);
        await page.evaluate(`document.querySelector('form[data-passkey]').submit()`);
        await page.waitForSelector('.notice:has-text("not known here")');
      });
    },
    LONG_MS,
  );

  it('without script the pages say so, and nothing else is in the way', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(world.apps.wiki.authorizationUrl());
    await page.click('a:has-text("Use a passkey")');
    expect(await page.locator('button:has-text("Use a passkey"):visible').count()).toBe(0);
    expect(await page.locator('noscript').first().textContent()).toContain('scripts are switched off');
    await page.click('a:has-text("Sign in with the password instead")');
    expect(await page.locator('#password').count()).toBe(1);
    await context.close();
  });

  it('axe finds nothing serious on their pages', async () => {
    const context = await browser.newContext({
      bypassCSP: true,
      locale: 'de-DE',
      viewport: { width: 320, height: 640 },
    });
    const page = await context.newPage();
    await page.goto(world.apps.wiki.authorizationUrl());
    await page.click('a:has-text("Passkey verwenden")');
    expect(await barriers(page)).toEqual([]);
    await context.close();
  });
});
