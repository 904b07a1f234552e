/**
 * Ends what is due: idle and old sessions, sign-ins that never arrived, and the rest of logouts larger than one write.
 * Keycloak, Hydra and dex let sessions expire without telling anybody (regressions A1, "dex-no-silent-delete").
 */
import type { Clock } from '../ops/clock.ts';
import { logName } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import { expiryReason, type Session } from '../sessions/session.ts';
import type { LogoutStore, SessionStore } from '../store/store.ts';
import type { EndSessions } from './end-sessions.ts';

/** Sessions read at once; each is ended in a write of its own. */
const BATCH = 200;

export interface SweepParts {
  readonly store: { readonly sessions: Pick<SessionStore, 'due'>; readonly logouts: Pick<LogoutStore, 'walking'> };
  readonly endSessions: EndSessions;
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks (`SIGNOFF_SWEEP`). */
  readonly everyMs: number;
}

export interface Sweep extends Service {
  /** One look, now; answers how many sessions were ended. */
  run(): Promise<number>;
}

export function createSweep({ store, endSessions, clock, log, everyMs }: SweepParts): Sweep {
  const failed = (error: unknown) => log.error('sweep.failed', { error });
  const rounds = createRepeating({ everyMs, work: run, failed });

  async function run(): Promise<number> {
    for (const logoutId of await store.logouts.walking(BATCH)) await goOn(logoutId);
    let ended = 0;
    const poisoned = new Set<string>();
    while (!rounds.stopping()) {
      const rows = await store.sessions.due(clock.now(), BATCH + poisoned.size);
      const due = rows.filter(({ uid }) => !poisoned.has(uid));
      if (due.length === 0) break;
      for (const session of due) {
        if (await endOne(session)) ended += 1;
        else poisoned.add(session.uid);
      }
    }
    return ended;
  }

  /** Nor must a walk that fails. */
  async function goOn(logoutId: string): Promise<void> {
    try {
      await endSessions.proceed(logoutId);
    } catch (error) {
      log.error('sweep.failed', { logout_id: logoutId, error });
    }
  }

  /** A poisoned row must not keep the others alive (regression "duende-569"). */
  async function endOne(session: Session): Promise<boolean> {
    const reason = expiryReason(session, clock.now()) ?? 'expired';
    try {
      await endSessions({ kind: 'session', uid: session.uid }, { reason, actor: { kind: 'system' } });
      return true;
    } catch (error) {
      log.error('sweep.failed', { session: logName(session.uid), error });
      return false;
    }
  }

  return { run, start: () => rounds.start(), stop: () => rounds.stop() };
}
