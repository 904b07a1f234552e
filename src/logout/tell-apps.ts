import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ops/clock.ts';
import type { Service } from '../ops/service.ts';
import type { Store } from '../store/store.ts';
import type { EndSessions } from './end-sessions.ts';
import type { Progress } from './logout.ts';

/** A process that delivered so recently is alive and will do it. */
const HEARTBEAT_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** `attempted`: each app was tried once. `settled`: none is being tried any more. */
export type Until = 'attempted' | 'settled';

/** Waits until the apps of a logout were told, `waitMs` at most; answers how far it is. */
export type TellApps = (logoutId: string, waitMs: number, until: Until) => Promise<Progress>;

/**
 * For operators, who want to see that it worked. Where no running process delivers, `engine` does (a command's own, not
 * started), and leaves to the next one what is not done when the wait is over: all of it is in the store.
 */
export function createTellApps(parts: {
  readonly store: Pick<Store, 'logouts' | 'deliveries'>;
  readonly clock: Clock;
  readonly endSessions: Pick<EndSessions, 'settled'>;
  /** Undefined in a server, whose engine runs anyway. */
  readonly engine: Service | undefined;
}): TellApps {
  const { store, clock, endSessions, engine } = parts;

  async function isSomebodyDelivering(): Promise<boolean> {
    const silentMs = await store.deliveries.silence(clock.now());
    return silentMs !== undefined && silentMs < HEARTBEAT_MS;
  }

  return async function tellApps(logoutId, waitMs, until) {
    const deadline = performance.now() + waitMs;
    try {
      if (engine) await endSessions.settled();
      for (;;) {
        const progress = await store.logouts.progress(logoutId);
        const open = until === 'settled' ? progress.trying : progress.untried;
        const leftMs = deadline - performance.now();
        if (open === 0 || leftMs <= 0) return progress;
        // Asked each time: the process that showed a sign of life may have died since.
        if (engine && !(await isSomebodyDelivering())) await engine.start();
        await sleep(Math.min(leftMs, LOOK_EVERY_MS));
      }
    } finally {
      await engine?.stop();
    }
  };
}
