import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ReceiptPage } from '../../src/http/receipt-models.ts';
import { barriers, bringAxe, unreachedByTab } from './accessible.ts';
import {
  type Browser,
  type Context,
  type ContextOptions,
  describeInBrowser,
  type Page,
  startBrowser,
} from './chromium.ts';
import { HOSTILE, poisoned } from './hostile.ts';
import { type PageServer, startPageServer } from './page-server.ts';
import { type Sample, samples } from './sample-pages.ts';

const LONG_MS = 120_000;
/** Our CSP would stop axe; movement would make colours uncertain. */
const FOR_AXE: ContextOptions = { bypassCSP: true, reducedMotion: 'reduce' };

const WIDE = { width: 1_280, height: 720 };
const PHONE = { width: 320, height: 640 };
/** Each page is loaded once and then looked at in all of these. */
const LOOKS = [
  ['light', WIDE],
  ['dark', WIDE],
  ['light', PHONE],
] as const;

/** All hostile texts at once where they can share a field, and those that only work alone: addresses, and length. */
const ALONE = HOSTILE.filter((text) => /^( ?java|\/\t|W{100})/u.test(text));
const POISONS = [HOSTILE.filter((text) => !ALONE.includes(text)).join(' '), ...ALONE];
const hostilePages = POISONS.flatMap((text, at) =>
  samples.map((sample) => ({ ...poisoned(sample, text), name: `hostile-${at}-${sample.name}` })),
);

const trying = samples.find(({ name }) => name === 'receipt-trying')?.model as ReceiptPage;
const live: ReceiptPage = { ...trying, href: '/logout/live' };

