/**
 * Goes on with logouts that are larger than one write and that nobody walks: their process died, or its store was away. Apart
 * from the sweep: a walk of a million participations must keep nobody signed in whose time is over.
 */
import { isStoreUnavailable } from '../errors.ts';
import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import { shuffled } from '../ops/shuffled.ts';
import type { LogoutStore } from '../store/store.ts';
import type { EndSessions } from './end-sessions.ts';

/** Logouts read at once; the others come in the next round. */
const BATCH = 200;

export interface Walks extends Service {
  /** One look, now, and all that is found walked to its end. */
  run(): Promise<void>;
}

export function createWalks(parts: {
  readonly store: { readonly logouts: Pick<LogoutStore, 'walking'> };
  readonly endSessions: Pick<EndSessions, 'proceed' | 'isWalking'>;
  readonly log: Log;
  /** How often it looks (`SIGNOFF_SWEEP`). */
  readonly everyMs: number;
}): Walks {
  const { store, endSessions, log, everyMs } = parts;
  const failed = (error: unknown) => log.error('sweep.failed', { error });
  const rounds = createRepeating({ everyMs, work: run, failed });

  /** In another order than other processes, so that each takes another walk; two at one walk only wait for each other. */
  async function run(): Promise<void> {
    for (const logoutId of shuffled(await store.logouts.walking(BATCH))) {
      if (rounds.stopping.aborted) return;
      if (!endSessions.isWalking(logoutId)) await goOn(logoutId);
    }
  }

  /** A walk that fails must not keep the others waiting. A store that is away would only fail them all. */
  async function goOn(logoutId: string): Promise<void> {
    try {
      await endSessions.proceed(logoutId);
    } catch (error) {
      if (isStoreUnavailable(error)) throw error;
      log.error('sweep.failed', { logout_id: logoutId, error });
    }
  }

  return { run, start: () => rounds.start(), stop: () => rounds.stop() };
}
