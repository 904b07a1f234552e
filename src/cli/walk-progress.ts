import type { LogoutJson } from '../admin/logout-json.ts';
import { showLogout } from '../admin/logouts.ts';
import type { Standing } from '../logout/tell-apps.ts';
import { act } from './act.ts';
import type { Product } from './product.ts';
import type { Terminal } from './terminal.ts';
import { counted, spanOf } from './words.ts';

/** Between two lines of progress. */
const SAY_EVERY_MS = 2_000;

/**
 * Stays until all of a large logout was walked, then up to `waitMs` for the apps. Whoever leaves earlier (Ctrl-C) leaves it
 * walking: a running server goes on, or the next one.
 */
export async function followWalk(
  terminal: Terminal,
  product: Product,
  ended: LogoutJson,
  waitMs: number,
): Promise<LogoutJson> {
  const id = ended.logout_id;
  terminal.note(
    `Nothing old works any more. "signoff logouts pause ${id}" pauses the telling, Ctrl-C leaves it going.`,
  );
  await product.admin.tellApps(id, waitMs, 'settled', createProgressLine(terminal));
  return { ...(await act(product, showLogout, { id })), url: ended.url };
}

function createProgressLine(terminal: Terminal): (standing: Standing) => void {
  const began = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  return ({ progress, logout }) => {
    const now = performance.now();
    if (now - saidAt < SAY_EVERY_MS) return;
    saidAt = now;
    const seconds = (now - began) / 1_000;
    const sessions = logout?.sessionsEnded ?? 0;
    const rate = seconds < 1 ? '' : `, ${Math.round(sessions / seconds)} a second`;
    const told = `${progress.told} of ${counted(progress.total, 'sign-in')} told`;
    terminal.note(`${counted(sessions, 'session')} ended${rate}; ${told}; ${spanOf(Math.round(seconds))} so far.`);
  };
}
