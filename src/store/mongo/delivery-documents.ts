/** Documents of logouts and of the duty to tell. */
import type { Attempt, Breaker, Deadline, Delivery, DeliveryState } from '../../deliveries/delivery.ts';
import type { Actor, EndTarget, Logout, Reason, Scope } from '../../logout/logout.ts';
import type { Maybe } from './documents.ts';

export interface LogoutDoc {
  readonly _id: string;
  readonly target: EndTarget;
  readonly scope?: Maybe<Scope>;
  readonly reason: Reason;
  readonly actor: Actor;
  readonly at: number;
  readonly accountId?: Maybe<string>;
  readonly clientId?: Maybe<string>;
  readonly sealedContinueUri?: Maybe<string>;
  readonly linkHash?: Maybe<string>;
  readonly sessionsEnded: number;
  /** What is older is this logout's to end. */
  readonly generation?: Maybe<number>;
  /** Only there while it is true: the index of walks stays empty. */
  readonly walking?: Maybe<true>;
  readonly paused?: Maybe<true>;
  readonly pace?: Maybe<number>;
  /** Counts the writes of a walk, so that two walkers collide. */
  readonly steps?: Maybe<number>;
}

export interface LeaseDoc {
  readonly token: string;
  /** By the server's clock. */
  readonly until: number;
  readonly holder: string;
}

export interface DeliveryDoc {
  readonly _id: string;
  readonly logoutId: string;
  readonly clientId: string;
  readonly accountId: string;
  readonly sessionUid: string;
  readonly sid: string;
  readonly sub: string;
  readonly state: DeliveryState;
  readonly origin: string;
  /** Absent where it is not so. */
  readonly asked?: Maybe<boolean>;
  readonly createdAt: number;
  readonly attempts: number;
  readonly refusals: number;
  readonly backoffMs: number;
  readonly nextAttemptAt?: Maybe<number>;
  /** When a claim may take it: `nextAttemptAt`, absent while it is leased, so that the indexes of claims hold free rows only. */
  readonly readyAt?: Maybe<number>;
  readonly lastAttemptAt?: Maybe<number>;
  readonly lastStatus?: Maybe<number>;
  readonly lastError?: Maybe<string>;
  readonly deadline: Deadline;
  readonly lease?: Maybe<LeaseDoc>;
  /** Whose clock said `nextAttemptAt`; absent while that is when it was made. */
  readonly settledBy?: Maybe<string>;
  /** Attempts, oldest first: one document, so that the state and its proof are one write. */
  readonly log: readonly Attempt[];
}

export interface BreakerDoc extends Omit<Breaker, 'origin'> {
  readonly _id: string;
  /** The lease of the delivery that is the probe. */
  readonly probe?: Maybe<LeaseDoc>;
  /** Whose clock said `shutUntil`. */
  readonly by?: Maybe<string>;
}

/** Instants by the server's clock. */
export interface HeartbeatDoc {
  readonly _id: string;
  readonly at: number;
  readonly sinceLastMs: number | null;
  readonly home?: Maybe<string>;
}

export function toLogout(doc: LogoutDoc): Logout {
  return {
    id: doc._id,
    target: doc.target,
    scope: doc.scope,
    reason: doc.reason,
    actor: doc.actor,
    at: doc.at,
    accountId: doc.accountId,
    clientId: doc.clientId,
    sealedContinueUri: doc.sealedContinueUri,
    sessionsEnded: doc.sessionsEnded,
    walking: doc.walking ?? false,
    paused: doc.paused ?? false,
    pace: doc.pace,
  };
}

export function toDelivery(doc: DeliveryDoc): Delivery {
  return {
    id: doc._id,
    logoutId: doc.logoutId,
    clientId: doc.clientId,
    accountId: doc.accountId,
    sessionUid: doc.sessionUid,
    sid: doc.sid,
    sub: doc.sub,
    state: doc.state,
    origin: doc.origin,
    asked: doc.asked === true,
    createdAt: doc.createdAt,
    attempts: doc.attempts,
    refusals: doc.refusals,
    backoffMs: doc.backoffMs,
    nextAttemptAt: doc.nextAttemptAt,
    lastAttemptAt: doc.lastAttemptAt,
    lastStatus: doc.lastStatus,
    lastError: doc.lastError,
    deadline: doc.deadline,
  };
}

export function toBreaker({ _id, failures, shutUntil, shutMs }: BreakerDoc): Breaker {
  return { origin: _id, failures, shutUntil, shutMs };
}
