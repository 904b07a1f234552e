/** Documents of sessions and of what takes part in them. */
import type { Device, Generation, Participation, Session, SessionState } from '../../sessions/session.ts';
import type { SessionOpening } from '../store.ts';
import type { Maybe } from './documents.ts';

/** A cookie id of a session; current while it has no `retiredAt`. */
export interface CookieDoc {
  readonly hash: string;
  readonly retiredAt?: Maybe<number>;
}

export interface SessionDoc {
  readonly _id: string;
  readonly accountId: string;
  readonly state: SessionState;
  readonly generation: Generation;
  readonly device: {
    readonly name: string;
    readonly key?: Maybe<string>;
    readonly place?: Maybe<string>;
    readonly addressKey?: Maybe<string>;
  };
  /** Absent in rows of before there was such a thing, which are none. */
  readonly shared?: Maybe<boolean>;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly idleMs: number;
  readonly expiresAt: number;
  /** When the sweep has to look; absent once ended. */
  readonly dueAt?: Maybe<number>;
  /** Counts joins and bound tokens: writing it is what makes them collide with `end`. */
  readonly writes: number;
  /** Absent while arriving and once ended. */
  readonly cookies?: Maybe<readonly CookieDoc[]>;
  readonly payload?: Maybe<string>;
  readonly authorizations?: Maybe<string>;
  readonly endedAt?: Maybe<number>;
  readonly logoutId?: Maybe<string>;
}

/** `owed`: ended, and its delivery is still to be written by the walk of a large logout. */
export type ParticipationState = 'live' | 'owed' | 'ended';

export interface ParticipationDoc {
  readonly _id: string;
  readonly sessionUid: string;
  readonly clientId: string;
  readonly accountId: string;
  readonly sub: string;
  readonly grantId: string;
  readonly startedAt: number;
  readonly renewedAt: number;
  readonly clientGeneration?: Maybe<number>;
  readonly appGeneration?: Maybe<number>;
  readonly state: ParticipationState;
  /** So that the sessions of one app can be listed as they began. */
  readonly sessionStartedAt: number;
  readonly endedAt?: Maybe<number>;
  readonly logoutId?: Maybe<string>;
}

/** What somebody calls one of their browsers. */
export interface DeviceNameDoc {
  /** Account, and device key; of a browser that has none the uid of its session. */
  readonly _id: string;
  readonly accountId: string;
  readonly name: string;
  readonly namedAt: number;
}

/** Beside the clients, so that loading a client file can never undo one. See `cut-offs.ts`. */
export interface CutOffDoc {
  readonly _id: string;
  readonly generation: number;
}

/** See `gates.ts`. */
export interface GateDoc {
  readonly _id: string;
  readonly passed: number;
}

/** What a session's row has of its opening. */
export function openingFields(opening: SessionOpening) {
  const { accountId, generation, device, shared, startedAt, idleMs, expiresAt } = opening;
  return { accountId, generation, device, shared, startedAt, idleMs, expiresAt };
}

export function toSession(doc: SessionDoc): Session {
  const { name, key, place, addressKey } = doc.device;
  const device: Device = { name, key, place, addressKey };
  return {
    uid: doc._id,
    accountId: doc.accountId,
    state: doc.state,
    generation: doc.generation,
    device,
    shared: doc.shared === true,
    startedAt: doc.startedAt,
    lastSeenAt: doc.lastSeenAt,
    idleMs: doc.idleMs,
    expiresAt: doc.expiresAt,
    endedAt: doc.endedAt,
    logoutId: doc.logoutId,
  };
}

export function toParticipation(doc: ParticipationDoc): Participation {
  return {
    sid: doc._id,
    sessionUid: doc.sessionUid,
    clientId: doc.clientId,
    accountId: doc.accountId,
    sub: doc.sub,
    grantId: doc.grantId,
    startedAt: doc.startedAt,
    renewedAt: doc.renewedAt,
    endedAt: doc.endedAt,
    logoutId: doc.logoutId,
  };
}
