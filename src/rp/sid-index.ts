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
 * index that forgets earlier is why a logout token "works" in tests and does nothing in the afternoon.
 */
export function createSidIndex({ now = Date.now }: { now?: () => number } = {}): SidIndex {
  const sessions = new Map<string, LocalSession>();
  const endedSids = new Map<string, number>();
  const endedSubs = new Map<string, { endedAt: number; forgetAt: number }>();

  function forgetWhatIsOver(): void {
    const at = now();
    for (const [id, { expiresAt }] of sessions) if (expiresAt !== undefined && expiresAt <= at) sessions.delete(id);
    for (const [sid, forgetAt] of endedSids) if (forgetAt <= at) endedSids.delete(sid);
    for (const [sub, { forgetAt }] of endedSubs) if (forgetAt <= at) endedSubs.delete(sub);
  }

  function cameTooLate({ sid, sub, issuedAt }: LocalSession): boolean {
    const subEnded = endedSubs.get(sub);
    return endedSids.has(sid) || (subEnded !== undefined && issuedAt <= subEnded.endedAt);
  }

  function remember({ sid, sub, issuedAt }: LogoutTarget): void {
    const forgetAt = now() + REMEMBER_ENDED_MS;
    if (sid !== undefined) endedSids.set(sid, forgetAt);
    else if (sub !== undefined) endedSubs.set(sub, { endedAt: issuedAt, forgetAt });
  }

  return {
    add(session) {
      forgetWhatIsOver();
      if (cameTooLate(session)) return 'already-ended';
      sessions.set(session.id, session);
      return 'added';
    },
    extend(id, expiresAt) {
      const session = sessions.get(id);
      if (session !== undefined) sessions.set(id, { ...session, expiresAt });
    },
    remove(id) {
      sessions.delete(id);
    },
    end(target) {
      forgetWhatIsOver();
      remember(target);
      return [...sessions.values()].filter((session) => isMeant(session, target)).map(({ id }) => id);
    },
  };
}

/** The `sid` decides alone where there is one: a token with both never ends the person's other sessions (R14). */
function isMeant(session: LocalSession, { sid, sub }: LogoutTarget): boolean {
  return sid === undefined ? session.sub === sub : session.sid === sid;
}