describeInBrowser('pages in Chromium', () => {
  let browser: Browser;
  let server: PageServer;

  beforeAll(async () => {
    browser = await startBrowser();
    server = await startPageServer([...samples, ...hostilePages]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  async function withContext(options: ContextOptions, use: (context: Context) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options);
    try {
      await use(context);
    } finally {
      await context.close();
    }
  }

  function withPage(options: ContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    return withContext(options, async (context) => use(await context.newPage()));
  }

  function withAxe(options: ContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    return withContext({ ...options, ...FOR_AXE }, async (context) => {
      await bringAxe(context);
      await use(await context.newPage());
    });
  }

  it.each([
    ['English', 'en-GB'],
    ['German', 'de-DE'],
  ])(
    'UX10 axe finds nothing serious on any page, light, dark and 320 px wide, in %s',
    async (_, locale) => {
      await withAxe({ locale }, async (page) => {
        for (const sample of samples) {
          await open(page, sample, locale.slice(0, 2));
          for (const [colorScheme, viewport] of LOOKS) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize(viewport);
            await examine(page, sample);
          }
        }
      });
    },
    LONG_MS,
  );

  it(
    'UX10 axe finds nothing serious on any page, without script',
    async () => {
      await withAxe({}, async (page) => {
        for (const sample of samples) {
          await open(page, sample, 'en', '?scripts=none');
          await examine(page, sample);
        }
      });
    },
    LONG_MS,
  );

  async function open(page: Page, { name, view }: Sample, language: string, query = ''): Promise<void> {
    await page.goto(`${server.origin}/pages/${name}${query}`);
    // Operators' pages speak English only (docs/decisions/0023).
    expect(await page.getAttribute('html', 'lang')).toBe(view === 'admin' ? 'en' : language);
  }

  async function examine(page: Page, { name }: Sample): Promise<void> {
    const seen = { name, found: await barriers(page), wider: await overflow(page) };
    expect(seen).toEqual({ name, found: [], wider: 0 });
  }

  it(
    'UX10 everything on any page that can be used is reached by Tab, and seen to be',
    async () => {
      await withPage({}, async (page) => {
        for (const { name } of samples) {
          await page.goto(`${server.origin}/pages/${name}`);
          expect({ name, unreached: await unreachedByTab(page) }).toEqual({ name, unreached: [] });
        }
      });
    },
    LONG_MS,
  );

  it(
    'hostile text in every field runs nowhere and pushes nothing off a phone',
    async () => {
      await withPage({ viewport: PHONE, bypassCSP: true }, async (page) => {
        for (const { name } of hostilePages) {
          await page.goto(`${server.origin}/pages/${name}`, { waitUntil: 'load' });
          const pwned = await page.evaluate(poke);
          expect({ name, pwned, wider: await overflow(page) }).toEqual({ name, pwned: false, wider: 0 });
        }
      });
    },
    LONG_MS,
  );

  it('asks nobody else for anything', async () => {
    await withPage({}, async (page) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).origin));
      for (const { name } of samples) await page.goto(`${server.origin}/pages/${name}`);
      expect([...new Set(asked)]).toEqual([server.origin]);
    });
  });

  it.each([
    true,
    false,
  ])('a form is sent and its answer followed to the app, with script: %p', async (javaScriptEnabled) => {
    await withPage({ javaScriptEnabled }, async (page) => {
      await page.goto(`${server.origin}/pages/sign-in`);
      await page.fill('[name=username]', 'mira');
      await page.fill('[name=password]', 'p&ss');
      await page.check('[name=shared]');
      await page.click('button:has-text("Sign in")');
      await page.waitForURL(`${server.appOrigin}/bye`);
      const sent = new URLSearchParams(server.posted.at(-1));
      expect(Object.fromEntries(sent)).toEqual({
        csrf: expect.any(String),
        username: 'mira',
        password: 'p&ss',
        shared: 'on',
      });
    });
  });

  it('the whole sign-off page works by keyboard', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${server.origin}/pages/sign-off`);
      await page.focus('[name=scope]:checked');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${server.appOrigin}/bye`);
      expect(Object.fromEntries(new URLSearchParams(server.posted.at(-1)))).toMatchObject({
        scope: 'app-everywhere',
        decision: 'sign-out',
        request: 'r1',
      });
    });
  });

  it('a script says what it says in the language of its page', async () => {
    await withPage({ locale: 'de-DE' }, async (page) => {
      await page.goto(`${server.origin}/pages/sign-in`);
      await page.click('button:has-text("Zeigen")');
      expect(await page.getAttribute('button.inside', 'aria-label')).toBe('Passwort verbergen');
    });
  });

  it('UX1 shows the password on request, and only with script', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${server.origin}/pages/sign-in`);
      await page.fill('#password', 'secret');
      await page.click('button:has-text("Show")');
      expect(await page.getAttribute('#password', 'type')).toBe('text');
      await page.click('button:has-text("Hide")');
      expect(await page.getAttribute('#password', 'type')).toBe('password');
    });
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${server.origin}/pages/sign-in`);
      expect(await page.locator('button:has-text("Show")').count()).toBe(0);
    });
  });

  it('UX4 the receipt follows along and continues when the last app has answered', async () => {
    const continueUri = `${server.appOrigin}/bye`;
    const detail = { ...(live.detail as NonNullable<ReceiptPage['detail']>), continueUri };
    await withPage({}, async (page) => {
      server.showReceipt({ ...live, detail });
      await page.goto(`${server.origin}/logout/live`);
      await server.listening();
      expect(await page.textContent('#summary')).toContain('2 of 4 apps have confirmed.');
      const apps = detail.apps.map((app) => (app.clientId === 'cal' ? { ...app, state: 'told' as const } : app));
      const counts = { ...live.counts, told: 3, trying: 0 };
      server.showReceipt({ ...live, state: 'settled', counts, detail: { ...detail, apps } });
      await page.waitForSelector('li:has-text("Calendar") .told');
      expect(await page.textContent('#summary')).toContain('3 of 4 apps have confirmed.');
      expect(await page.getAttribute('#summary', 'aria-live')).toBe('polite');
      await page.waitForURL(continueUri);
    });
  });

  it('"Stay here" stays, with script and without', async () => {
    server.showReceipt({ ...live, state: 'settled' });
    for (const javaScriptEnabled of [true, false]) {
      await withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${server.origin}/logout/live`);
        await page.click('a:has-text("Stay here")');
        await page.waitForURL(`${server.origin}/logout/live?stay=1`);
        expect(await page.locator('#onward, meta[http-equiv=refresh]').count()).toBe(0);
        expect(await page.locator('button:has-text("Done")').count()).toBe(1);
      });
    }
  });

  it('without script the receipt loads itself again and then continues', async () => {
    const continueUri = `${server.appOrigin}/bye`;
    const detail = { ...(live.detail as NonNullable<ReceiptPage['detail']>), continueUri };
    server.showReceipt({ ...live, now: live.at + 4_500, detail });
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${server.origin}/logout/live`);
      await page.waitForURL(continueUri);
    });
  });
});

/** How many pixels the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}

/** Runs in the page: touches everything that could carry a handler, then tells whether something ran. */
const poke = `(() => {
  for (const element of document.querySelectorAll('*')) {
    element.dispatchEvent(new Event('mouseover'));
    element.focus?.();
    if (element.tagName === 'A' && element.protocol === 'javascript:') globalThis.pwned = element.outerHTML;
  }
  return 'pwned' in globalThis;
})()`;
