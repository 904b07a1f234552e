/**
 * Ends what is due: idle and old sessions, and sign-ins that never arrived. Keycloak, Hydra and dex let sessions expire
 * without telling anybody (regressions A1, "dex-no-silent-delete").
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isStoreUnavailable } from '../errors.ts';
import type { Clock } from '../ops/clock.ts';
import { logName } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { RightOfWay } from '../ops/right-of-way.ts';
import type { Service } from '../ops/service.ts';
import { shuffled } from '../ops/shuffled.ts';
import { expiryReason } from '../sessions/session.ts';
import type { DueSession, SessionStore } from '../store/store.ts';
import type { DueEnd, EndSessions } from './end-sessions.ts';

/** Sessions read at once. */
const BATCH = 200;
/** Offered to one write, which takes as many as are a matter of milliseconds. */
const AT_ONCE = 50;
/** Between two writes: people who sign in meanwhile wait for the writer, and on SQLite for this thread as well. */
const PAUSE_MS = 5;

export interface Sweep extends Service {
  /** One look, now; answers how many sessions were ended. */
  run(): Promise<number>;
}

export function createSweep(parts: {
  readonly store: { readonly sessions: Pick<SessionStore, 'due'> };
  readonly endSessions: Pick<EndSessions, 'several'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly rightOfWay: Pick<RightOfWay, 'giveWay'>;
  /** How often it looks (`SIGNOFF_SWEEP`). */
  readonly everyMs: number;
}): Sweep {
  const { store, endSessions, clock, log, rightOfWay, everyMs } = parts;
  const failed = (error: unknown) => log.error('sweep.failed', { error });
  const rounds = createRepeating({ everyMs, work: run, failed });

  /** Each row is looked at once a round, whatever becomes of it: one that cannot be ended is not read again and again. */
  async function run(): Promise<number> {
    let ended = 0;
    let last: DueSession | undefined;
    while (!rounds.stopping.aborted) {
      const due = await store.sessions.due(clock.now(), BATCH, last);
      if (due.length === 0) break;
      ended += await endAll(due);
      last = due.at(-1);
    }
    return ended;
  }

  /** In another order than other processes that sweep: two that end the same sessions only wait for each other. */
  async function endAll(due: readonly DueSession[]): Promise<number> {
    const left = shuffled(due).map(({ session }) => ({
      uid: session.uid,
      reason: expiryReason(session, clock.now()) ?? 'expired',
    }));
    let ended = 0;
    while (left.length > 0) {
      await rightOfWay.giveWay(rounds.stopping);
      if (rounds.stopping.aborted) break;
      const results = await endSome(left.slice(0, AT_ONCE));
      left.splice(0, results.length);
      ended += results.filter(({ kind }) => kind === 'ended').length;
      await pause(PAUSE_MS);
    }
    return ended;
  }

  /** A poisoned row must not keep the others alive (regression "duende-569"), so after a failure each goes alone. */
  async function endSome(sessions: readonly DueEnd[]): Promise<readonly { readonly kind: string }[]> {
    try {
      return await endSessions.several(sessions);
    } catch (error) {
      // It would fail for all the others as well.
      if (isStoreUnavailable(error)) throw error;
      const [first, ...others] = sessions;
      if (first && others.length === 0) log.error('sweep.failed', { session: logName(first.uid), error });
      if (others.length === 0) return [{ kind: 'failed' }];
      const results = [];
      for (const each of sessions) results.push(...(await endSome([each])));
      return results;
    }
  }

  return { run, start: () => rounds.start(), stop: () => rounds.stop() };
}
