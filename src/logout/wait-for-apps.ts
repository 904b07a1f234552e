/**
 * The bounded wait (B25–B27, invariant 4): until each delivery of a logout has had its first answer or failure, at most
 * `SIGNOFF_LOGOUT_WAIT`. Hydra either made people wait for 30 s four times over or redirected too early; this is both
 * wishes at once.
 */
import type { LogoutStore } from '../store/store.ts';
import type { Progress } from './logout.ts';

/** How often the store is asked although no signal came: another process may be the one that delivers. */
const LOOK_EVERY_MS = 100;

/** Calls `listener` with ids of logouts that moved; answers how to stop listening. */
export type OnSettled = (listener: (logoutIds: readonly string[]) => void) => () => void;

export interface WaitForApps {
  /** Answers the state after at most `waitMs`. */
  (logoutId: string, waitMs: number): Promise<Progress>;
}

export function createWaitForApps(parts: {
  readonly store: { readonly logouts: Pick<LogoutStore, 'progress'> };
  readonly onSettled: OnSettled;
}): WaitForApps {
  return async function waitForApps(logoutId, waitMs) {
    const until = performance.now() + waitMs;
    const signal = watchOne(parts.onSettled, logoutId);
    try {
      for (;;) {
        const moved = signal.next();
        const progress = await parts.store.logouts.progress(logoutId);
        const leftMs = until - performance.now();
        if (progress.untried === 0 || leftMs <= 0) return progress;
        await Promise.race([moved, delay(Math.min(leftMs, LOOK_EVERY_MS))]);
      }
    } finally {
      signal.close();
    }
  };
}

/** A promise for the next time this logout moves; made before the store is read, so that nothing falls between. */
function watchOne(onSettled: OnSettled, logoutId: string): { next(): Promise<void>; close(): void } {
  let resolve: () => void = () => undefined;
  const close = onSettled((logoutIds) => {
    if (logoutIds.includes(logoutId)) resolve();
  });
  return {
    close,
    next: () =>
      new Promise<void>((moved) => {
        resolve = moved;
      }),
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
