/** When the receipt page goes on by itself, and when it loads itself again. */
import type { ReceiptPage } from './receipt-models.ts';

/** The person gets this long to read before the page goes on by itself (DESIGN §5). */
const CONTINUE_AFTER_MS = 5_000;
/** A receipt that is opened again later is there to be read: it stays. */
const CONTINUE_WITHIN_MS = 60_000;
/** Once all apps have answered there is nothing to wait for, but one glance. */
const GLANCE_MS = 1_500;
/** What this browser calls gets so long, whatever else is missing. */
const FRAMES_MS = 3_000;
const REFRESH_QUICK_S = 3;
const REFRESH_SLOW_S = 30;

/** Whether the page goes on by itself. */
export function continuesByItself(page: ReceiptPage): boolean {
  return page.detail?.continueUri !== undefined && !page.stay && page.now - page.at < CONTINUE_WITHIN_MS;
}

function hasFrames({ detail }: ReceiptPage): boolean {
  return detail !== undefined && detail.frames.length > 0;
}

/** For the script: how long to wait, counted from the load of the page, in milliseconds. */
export function continueDelayMs(page: ReceiptPage): number {
  if (hasFrames(page)) return FRAMES_MS;
  return page.state === 'settled' ? GLANCE_MS : CONTINUE_AFTER_MS;
}

/**
 * For browsers without script: when to load what (`<meta http-equiv="refresh">`). Reloading does not restart the clock:
 * it runs from the logout.
 * @returns undefined when there is nothing to wait for; without `continue` the page loads itself again
 */
export function refresh(page: ReceiptPage): { readonly seconds: number; readonly continue: boolean } | undefined {
  if (continuesByItself(page)) {
    if (hasFrames(page)) return { seconds: FRAMES_MS / 1_000, continue: true };
    const left = Math.max(1, Math.ceil((page.at + CONTINUE_AFTER_MS - page.now) / 1_000));
    if (page.state === 'settled') return { seconds: 2, continue: true };
    return left > REFRESH_QUICK_S
      ? { seconds: left - REFRESH_QUICK_S, continue: false }
      : { seconds: left, continue: true };
  }
  if (page.state === 'settled') return undefined;
  return { seconds: page.now - page.at < CONTINUE_WITHIN_MS ? REFRESH_QUICK_S : REFRESH_SLOW_S, continue: false };
}
