import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import type { Service } from '../ops/service.ts';
import type { Keys } from './keys.ts';

/** How soon `keys rotate` shows in a running server: "at once", and a leaked key must go quickly. */
const POLL_MS = 2_000;

/** Calls `changed` when another process changed the keys, and in the moment in which a published key begins to sign. */
export function createKeyWatch(parts: { keys: Keys; clock: Clock; log: Log; changed: () => void }): Service {
  const { keys, clock, log, changed } = parts;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let known = order();
  let running = false;

  function order(): string {
    const signing = keys.privateKeys(clock.now()).map((key) => key.kid);
    return [...signing, ...keys.cookieKeys].join();
  }

  async function look(): Promise<void> {
    await keys.refresh().catch((error: unknown) => log.warn('keys.unread', { error }));
    if (order() === known) return;
    known = order();
    changed();
    log.info('keys.changed', { signing: keys.signerFor('RS256', clock.now()).kid });
  }

  function planNext(): void {
    const next = (keys.nextChangeAt(clock.now()) ?? Number.POSITIVE_INFINITY) - clock.now();
    lookIn(Math.min(Math.max(next, 1), POLL_MS));
  }

  function lookIn(ms: number): void {
    if (!running) return;
    timer = setTimeout(() => {
      looking = look().finally(planNext);
    }, ms);
    timer.unref();
  }

  return {
    start() {
      if (running) return;
      running = true;
      lookIn(0);
    },
    async stop() {
      running = false;
      clearTimeout(timer);
      await looking;
    },
  };
}
