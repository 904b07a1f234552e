import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../ops/log.ts';

/** Keeps the engine going through a store that is gone or full: tries again, and says so once (not once a second). */
export interface StoreGuard {
  /** Repeats `work` until it succeeds, waiting longer each time; undefined when `giveUp` says so after a failure. */
  persist<T>(work: () => Promise<T>, giveUp: () => boolean): Promise<T | undefined>;
}

const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 2_000;

export function createStoreGuard(log: Log): StoreGuard {
  let reachable = true;

  function failed(error: unknown): void {
    if (reachable) log.error('store.unreachable', { part: 'deliveries', error });
    reachable = false;
  }

  function succeeded(): void {
    if (!reachable) log.info('store.reached', { part: 'deliveries' });
    reachable = true;
  }

  return {
    async persist(work, giveUp) {
      for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(WAIT_MAX_MS, 2 * waitMs)) {
        try {
          const result = await work();
          succeeded();
          return result;
        } catch (error) {
          failed(error);
          if (giveUp()) return undefined;
          await pause(waitMs);
        }
      }
    },
  };
}
