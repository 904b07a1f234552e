import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Context, Page } from './chromium.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact?: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** For a context of many pages: axe is sent to the browser once, and not once to each page. */
export function bringAxe(context: Context): Promise<unknown> {
  return context.addInitScript({ content: axeSource });
}

/** What axe finds serious or critical on the page that is open, one line each. */
export async function barriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axeSource);
  const found: Violation[] = await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)",
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`));
}

/** What somebody could use with a mouse, each marked with its place; of a group of radio buttons Tab reaches one. */
const MARK_CONTROLS = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.type !== 'hidden' && one.tabIndex >= 0)
  .filter((one, at, all) => one.type !== 'radio' || all.find((each) => each.type === 'radio' && each.name === one.name && each.form === one.form) === one)
  .map((one, at) => {
    const group = one.type === 'radio' ? [...one.form.elements].filter((each) => each.name === one.name) : [one];
    for (const each of group) each.dataset.place = at;
    return one.outerHTML.slice(0, 120);
  })`;

/** The place of what has the focus, where that can be seen; -1 elsewhere. */
const FOCUSED_PLACE = `(() => {
  const one = document.activeElement;
  if (one?.dataset.place === undefined) return -1;
  // A choice shows it around its words, too.
  const isSeen = [one, one.closest('label')].some((each) => each && getComputedStyle(each).outlineStyle !== 'none');
  return isSeen ? Number(one.dataset.place) : -1;
})()`;

/** The controls of the page that is open which Tab never comes to, or comes to unseen. */
export async function unreachedByTab(page: Page): Promise<string[]> {
  const controls: string[] = await page.evaluate(MARK_CONTROLS);
  const reached = new Set<number>();
  reached.add(await page.evaluate(FOCUSED_PLACE));
  // Once around, and what the browser itself has on the way.
  for (let tabs = 0; tabs < controls.length + 3 && reached.size <= controls.length; tabs++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(FOCUSED_PLACE));
  }
  return controls.filter((_, place) => !reached.has(place));
}
