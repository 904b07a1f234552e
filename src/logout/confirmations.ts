/**
 * How long it takes from the commit of a logout until its last app has confirmed: the product's promise, as a number. Heard
 * in the process whose engine wrote down the last confirmation, looked up apart from it: nobody waits for a measurement.
 */
import type { Clock } from '../ops/clock.ts';
import type { LogoutStore } from '../store/store.ts';
import type { Reason } from './logout.ts';
import type { OnSettled } from './wait-for-apps.ts';

/** In a storm that settles more logouts than can be looked up, the newest are not measured. */
const WAITING_MAX = 10_000;
/** Measured once, however often a logout moves afterwards. */
const REMEMBERED_MAX = 10_000;

export interface Confirmations {
  /** Leaves what was not looked up yet. */
  stop(): Promise<void>;
}

export function measureConfirmations(parts: {
  readonly store: { readonly logouts: Pick<LogoutStore, 'find' | 'progress'> };
  readonly onSettled: OnSettled;
  readonly clock: Clock;
  readonly confirmed: (reason: Reason, seconds: number) => void;
}): Confirmations {
  const { store, clock, confirmed } = parts;
  /** When it moved last, by logout. */
  const waiting = new Map<string, number>();
  const measured = new Set<string>();
  let looking: Promise<void> | undefined;
  let stopped = false;

  const stopListening = parts.onSettled((logoutIds) => {
    const now = clock.now();
    for (const id of logoutIds) if (waiting.size < WAITING_MAX && !measured.has(id)) waiting.set(id, now);
    looking ??= lookAtAll().finally(() => {
      looking = undefined;
    });
  });

  async function lookAtAll(): Promise<void> {
    while (!stopped) {
      const [next] = waiting;
      if (!next) return;
      waiting.delete(next[0]);
      // What the store cannot say now is not measured.
      await look(...next).catch(() => undefined);
    }
  }

  async function look(logoutId: string, movedAt: number): Promise<void> {
    const { told, trying, refused, givenUp } = await store.logouts.progress(logoutId);
    if (told === 0 || trying + refused + givenUp > 0 || measured.has(logoutId)) return;
    const logout = await store.logouts.find(logoutId);
    if (!logout || logout.walking) return;
    remember(logoutId);
    confirmed(logout.reason, Math.max(0, movedAt - logout.at) / 1_000);
  }

  function remember(logoutId: string): void {
    measured.add(logoutId);
    const [oldest] = measured;
    if (measured.size > REMEMBERED_MAX && oldest !== undefined) measured.delete(oldest);
  }

  return {
    async stop() {
      stopped = true;
      stopListening();
      await looking;
    },
  };
}
