/** Being at a page of the product in Chromium: signing in, pressing what is there by keyboard, and judging what is seen. */
import { mkdirSync } from 'node:fs';
import { expect } from '@jest/globals';
import { PASSWORD } from '../support/relying-party.ts';
import { barriers } from './accessible.ts';
import type { Page } from './chromium.ts';

/** Where pictures go for whoever wants to look: `SHOTS=folder npm test -- test/browser`. */
const SHOTS = process.env['SHOTS'];

/** Keeps a picture where one is wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

/** Nothing serious for axe (a script itself: not where a page has none), nothing wider than the window. */
export async function look(page: Page, name: string, scripts = true): Promise<void> {
  await picture(page, name);
  if (scripts) expect(await barriers(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
}

/** Opens a page that asks to sign in first, and waits until it is there. */
export async function signInAt(page: Page, url: string, username: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password', { exact: true }).press('Enter');
  await page.waitForURL(url);
}

/** Tabs until it has the focus, then Enter. */
export async function press(page: Page, target: ReturnType<Page['locator']>): Promise<void> {
  for (let tabs = 0; tabs < 60 && !(await isFocused(target)); tabs++) await page.keyboard.press('Tab');
  expect(await isFocused(target)).toBe(true);
  await page.keyboard.press('Enter');
}

function isFocused(target: ReturnType<Page['locator']>): Promise<boolean> {
  return target.evaluate((element) => element === element.ownerDocument.activeElement);
}
