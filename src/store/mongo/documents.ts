/**
 * What lies in MongoDB: one interface a collection, and the way back to the types of the port. A field that is "not
 * there" is absent (`ignoreUndefined`), never null, so that sparse and partial indexes stay small. Maps whose keys others
 * choose (payloads, authorizations, claims) are JSON text: a client id may hold dots and dollars.
 */
import type { AccountState, Role } from '../../accounts/account.ts';
import type { Passkey } from '../../accounts/credential.ts';
import type { ActivityEvent, Link, Mail } from '../../activity/news.ts';
import type { Attempt, Breaker, Deadline, Delivery, DeliveryState } from '../../deliveries/delivery.ts';
import type { Actor, EndTarget, Logout, Reason, Scope } from '../../logout/logout.ts';
import type { Device, Generation, Participation, Session, SessionState } from '../../sessions/session.ts';
import type {
  AccessTokenRow,
  AuditRow,
  AuditStart,
  ClientSource,
  ClientState,
  Establishment,
  FirstLink,
  RegistrationTokenRow,
  SessionOpening,
  SigningKeyRow,
} from '../store.ts';

/** A field the code always names and the driver leaves out when it is undefined. */
type Maybe<T> = T | undefined;

/** `meta`: the few rows there is one of; which fields a row has follows from its key. */
export interface MetaDoc {
  readonly _id:
    | 'schema'
    | 'migration-lock'
    | 'realm'
    | 'ping'
    | 'outbound-rules'
    | 'establishment'
    | 'clients'
    | 'operators'
    | 'first-owner'
    | 'audit'
    | 'signing-keys';
  readonly version?: number;
  readonly holder?: string;
  readonly until?: Date;
  readonly generation?: number;
  readonly count?: number;
  readonly rules?: readonly string[];
  readonly establishment?: Omit<Establishment, 'signingKeys'>;
  readonly firstLink?: FirstLink;
  readonly auditStart?: AuditStart;
  readonly auditEnd?: AuditStart;
}

export interface OperatorDoc {
  readonly _id: string;
  readonly role: Role;
  readonly since: number;
}

export interface AccessTokenDoc extends Omit<AccessTokenRow, 'id'> {
  readonly _id: string;
}

export interface RegistrationTokenDoc extends Omit<RegistrationTokenRow, 'id'> {
  readonly _id: string;
}

/** The key is the number in the chain. */
export interface AuditDoc extends Omit<AuditRow, 'seq' | 'from' | 'reason' | 'before' | 'after'> {
  readonly _id: number;
  readonly from?: Maybe<string>;
  readonly reason?: Maybe<string>;
  readonly before?: Maybe<string>;
  readonly after?: Maybe<string>;
}

export interface AnswerDoc {
  readonly _id: string;
  readonly bodyHash: string;
  readonly sealedAnswer?: Maybe<string>;
  readonly expiresAt: number;
}

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
  readonly device: { readonly name: string; readonly key?: Maybe<string>; readonly place?: Maybe<string> };
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

export interface ArtifactDoc {
  /** Model and hashed id. */
  readonly _id: string;
  readonly model: string;
  readonly sealedPayload: string;
  readonly grantId?: Maybe<string>;
  readonly sessionUid?: Maybe<string>;
  readonly accountId?: Maybe<string>;
  readonly clientId?: Maybe<string>;
  readonly bound: boolean;
  readonly generation?: Maybe<Generation>;
  /** Of a Grant. */
  readonly clientGeneration?: Maybe<number>;
  readonly appGeneration?: Maybe<number>;
  readonly createdAt: number;
  readonly expiresAt?: Maybe<number>;
  readonly consumedAt?: Maybe<number>;
}

export interface AccountDoc {
  readonly _id: string;
  readonly username: string;
  /** Absent once deleted: the name is free again. */
  readonly usernameKey?: Maybe<string>;
  /** Of the verified e-mail address; absent where there is none. */
  readonly emailKey?: Maybe<string>;
  readonly state: AccountState;
  readonly generation: number;
  readonly claims: string;
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly passwordChangedAt: number;
  /** Absent where it is not so. */
  readonly mustChange?: Maybe<boolean>;
  readonly locale?: Maybe<string>;
  /** Of recovery codes that were not used yet. */
  readonly recoveryHashes?: Maybe<string[]>;
  /** Counts changes of its credentials, so that two that come at once collide. */
  readonly credentials?: number;
  /** Counts new sessions, so that the first write of one collides with an `end` of the account. */
  readonly starts: number;
}

export interface ConsentDoc {
  readonly _id: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly updatedAt: number;
}

/** What somebody calls one of their browsers. */
export interface DeviceNameDoc {
  /** Account, and device key; of a browser that has none the uid of its session. */
  readonly _id: string;
  readonly accountId: string;
  readonly name: string;
  readonly namedAt: number;
}

export interface ClientDoc {
  readonly _id: string;
  readonly state: ClientState;
  readonly source?: Maybe<ClientSource>;
  readonly registrationHash?: Maybe<string>;
  readonly sealed: string;
  readonly updatedAt: number;
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

export interface SigningKeyDoc extends Omit<SigningKeyRow, 'kid' | 'retiredAt' | 'leakedAt'> {
  readonly _id: string;
  readonly retiredAt?: Maybe<number>;
  readonly leakedAt?: Maybe<number>;
}

export interface LimitDoc {
  readonly _id: string;
  readonly count: number;
  readonly closesAt: number;
}

export interface EventDoc extends Omit<ActivityEvent, 'id'> {
  readonly _id: string;
}

/** `claim`: whose it is until `dueAt`, which is there while it waits only. */
export interface MailDoc extends Omit<Mail, 'id' | 'nextAttemptAt' | 'lastError' | 'settledAt'> {
  readonly _id: string;
  readonly dueAt?: Maybe<number>;
  readonly claim?: Maybe<string>;
  readonly lastError?: Maybe<string>;
  readonly settledAt?: Maybe<number>;
}

export interface LinkDoc extends Omit<Link, 'hash' | 'usedAt'> {
  readonly _id: string;
  readonly usedAt?: Maybe<number>;
}

interface CredentialFacts {
  readonly _id: string;
  readonly accountId: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt?: Maybe<number>;
  /** How far a passkey has counted, or the last time step that was taken. */
  readonly counter: number;
}

export type CredentialDoc = CredentialFacts &
  (
    | ({ readonly kind: 'passkey' } & Pick<Passkey, 'passkeyId' | 'publicKey' | 'transports' | 'synced'>)
    | { readonly kind: 'totp'; readonly sealedSecret: string; readonly passkeyId?: undefined }
  );

/** A browser that an account signed in with. */
export interface AccountDeviceDoc {
  /** Account and device key, as JSON. */
  readonly _id: string;
  readonly accountId: string;
  readonly seenAt: number;
}

/** As JSON, since a client id may hold any character that a separator could be. */
export function consentKey(accountId: string, clientId: string): string {
  return JSON.stringify([accountId, clientId]);
}

/** What a session's row has of its opening. */
export function openingFields(opening: SessionOpening) {
  const { accountId, generation, device, shared, startedAt, idleMs, expiresAt } = opening;
  return { accountId, generation, device, shared, startedAt, idleMs, expiresAt };
}

export function toSession(doc: SessionDoc): Session {
  const device: Device = { name: doc.device.name, key: doc.device.key, place: doc.device.place };
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
