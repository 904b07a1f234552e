/** One sign-in of one account in one browser at the provider. */
export interface Session {
  /** The library's `uid`: fixed for life, in no cookie and no token that leaves us. */
  readonly uid: string;
  readonly accountId: string;
  readonly state: SessionState;
  /** The generations seen when the password was verified. Older than the account's or the realm's: dead at once. */
  readonly generation: Generation;
  readonly device: Device;
  /** On a shared computer: rests shorter, and its cookie goes with the browser. */
  readonly shared: boolean;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** How long this session may rest; a shared computer's rests shorter than the setting. */
  readonly idleMs: number;
  /** Ends for idleness at `lastSeenAt + idleMs`, for age here, whichever comes first. */
  readonly expiresAt: number;
  readonly endedAt: number | undefined;
  /** The logout that ended it. */
  readonly logoutId: string | undefined;
}

/** `arriving`: its first code is stored, the library's save of the session itself is still to come. */
export type SessionState = 'arriving' | 'live' | 'ended';

/** The pair that an account-wide and a realm-wide "everywhere" raise. */
export interface Generation {
  readonly account: number;
  readonly realm: number;
}

export interface Device {
  /** For people: "Firefox on Linux". */
  readonly name: string;
  /** Hash of the device cookie that ties the sessions of one browser together; undefined where there was none. */
  readonly key: string | undefined;
  /** Where it probably was when it signed in: a country, as ISO 3166-1 names it in two letters. */
  readonly place: string | undefined;
  /** Of the address it signed in from (`address-key.ts`); undefined in rows of before there was such a thing. */
  readonly addressKey?: string | undefined;
}

/** One client inside one session. Only ever added; ended by `end`. */
export interface Participation {
  /** The `sid` of this client's ID tokens: unique per (session, client, sign-in). */
  readonly sid: string;
  readonly sessionUid: string;
  readonly clientId: string;
  readonly accountId: string;
  /** The `sub` this client knows: pairwise where it is so registered. */
  readonly sub: string;
  readonly grantId: string;
  readonly startedAt: number;
  /** When the client last got a code under this `sid`: a session of its own begins anew then (`max_session`). */
  readonly renewedAt: number;
  readonly endedAt: number | undefined;
  readonly logoutId: string | undefined;
}

/** Those of the apps of a session that are still in it; none of a session that is not there. */
export function liveParticipations(
  view: { readonly participations: readonly Participation[] } | undefined,
): readonly Participation[] {
  return view?.participations.filter(isLive) ?? [];
}

export function isLive({ endedAt }: Pick<Participation, 'endedAt'>): boolean {
  return endedAt === undefined;
}

/** Why a session is over although nobody asked, or undefined while it is not (DESIGN §2, invariant 2). */
export function expiryReason(
  session: Pick<Session, 'lastSeenAt' | 'idleMs' | 'expiresAt'>,
  now: number,
): 'idle' | 'expired' | undefined {
  if (session.expiresAt <= now) return 'expired';
  return session.lastSeenAt + session.idleMs <= now ? 'idle' : undefined;
}

/** Whether a session or grant of generation `own` is still of today. */
export function isCurrent(own: Generation, today: Generation): boolean {
  return own.account >= today.account && own.realm >= today.realm;
}
