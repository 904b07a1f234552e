/**
 * The promise, seen by a person: a real browser signs in at the demo's three apps and signs off at one. Every page on
 * the way is looked at by axe; once wide with script, once at 320 px, dark and without script.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { firstFreePort } from '../support/free-port.ts';
import { barriers } from './accessible.ts';
import { type Browser, type ContextOptions, describeInBrowser, type Page, startBrowser } from './chromium.ts';
import { picture } from './looking.ts';

jest.setTimeout(120_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Demo {
  readonly provider: string;
  readonly apps: readonly { readonly client_id: string; readonly url: string }[];
  readonly accounts: readonly { readonly username: string; readonly password: string }[];
}

const LOOKS: readonly [string, ContextOptions][] = [
  ['wide, with script', {}],
  [
    '320 px, dark, without script',
    { viewport: { width: 320, height: 640 }, colorScheme: 'dark', javaScriptEnabled: false },
  ],
];

describeInBrowser('three apps in a real browser', () => {
  let browser: Browser;
  let child: ChildProcess;
  let demo: Demo;
  let port: number;

  beforeAll(async () => {
    port = await firstFreePort(4);
    ({ child, demo } = await startDemo(port));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(`${ROOT}/data/demo/${port}`, { recursive: true, force: true });
  });

  it.each(LOOKS)('are all out after one sign-off, and the receipt says so (%s)', async (look, options) => {
    const context = await browser.newContext({ ...options, bypassCSP: true });
    const page = await context.newPage();
    const see = (name: string) => lookAt(page, `${look} ${name}`, options.javaScriptEnabled !== false);
    await signInEverywhere(page, demo, see);
    for (const app of demo.apps) expect(await isSignedIn(page, app.url)).toBe(true);

    await page.goto(demo.provider);
    await see('home');
    await page
      .getByRole('link', { name: 'Sign out' })
      .or(page.getByRole('button', { name: 'Sign out' }))
      .click();
    await see('sign-off');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await confirmed(page).nth(2).waitFor();
    await see('receipt');
    expect(new URL(page.url()).pathname).toMatch(/^\/logout\//);
    expect(await confirmed(page).count()).toBe(3);
    for (const app of demo.apps) expect(await isSignedIn(page, app.url)).toBe(false);
    await context.close();
  });

  it('says who has not confirmed while an app is down, and tells it when it is back', async () => {
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    const see = (name: string) => lookAt(page, `down ${name}`, true);
    await signInEverywhere(page, demo, async () => undefined);
    const [bookshop, calendar] = demo.apps;
    await page.goto(calendar?.url ?? '');
    await switchTo(page, 'Down');
    await page.goto(bookshop?.url ?? '');
    await page.getByRole('button', { name: 'Sign out' }).click();

    await trying(page).waitFor();
    await see('receipt');
    const receipt = page.url();
    await page.goto(calendar?.url ?? '');
    await switchTo(page, 'Healthy');
    await page.goto(`${receipt}?stay=1`);
    await confirmed(page).nth(2).waitFor();
    expect(await trying(page).count()).toBe(0);
    await context.close();
  });
});

async function signInEverywhere(page: Page, demo: Demo, see: (name: string) => Promise<void>): Promise<void> {
  const [person] = demo.accounts;
  for (const [index, app] of demo.apps.entries()) {
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Sign in' }).click();
    if (index === 0) {
      await see('sign-in');
      await page.getByLabel('User name').fill(person?.username ?? '');
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
      await see('sign-in again');
      await page.getByLabel('Password', { exact: true }).fill(person?.password ?? '');
      await page.getByRole('button', { name: 'Sign in' }).click();
    }
    const allow = page.getByRole('button', { name: 'Allow', exact: true });
    const out = page.getByRole('button', { name: 'Sign out' });
    await allow.or(out).first().waitFor();
    if (await allow.isVisible()) {
      await see('consent');
      await allow.click();
      await out.waitFor();
    }
  }
}

/** Rows of the receipt. */
function confirmed(page: Page) {
  return page.getByRole('listitem').filter({ hasText: 'Confirmed' });
}

function trying(page: Page) {
  return page.getByRole('listitem').filter({ hasText: 'Trying' });
}

async function switchTo(page: Page, mode: string): Promise<void> {
  await page.getByRole('button', { name: mode }).click();
  await page.getByRole('button', { name: mode, pressed: true }).waitFor();
}

async function isSignedIn(page: Page, url: string): Promise<boolean> {
  await page.goto(url);
  return page.getByRole('button', { name: 'Sign out' }).isVisible();
}

/** Nothing serious for axe, nothing wider than the window, and a picture where one is wanted. */
async function lookAt(page: Page, name: string, scripted: boolean): Promise<void> {
  await picture(page, name.replace(/\W+/g, '-'));
  // axe is a script itself: without one, only the layout can be judged here (the page tests judge the markup).
  if (scripted) expect(await barriers(page)).toEqual([]);
  const body = await page.locator('body').boundingBox();
  expect(body?.width ?? 0).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

async function startDemo(port: number): Promise<{ child: ChildProcess; demo: Demo }> {
  const child = spawn(process.execPath, ['tools/launch.mjs', 'demo', '--json'], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), SIGNOFF_RETRY_FIRST: '200ms', SIGNOFF_RETRY_MAX: '500ms' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.includes('\n')) break;
  }
  return { child, demo: JSON.parse(said) as Demo };
}
