import type { LogoutJson } from '../admin/logout-json.ts';
import { showLogout } from '../admin/logouts.ts';
import type { Desk, Far } from './desk.ts';
import type { Terminal } from './terminal.ts';
import { counted, spanOf } from './words.ts';

/** Between two lines of progress. */
const SAY_EVERY_MS = 2_000;

/**
 * Stays up to `waitMs` to see the apps told; where it is large, for all of its walk first. Whoever leaves earlier (Ctrl-C)
 * leaves it walking: a running server goes on, or the next one.
 */
export async function followLogout(
  terminal: Terminal,
  desk: Desk,
  ended: LogoutJson,
  { waitMs, isLarge }: { readonly waitMs: number; readonly isLarge: boolean },
): Promise<LogoutJson> {
  const id = ended.logout_id;
  if (isLarge) {
    const pause = `"signoff logouts pause ${id}" pauses the telling`;
    terminal.note(`Nothing old works any more. ${pause}, Ctrl-C leaves it going.`);
  }
  await desk.follow(id, waitMs, isLarge ? createProgressLine(terminal) : undefined);
  return { ...(await desk.act(showLogout, { id })), url: ended.url };
}

function createProgressLine(terminal: Terminal): (far: Far) => void {
  const began = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  return ({ sessions_ended: sessions, told, deliveries }) => {
    const now = performance.now();
    if (now - saidAt < SAY_EVERY_MS) return;
    saidAt = now;
    const seconds = (now - began) / 1_000;
    const rate = seconds < 1 ? '' : `, ${Math.round(sessions / seconds)} a second`;
    const heard = `${told} of ${counted(deliveries, 'sign-in')} told`;
    terminal.note(`${counted(sessions, 'session')} ended${rate}; ${heard}; ${spanOf(Math.round(seconds))} so far.`);
  };
}
