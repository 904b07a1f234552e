/** The devices page in a real browser, on the real product: by keyboard, live, and without script. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import { type Browser, type ContextOptions, describeInBrowser, type Page, startBrowser } from './chromium.ts';
import { look, press, signInAt } from './looking.ts';

jest.setTimeout(120_000);

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1';

describeInBrowser('the devices page in Chromium', () => {
  let browser: Browser;
  let world: World<'wiki' | 'mail'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: { file: { backchannel_logout_uri: undefined } } } });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  async function signedIn(options: ContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== world.issuer) foreign.push(request.url());
    });
    await signInAt(page, `${world.issuer}/devices`, 'alice');
    expect(foreign).toEqual([]);
    return page;
  }

  const rowOf = (page: Page, device: string) => page.locator('#devices > li').filter({ hasText: device });

  it('is worked by keyboard alone, from the sign-in to the receipt', async () => {
    const phone = createBrowser(PHONE);
    const { claims } = await world.apps.wiki.signIn(phone);
    await world.apps.mail.signIn(phone);
    const page = await signedIn();
    await look(page, 'devices');
    const button = rowOf(page, 'Safari on iPhone').getByRole('button', { name: /^Sign out of/ });

    await press(page, button);
    await page.waitForURL(/\/logout\//);

    await world.apps.wiki.waitForSids([String(claims.sid)]);
    await look(page, 'devices receipt');
    await page.getByRole('link', { name: 'All my devices' }).click();
    await rowOf(page, 'Signed out by you').first().waitFor();
    await look(page, 'devices afterwards');
    await page.context().close();
  });

  it('changes by itself when a session begins or ends elsewhere, and leads to sign in when it is this one', async () => {
    const page = await signedIn();
    await page.waitForFunction('document.readyState === "complete"');
    const tablet = createBrowser('Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0.0.0 Safari/537.36');
    await world.apps.wiki.signIn(tablet);
    await rowOf(page, 'Chrome OS').waitFor();
    const own = await rowOf(page, 'This device').locator('input[name="session"]').first().inputValue();
    const actor = { kind: 'operator' } as const;
    await world.server.endSessions({ kind: 'session', uid: own }, { reason: 'operator', actor });

    await page.getByLabel('Password', { exact: true }).waitFor();
    await page.context().close();
  });

  it('does all of it without script, at 320 px, in the dark', async () => {
    const phone = createBrowser(PHONE);
    const { claims } = await world.apps.wiki.signIn(phone);
    const page = await signedIn({
      javaScriptEnabled: false,
      colorScheme: 'dark',
      viewport: { width: 320, height: 640 },
    });
    await look(page, 'devices narrow', false);
    const row = rowOf(page, 'Safari on iPhone')
      .filter({ has: page.locator('button') })
      .first();
    await row.locator('summary', { hasText: 'Rename' }).click();
    await row.getByLabel('Name of this device').fill('My phone');
    await row.getByRole('button', { name: 'Save' }).click();
    await rowOf(page, 'My phone').first().waitFor();
    await page.getByRole('button', { name: /^Sign out the other/ }).click();
    await look(page, 'confirm narrow', false);
    await page.getByRole('button', { name: 'Sign them out' }).click();
    await page.waitForURL(/\/logout\//);

    await world.apps.wiki.waitForSids([String(claims.sid)]);
    await page.context().close();
  });
});
