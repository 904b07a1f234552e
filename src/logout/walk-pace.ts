import { setTimeout as sleep } from 'node:timers/promises';
import type { Logout } from './logout.ts';

/** How fast a walk may go. One for each walk of a process. */
export interface WalkPace {
  /** Waits until the next write may be made, by what the logout says now. Cut short by the signal, silently. */
  beforeWrite(logout: Pick<Logout, 'pace' | 'sessionsEnded'>): Promise<void>;
}

/**
 * Counts what all processes ended since the last write of this one: two that walk the same logout are as fast as one, and
 * one that was away for an hour has nothing to catch up.
 */
export function createWalkPace(signal: AbortSignal, now: () => number = () => performance.now()): WalkPace {
  let last: { readonly at: number; readonly sessionsEnded: number } | undefined;
  return {
    async beforeWrite({ pace, sessionsEnded }) {
      if (pace !== undefined && last !== undefined) {
        const dueAt = last.at + ((sessionsEnded - last.sessionsEnded) / pace) * 1_000;
        await wait(dueAt - now(), signal);
      }
      last = { at: now(), sessionsEnded };
    },
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
