import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { FRONT_CHANNEL_ONLY, registerFrontChannel } from '../support/front-channel.ts';
import { startWorld, type World } from '../support/product.ts';
import { type Browser, describeInBrowser, type Page, startBrowser } from './chromium.ts';
import { signInAt } from './sign-in-at.ts';

jest.setTimeout(60_000);

describeInBrowser('an app that only the browser can tell, in Chromium', () => {
  let browser: Browser;
  let world: World<'front' | 'wiki'>;
  let address: string;

  beforeAll(async () => {
    world = await startWorld({ apps: { front: { file: FRONT_CHANNEL_ONLY }, wiki: {} } });
    address = await registerFrontChannel(world, 'front');
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext();
    try {
      await use(await context.newPage());
    } finally {
      await context.close();
    }
  }

  it('is called by a frame of its own on the receipt, with iss and sid, and not told where from', async () => {
    await withPage(async (page) => {
      const { claims, idToken } = await signInAt(page, world.apps.front);
      const called = page.waitForResponse((response) => response.url().startsWith(address));

      await page.goto(world.apps.front.endSessionUrl({ id_token_hint: idToken }));
      const response = await called;

      const query = Object.fromEntries(new URL(response.url()).searchParams);
      expect(query).toEqual({ kept: '1', iss: world.issuer, sid: claims.sid });
      expect(response.status()).toBe(200);
      const frame = response.frame();
      expect([frame === page.mainFrame(), frame.parentFrame() === page.mainFrame()]).toEqual([false, true]);
      expect(await response.request().headerValue('referer')).toBeNull();
      await frame.waitForSelector('p:has-text("front at /front-channel")', { state: 'attached' });
    });
  });

  it('is the only one that the page lets a frame show', async () => {
    await withPage(async (page) => {
      const { idToken } = await signInAt(page, world.apps.front);
      const asked: string[] = [];
      page.on('request', (request) => void asked.push(request.url()));
      await page.goto(world.apps.front.endSessionUrl({ id_token_hint: idToken }));
      const elsewhere = `${world.apps.wiki.origin}/front-channel`;

      const violated = await page.evaluate(`new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve([event.effectiveDirective, event.blockedURI]));
        const frame = document.createElement('iframe');
        frame.src = ${JSON.stringify(elsewhere)};
        document.body.append(frame);
      })`);

      expect(violated).toEqual(['frame-src', world.apps.wiki.origin]);
      expect(asked.filter((url) => url.startsWith(world.apps.wiki.origin))).toEqual([]);
      expect(asked.filter((url) => url.startsWith(address))).toHaveLength(1);
    });
  });

  it('is called before the browser goes on to the app, which it does by itself', async () => {
    await withPage(async (page) => {
      const { front } = world.apps;
      const { idToken } = await signInAt(page, front);
      const request = { id_token_hint: idToken, post_logout_redirect_uri: front.postLogoutRedirectUri };
      const called = page.waitForResponse((response) => response.url().startsWith(address));

      await page.goto(front.endSessionUrl(request));

      await called;
      await page.waitForURL(front.postLogoutRedirectUri);
    });
  });
});
