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

/**
 * Answers the state after at most `waitMs`, or a look (0.1 s) where that is less; undefined when nobody could tell in
 * time. Never rejects: the logout is committed, and a store that is away now must not look as if it were not.
 */
export type WaitForApps = (logoutId: string, waitMs: number) => Promise<Progress | undefined>;

export function createWaitForApps(parts: {
  readonly store: { readonly logouts: Pick<LogoutStore, 'progress'> };
  readonly onSettled: OnSettled;
}): WaitForApps {
  function look(logoutId: string, withinMs: number): Promise<Progress | undefined> {
    const progress = parts.store.logouts.progress(logoutId).catch(() => undefined);
    return Promise.race([progress, delay(withinMs)]);
  }

  return async function waitForApps(logoutId, waitMs) {
    const until = performance.now() + waitMs;
    const signal = watchOne(parts.onSettled, logoutId);
    try {
      for (;;) {
        const moved = signal.next();
        const progress = await look(logoutId, Math.max(until - performance.now(), LOOK_EVERY_MS));
        const leftMs = until - performance.now();
        if (progress?.untried === 0 || leftMs <= 0) return progress;
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

function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref();
  });
}
