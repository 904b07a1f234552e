import { createExpiringMap } from './expiring-map.ts';

/** How long an ended `sid` is remembered: longer than any sign-in takes from the provider's page back to the app. */
const REMEMBER_ENDED_MS = 15 * 60_000;

/** One local session of an app and the provider's words for it. */
export interface LocalSession {
  /** The app's own id of it. */
  readonly id: string;
  /** `sid` of the ID token it began with. */
  readonly sid: string;
  /** `sub` of the ID token it began with. */
  readonly sub: string;
  /** `iat` of that ID token, epoch milliseconds. */
  readonly issuedAt: number;
  /** When the app itself forgets the session, epoch milliseconds; undefined: not before `remove`. */
  readonly expiresAt: number | undefined;
}

/** Whom a logout token speaks of. */
export interface LogoutTarget {
  readonly sid: string | undefined;
  readonly sub: string | undefined;
  /** `iat` of the logout token, epoch milliseconds. */
  readonly issuedAt: number;
}

export interface SidIndex {
  /**
   * Enters a session at sign-in. `already-ended` when its logout token arrived before the sign-in had finished: the
   * app must not start the session then.
   */
  add(session: LocalSession): 'added' | 'already-ended';
  /** Moves the end of a session that the app has made longer; an entry must live as long as its session (R16). */
  extend(id: string, expiresAt: number): void;
  /** Forgets a session that is over at the app. */
  remove(id: string): void;
  /**
   * Notes what a logout token ended and answers the local ids that have to end (R14): with a `sid` that one only, else
   * all of the `sub`. They stay entered until `remove`, so that a token sent again finds what an app failed to end.
   */
  end(target: LogoutTarget): readonly string[];
}

/**
 * `sid → local sessions` in memory, for one provider. An entry lives exactly as long as its local session (R16): an
 * index that forgets earlier is why a logout token "works" in tests and does nothing in the afternoon. What a logout
 * token costs does not grow with the number of sessions.
 */
export function createSidIndex({ now = Date.now }: { now?: () => number } = {}): SidIndex {
  const bySid = createGroups();
  const bySub = createGroups();
  const sessions = createExpiringMap<LocalSession>(now, (_, session) => ungroup(session));
  /** `iat` of the logout token, by whom it ended. */
  const endedSids = createExpiringMap<number>(now);
  const endedSubs = createExpiringMap<number>(now);

  function ungroup({ id, sid, sub }: LocalSession): void {
    bySid.remove(sid, id);
    bySub.remove(sub, id);
  }

  function remove(id: string): void {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    ungroup(session);
  }

  /** A sign-in younger than the token is another one, also where the provider gives it the same `sid`. */
  function cameTooLate({ sid, sub, issuedAt }: LocalSession): boolean {
    const endedAt = Math.max(
      endedSids.get(sid) ?? Number.NEGATIVE_INFINITY,
      endedSubs.get(sub) ?? Number.NEGATIVE_INFINITY,
    );
    return issuedAt <= endedAt;
  }

  function remember({ sid, sub, issuedAt }: LogoutTarget): void {
    const forgetAt = now() + REMEMBER_ENDED_MS;
    const [ended, key] = sid !== undefined ? [endedSids, sid] : [endedSubs, sub];
    if (key !== undefined) ended.set(key, Math.max(issuedAt, ended.get(key) ?? issuedAt), forgetAt);
  }

  return {
    add(session) {
      if (cameTooLate(session)) return 'already-ended';
      remove(session.id);
      sessions.set(session.id, session, session.expiresAt);
      bySid.add(session.sid, session.id);
      bySub.add(session.sub, session.id);
      return 'added';
    },
    extend(id, expiresAt) {
      const session = sessions.get(id);
      if (session !== undefined) sessions.set(id, { ...session, expiresAt }, expiresAt);
    },
    remove,
    end(target) {
      remember(target);
      const { sid, sub } = target;
      // The `sid` decides alone where there is one: a token with both never ends the person's other sessions (R14).
      const meant = sid !== undefined ? bySid.of(sid) : bySub.of(sub ?? '');
      return meant.filter((id) => sessions.get(id) !== undefined);
    },
  };
}

/** Ids by what they have in common, in the order in which they came. */
function createGroups() {
  const groups = new Map<string, Set<string>>();
  return {
    of: (key: string): readonly string[] => [...(groups.get(key) ?? [])],
    add(key: string, id: string): void {
      const group = groups.get(key) ?? new Set();
      groups.set(key, group.add(id));
    },
    remove(key: string, id: string): void {
      const group = groups.get(key);
      group?.delete(id);
      if (group?.size === 0) groups.delete(key);
    },
  };
}
