import type { EndSessions } from '../logout/end-sessions.ts';
import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import { expiryReason } from '../sessions/session.ts';
import type { HeldSession, SessionStore, StoredSession } from '../store/store.ts';

/** Finds sessions that are good now. One whose time is over is ended on sight, so that its apps are told (invariant 2). */
export interface SessionLookup {
  /** `cookie` is the id in the browser's cookie. */
  byCookie(cookie: string): Promise<StoredSession | undefined>;
  /** The same without its apps. */
  held(cookie: string): Promise<HeldSession | undefined>;
  byUid(uid: string): Promise<StoredSession | undefined>;
}

export function createSessionLookup(parts: {
  store: { readonly sessions: Pick<SessionStore, 'findByCookie' | 'findHeld' | 'findByUid'> };
  clock: Clock;
  endSessions: EndSessions;
}): SessionLookup {
  const { store, clock, endSessions } = parts;

  async function judge<Found extends HeldSession>(stored: Found | undefined): Promise<Found | undefined> {
    if (!stored) return undefined;
    const { session } = stored;
    const reason = expiryReason(session, clock.now());
    if (reason === undefined) return stored;
    await endSessions({ kind: 'session', uid: session.uid }, { reason, actor: { kind: 'system' } });
    return undefined;
  }

  return {
    byCookie: async (cookie) => judge(await store.sessions.findByCookie(sha256(cookie), clock.now())),
    held: async (cookie) => judge(await store.sessions.findHeld(sha256(cookie), clock.now())),
    byUid: async (uid) => judge(await store.sessions.findByUid(uid)),
  };
}
