import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';
// biome-ignore lint/correctness/noUnresolvedImports: the linter does not follow this package's CommonJS exports
import { chromium } from 'playwright-core';

export type Browser = Awaited<ReturnType<typeof chromium.launch>>;
export type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>;
export type Context = Awaited<ReturnType<Browser['newContext']>>;
export type Page = Awaited<ReturnType<Browser['newPage']>>;

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A suite that needs a browser; shown as skipped where there is none. */
export const describeInBrowser: typeof describe = existsSync(executablePath)
  ? describe
  : (describe.skip as typeof describe);

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: QUIET });
}
