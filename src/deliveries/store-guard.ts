import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Log } from '../ops/log.ts';

/** Keeps the engine going through a store that is gone or full: tries again, and says so once (not once a second). */
export interface StoreGuard {
  /** Repeats `work` until it succeeds, waiting longer each time; undefined when `giveUp` says so after a failure. */
  persist<T>(work: () => Promise<T>, giveUp: () => boolean): Promise<T | undefined>;
  /** The same, but what the store refuses although it can be reached is answered: time does not heal it. */
  offer<T>(work: () => Promise<T>, giveUp: () => boolean): Promise<Offered<T> | undefined>;
  /** Something has failed for more than a minute. */
  isStuck(): boolean;
}

export type Offered<T> =
  | { readonly kind: 'taken'; readonly result: T }
  | { readonly kind: 'refused'; readonly error: unknown };

const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 2_000;
const STUCK_MS = 60_000;

/** `elapsed` is the monotonic clock, in ms. */
export function createStoreGuard({ log, elapsed }: { readonly log: Log; readonly elapsed: () => number }): StoreGuard {
  /** Since when, by what is under way. */
  const failing = new Map<symbol, number>();

  function failed(work: symbol, error: unknown): void {
    if (failing.size === 0) log.error('store.unreachable', { part: 'deliveries', error });
    if (!failing.has(work)) failing.set(work, elapsed());
  }

  function over(work: symbol, how: 'done' | 'given up'): void {
    if (failing.delete(work) && failing.size === 0 && how === 'done') log.info('store.reached', { part: 'deliveries' });
  }

  async function offer<T>(
    work: () => Promise<T>,
    giveUp: () => boolean,
    isRefusal: (error: unknown) => boolean,
  ): Promise<Offered<T> | undefined> {
    const name = Symbol('work');
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(WAIT_MAX_MS, 2 * waitMs)) {
      try {
        const result = await work();
        over(name, 'done');
        return { kind: 'taken', result };
      } catch (error) {
        if (isRefusal(error)) {
          over(name, 'done');
          return { kind: 'refused', error };
        }
        failed(name, error);
        if (giveUp()) {
          over(name, 'given up');
          return undefined;
        }
        await pause(waitMs);
      }
    }
  }

  return {
    async persist(work, giveUp) {
      const offered = await offer(work, giveUp, () => false);
      return offered?.kind === 'taken' ? offered.result : undefined;
    },
    offer: (work, giveUp) => offer(work, giveUp, isFault),
    isStuck: () => [...failing.values()].some((since) => elapsed() - since > STUCK_MS),
  };
}

/** Anything but the store's own state, which the adapters say as a 503. */
function isFault(error: unknown): boolean {
  return !(error instanceof AppError && error.status === 503);
}
