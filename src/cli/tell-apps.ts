import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../logout/end-sessions.ts';
import type { Progress } from '../logout/logout.ts';
import { parseDuration } from '../ops/duration.ts';
import { UsageError } from './exit-codes.ts';
import type { Product } from './product.ts';

/** A process that delivered so recently is alive and will do it. */
const HEARTBEAT_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** `attempted`: each app was tried once. `settled`: none is being tried any more. */
export type Until = 'attempted' | 'settled';

/**
 * Waits until the apps of a logout were told, `waitMs` at most. Where no running process delivers, this one does, and
 * leaves to the next one what is not done when the wait is over: all of it is in the store.
 */
export async function tellApps(
  product: Product,
  ended: Ended,
  waitMs: number,
  until: Until,
): Promise<Progress | undefined> {
  if (ended.kind === 'nothing') return undefined;
  const deadline = performance.now() + waitMs;
  try {
    await product.endSessions.settled();
    for (;;) {
      const progress = await product.store.logouts.progress(ended.logout.id);
      const open = until === 'settled' ? progress.trying : progress.untried;
      const leftMs = deadline - performance.now();
      if (open === 0 || leftMs <= 0) return progress;
      // Asked each time: the process that showed a sign of life may have died since.
      if (!(await isSomebodyDelivering(product))) await product.engine.start();
      await sleep(Math.min(leftMs, LOOK_EVERY_MS));
    }
  } finally {
    await product.engine.stop();
  }
}

async function isSomebodyDelivering({ store, clock }: Product): Promise<boolean> {
  const silentMs = await store.deliveries.silence(clock.now());
  return silentMs !== undefined && silentMs < HEARTBEAT_MS;
}

/** `--wait 10s` in milliseconds. */
export function waitOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError('--wait must be a duration like 10s or 2m; 0s does not wait.');
  return ms;
}
