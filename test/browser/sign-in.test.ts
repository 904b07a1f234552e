import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';
import { type Browser, describeInBrowser, type Page, startBrowser } from './chromium.ts';

const LONG_MS = 60_000;

describeInBrowser('signing in in Chromium', () => {
  let browser: Browser;
  let slow: SlowApp;
  let world: World<'wiki' | 'slow'>;

  beforeAll(async () => {
    slow = await startSlowApp();
    world = await startWorld({ apps: { wiki: {}, slow: { file: { redirect_uris: [slow.redirectUri] } } } });
    browser = await startBrowser();
  }, LONG_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    slow?.stop();
  });

  async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext();
    try {
      await use(await context.newPage());
    } finally {
      await context.close();
    }
  }

  it(
    'sixty sign-ins begun and left behind throw out none of ten cookies of another service on the host',
    async () => {
      await withPage(async (page) => {
        const others = Array.from({ length: 10 }, (_, at) => ({ name: `other${at}`, value: 'x', url: world.issuer }));
        await page.context().addCookies(others);

        for (let count = 0; count < 60; count++) await page.goto(world.apps.wiki.authorizationUrl());
        const left = (await page.context().cookies(world.issuer)).map((cookie) => cookie.name);

        expect(left.filter((name) => name.startsWith('other'))).toHaveLength(10);
        expect(left.length).toBeLessThanOrEqual(15);
      });
    },
    LONG_MS,
  );

  it(
    'a double click on "Sign in" ends at the app',
    async () => {
      await withPage(async (page) => {
        const { wiki } = world.apps;
        await page.goto(wiki.authorizationUrl());
        await fillIn(page);

        await page.getByRole('button', { name: 'Sign in' }).dblclick();

        // The second click may cut off the way of the first, which a wait for that navigation takes for a failure.
        await eventually(() => page.url().startsWith(`${wiki.redirectUri}?`));
        await expect(wiki.finish(page.url())).resolves.toHaveProperty('idToken');
      });
    },
    LONG_MS,
  );

  it(
    'so does a second click while the app is slow to take the answer to the first',
    async () => {
      await withPage(async (page) => {
        await page.goto(world.apps.slow.authorizationUrl({ redirect_uri: slow.redirectUri }));
        await fillIn(page);

        // By hand: Playwright's own click waits for the navigation that is under way.
        const box = await page.getByRole('button', { name: 'Sign in' }).boundingBox();
        const [x, y] = [(box?.x ?? 0) + 9, (box?.y ?? 0) + 9];
        await page.mouse.click(x, y);
        await slow.calledTimes(1);
        await page.mouse.click(x, y);
        await slow.calledTimes(2);
        slow.answer();

        await page.waitForURL(`${slow.redirectUri}?**`);
        expect(new URL(page.url()).searchParams.get('code')).toBeTruthy();
      });
    },
    LONG_MS,
  );
});

async function fillIn(page: Page): Promise<void> {
  await page.fill('#username', 'alice');
  await page.fill('#password', PASSWORD);
}

interface SlowApp {
  readonly redirectUri: string;
  calledTimes(count: number): Promise<void>;
  /** From now on. */
  answer(): void;
  stop(): void;
}

/** Its callback keeps the browser waiting until it is told to answer. */
async function startSlowApp(): Promise<SlowApp> {
  const waiting: ServerResponse[] = [];
  const server: Server = createServer((_, response) => {
    waiting.push(response);
    server.emit('called');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    async calledTimes(count) {
      while (waiting.length < count) await once(server, 'called');
    },
    answer() {
      for (const response of waiting) response.end('signed in');
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
