import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ops/clock.ts';
import type { Service } from '../ops/service.ts';
import type { Store } from '../store/store.ts';
import type { Logout, Progress } from './logout.ts';

/** A process that delivered so recently is alive and will do it. */
const HEARTBEAT_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** `attempted`: each app was tried once. `settled`: none is being tried any more. */
export type Until = 'attempted' | 'settled';

/** How far a logout is. */
export interface Standing {
  readonly progress: Progress;
  /** Undefined when it is not kept any more. */
  readonly logout: Logout | undefined;
}

/**
 * Waits until all of a logout was ended and its apps were told, `waitMs` at most; answers how far it is. Whoever listens
 * (`onLook`) stays for all of a walk that is not paused, and `waitMs` is counted from its end.
 */
export type TellApps = (
  logoutId: string,
  waitMs: number,
  until: Until,
  onLook?: (standing: Standing) => void,
) => Promise<Progress>;

/**
 * For operators, who want to see that it worked. Where no running process delivers, `engine` does (a command's own, not
 * started), and leaves to the next one what is not done when the wait is over: all of it is in the store.
 */
export function createTellApps(parts: {
  readonly store: Pick<Store, 'logouts' | 'deliveries'>;
  readonly clock: Clock;
  /** Undefined in a server, whose engine runs anyway. */
  readonly engine: Service | undefined;
}): TellApps {
  const { store, clock, engine } = parts;

  async function isSomebodyDelivering(): Promise<boolean> {
    const silentMs = await store.deliveries.silence(clock.now());
    return silentMs !== undefined && silentMs < HEARTBEAT_MS;
  }

  async function standingOf(logoutId: string): Promise<Standing> {
    const [progress, logout] = await Promise.all([store.logouts.progress(logoutId), store.logouts.find(logoutId)]);
    return { progress, logout };
  }

  return async function tellApps(logoutId, waitMs, until, onLook) {
    let deadline = performance.now() + waitMs;
    let isDelivering = false;
    try {
      for (;;) {
        const beganAt = performance.now();
        const standing = await standingOf(logoutId);
        onLook?.(standing);
        if (onLook && standing.logout?.walking) deadline = performance.now() + waitMs + pauseAfter(0);
        const leftMs = deadline - performance.now();
        if (isOver(standing, until) || leftMs <= 0) return standing.progress;
        // Asked each time: the process that showed a sign of life may have died since.
        if (engine && !isDelivering && !(await isSomebodyDelivering())) {
          isDelivering = true;
          await engine.start();
        }
        await sleep(Math.min(leftMs, pauseAfter(performance.now() - beganAt)));
      }
    } finally {
      if (isDelivering) await engine?.stop();
    }
  };
}

function isOver({ progress, logout }: Standing, until: Until): boolean {
  if (logout?.walking) return logout.paused;
  return (until === 'settled' ? progress.trying : progress.untried) === 0;
}

/** Counting a large logout takes a while, and may not be all that its store does. */
function pauseAfter(lookMs: number): number {
  return Math.max(LOOK_EVERY_MS, lookMs * 10);
}
