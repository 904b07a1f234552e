/**
 * The port: everything the product remembers, cut by role. Two adapters (`sqlite/`, `mongo/`), one suite (`test/store`).
 *
 * Every method is one atomic write or one look at the store, but where it says that it is several (`end`, `removeBefore` …);
 * nothing hands out a transaction. There is no way to delete a session, only `end`.
 * Instants are epoch milliseconds and are always handed in: a store has no clock of its own.
 * `undefined` means "not there". A store that cannot be reached, is full or locked throws `storeUnavailable` (errors.ts).
 */
import type { Account, Claims, Role } from '../accounts/account.ts';
import type { Credential, Passkey } from '../accounts/credential.ts';
import type {
  ActivityEvent,
  EventKind,
  FailedTry,
  Link,
  LinkPurpose,
  Mail,
  MailSettlement,
  MailState,
  NewMail,
  News,
} from '../activity/news.ts';
import type {
  Attempt,
  Breaker,
  BreakerChange,
  Delivery,
  DeliveryPlan,
  DeliveryState,
  Lease,
  Settlement,
  SigningAlg,
} from '../deliveries/delivery.ts';
import type { EndCause, EndResult, EndTarget, Logout, Progress, Reason } from '../logout/logout.ts';
import type { Device, Generation, Participation, Session, SessionState } from '../sessions/session.ts';

export interface Store {
  readonly sessions: SessionStore;
  readonly logouts: LogoutStore;
  readonly deliveries: DeliveryStore;
  readonly provider: ProviderStore;
  readonly accounts: AccountStore;
  readonly credentials: CredentialStore;
  readonly clients: ClientStore;
  readonly keys: KeyStore;
  readonly limits: LimitStore;
  readonly activity: ActivityStore;
  readonly mails: MailStore;
  readonly links: LinkStore;
  readonly operators: OperatorStore;
  readonly audit: AuditStore;
  readonly answers: AnswerStore;
  readonly figures: FigureStore;
  /** `one`: whoever writes keeps all others waiting, so that large writes must be short and far between. */
  readonly writers: 'one' | 'many';
  /** Answers when the store can be read and written; throws `storeUnavailable` otherwise. */
  ping(): Promise<void>;
  /** Waits for what is under way. Safe twice. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------- sessions

export interface SessionStore {
  /**
   * Saves what the library holds of a session. One row per `uid`:
   * - ended: nothing is written (`ended`), so that a late request revives nothing (invariant 7);
   * - no row, or `arriving`: made live from `opening`, refused (`ended`) when the account's or the realm's generation
   *   has moved since, or the account is not active; without `opening` also `ended`;
   * - live, and `cookieHash` is a retired id of it: only authorizations are added, stored ones stay (`merged`);
   * - live: payload and `lastSeenAt` are replaced, authorizations merged (stored ∪ new; a new entry whose `sid` is an
   *   ended participation is ignored), `cookieHash` becomes the current id and every other id of the row is retired.
   * `merged`: written, but under a retired id, so the caller must not hand that id to the browser again.
   * What is made live from `opening` is an event of kind `sign-in` in the same write; `opening.ifNewDevice` is posted where
   * the account has devices and this is none of them, and `opening.locale` becomes the account's.
   */
  save(write: SessionWrite): Promise<'saved' | 'merged' | 'ended'>;

  /**
   * The session whose current id this is, or whose id it was up to 60 s ago. Never an ended or `arriving` one, nor one of an
   * older generation than its account's or the realm's: that one is dead, whether its logout has come to it or not.
   */
  findByCookie(cookieHash: string, now: number): Promise<StoredSession | undefined>;
  /** The same without its apps: all that our own pages ask of it. */
  findHeld(cookieHash: string, now: number): Promise<HeldSession | undefined>;
  /** As `findByCookie`, by its `uid`. */
  findByUid(uid: string): Promise<StoredSession | undefined>;
  /** Marks an id as retired at `now`; nothing else (the library destroys an id at each rotation). */
  retireCookie(cookieHash: string, now: number): Promise<void>;

  /**
   * Records that a client takes part, in the same write as the code that lets it. Keyed by `sid`, insert-only: a second
   * code of the same `sid` only moves `renewedAt`. Writes the session row (a counter, where not ended), so
   * that it cannot slip past an `end` (MongoDB lost 18 of 1,000 otherwise). Where the session is not there yet, makes it
   * as `arriving` from `opening`. `ended`, and nothing written, when the session or this `sid` is ended, the session's
   * (or opening's) generation is older than today's, the account is not active, the client is removed, or it (or this app
   * of the account) was cut off since the Grant was made.
   * `along` is written in the same write, or not at all: a Grant in it is made now, and its session is saved as `save` does.
   * `merged`: joined, and the session was saved under a retired id.
   */
  join(
    participation: NewParticipation,
    code: ArtifactWrite,
    opening: SessionOpening | undefined,
    along?: AlongWithCode,
  ): Promise<'joined' | 'merged' | 'ended'>;

  /**
   * THE end (invariant 1). Its first write is atomic, begins at instant `at`, and makes all of the target dead, whatever there
   * is of it: the logout's row; the session marked ended, or the generation raised (of the `account`, the `client`, the app
   * of the account, or the realm for `everybody`); a spared session (`exceptUid`) and its live grants restamped with the new one; `cause.accountChange`
   * applied; a client's record `removed` where that is the reason; `cause.linkHash` spent; the event of this end and
   * `cause.news` written. `consent-revoked` forgets what the account allowed the app. Of a client's end each account that it
   * concerns has an event, in the write that ends its participations. Several short writes follow, enough for 1,000 participations
   * before it answers: sessions of the target marked ended, their participations with one delivery each, as `plan` says, their
   * grants and tokens removed (those with `offline_access` stay where `cause.keepsOffline`, and only for a `session` target;
   * `account` and `account-client` lose every grant, whatever became of its session). What is left then is `walking`, dead
   * already, and `continueEnd` does it. So is what a later write that fails leaves behind: this throws only when nothing was
   * written.
   * `nothing` when no session, no participation and, of an `account-client`, no grant (and no consent, where that is revoked)
   * was left to end, or `cause.linkHash` is no link that may be used at `at`, with nothing written; `account`, where it is
   * there, and `client` targets always make a logout. A session that is dead already, of an older generation, is not spared.
   * `plan` is pure and may run more than once. What is committed is told to `watch` at once: with a `lease`, what the first
   * write ends is leased to that engine with it, where it is to be told now and its origin has no breaker row.
   */
  end(
    id: string,
    target: EndTarget,
    cause: EndCause & Audited,
    at: number,
    plan: PlanDeliveries,
    watch?: EndWatch,
  ): Promise<EndResult>;
  /**
   * Ends several sessions in one write, each with a logout of its own: the first of them, as many as a short write takes and
   * at least one. Answers what became of those, in their order. Throws when nothing of it was written.
   */
  endSome(
    ends: readonly SessionEnd[],
    cause: SharedCause,
    at: number,
    plan: PlanDeliveries,
    watch?: EndWatch,
  ): Promise<readonly EndResult[]>;
  /** The next write of a walking logout. Answers whether there is more. Safe from several processes at once. */
  continueEnd(logoutId: string, next: NextWrite): Promise<'more' | 'done'>;

  /** Use at an app: moves `lastSeenAt` of a live session, unless it moved less than a minute ago. */
  touch(uid: string, now: number): Promise<void>;
  /**
   * Live sessions whose idle or absolute time is over, and `arriving` ones older than ten minutes; soonest first by (dueAt,
   * uid). `after` is the last one of the page before, also when it is ended by now.
   */
  due(now: number, limit: number, after?: DueSession): Promise<readonly DueSession[]>;
  /** When the next live session falls due; undefined when none will. */
  nextDueAt(): Promise<number | undefined>;

  /** Any state. */
  get(uid: string): Promise<SessionView | undefined>;
  participation(sid: string): Promise<Participation | undefined>;
  /** Newest first by (startedAt, uid). `after` is the uid of the last row of the page before. */
  list(filter: SessionFilter, page: Page): Promise<readonly SessionView[]>;
  /**
   * The sessions of one account as its owner sees them: live ones by last use, then those that ended by their end, both newest
   * first. What is dead is not among the live ones, also where no walk or sweep has come to it yet.
   */
  own(accountId: string, page: OwnPage): Promise<readonly OwnSession[]>;
  /** How much of an account lives, for the numbers before it ends; no more than 10,000 of each are counted. */
  reach(accountId: string, exceptUid?: string): Promise<Reach>;
  /** Live sessions of an account beyond the `keep` that began last; those that began last first. */
  surplus(accountId: string, keep: number, limit: number): Promise<readonly string[]>;
  /**
   * What its owner calls the browser of this session, in all of its sessions, until it is named anew; undefined takes the name
   * back. False where the account has no such session. Remembers the last 100 names of an account. An event of
   * kind `name`, in the same write (MongoDB just before it).
   */
  nameDevice(accountId: string, uid: string, name: string | undefined, now: number): Promise<boolean>;
  /** Live sessions in the browser of this device key. */
  ofDevice(deviceKey: string): Promise<readonly Session[]>;
  generation(accountId: string): Promise<Generation>;
  realmGeneration(): Promise<number>;
}

/** Of a walk. */
export interface NextWrite extends Pick<EndCause, 'keepsOffline'> {
  readonly plan: PlanDeliveries;
  /** Sessions, where they are to be fewer than a write takes. */
  readonly sessionsMax?: number | undefined;
  readonly watch?: EndWatch | undefined;
}

/** Somebody who goes to work while an end is still written. */
export interface EndWatch {
  /** An engine that waits for work: it need not look for what it is handed. */
  readonly lease: FirstLease | undefined;
  /**
   * What a write is about to lease, as soon as it knows: time to sign before that is durable. It may be undone, and comes
   * again when the write is run again; of several ends in one write, once for each. Must not throw.
   */
  leasing(leased: readonly Delivery[]): void;
  /** A write that made something to be told is durable. `leased` is what it leased; `rest`: there is more. Must not throw. */
  written(leased: readonly Delivery[], rest: boolean): void;
}

/** Given with the write that makes deliveries. */
export interface FirstLease extends Pick<ClaimRequest, 'token' | 'processId' | 'leaseMs' | 'now'> {}

/** One of several sessions to end, with the id of its logout. */
export interface SessionEnd {
  readonly id: string;
  readonly uid: string;
  readonly reason: Reason;
}

/** What the ends of several sessions have in common. Nobody waits for a receipt of these. */
export type SharedCause = Pick<EndCause, 'actor' | 'keepsOffline'>;

export interface DueSession {
  readonly session: Session;
  readonly dueAt: number;
}

export interface SessionFilter {
  readonly accountId?: string;
  /** Sessions with a live participation of this client. */
  readonly clientId?: string;
  readonly state?: SessionState;
  /** Signed in from there (`Device.addressKey`). */
  readonly addressKey?: string;
  /** Only those that began before this instant. */
  readonly until?: number;
}

export interface Page {
  /** The id of the last row of the page before. Nothing follows a row that is gone. */
  readonly after?: string;
  readonly limit: number;
}

/** A session with all its participations, ended ones included, oldest first. */
export interface SessionView {
  readonly session: Session;
  readonly participations: readonly Participation[];
}

export interface OwnPage {
  /** First on the first page, and on no other. */
  readonly firstUid: string;
  readonly now: number;
  /** What ended before is left out. */
  readonly endedSince: number;
  readonly after?: OwnCursor;
  readonly limit: number;
}

/** The last row of the page before: in its order, so that a session that is used meanwhile hides no other. */
export interface OwnCursor {
  readonly state: 'live' | 'ended';
  /** When it was used last, or ended. */
  readonly at: number;
  readonly uid: string;
}

export interface OwnSession {
  readonly session: Session;
  /** What its owner calls the device. */
  readonly givenName: string | undefined;
  /** The latest sign-in of each app, oldest first, of the last 200. */
  readonly apps: readonly OwnApp[];
  /** What ended it. */
  readonly logout: Pick<Logout, 'id' | 'reason' | 'actor' | 'accountId'> | undefined;
}

export interface OwnApp {
  readonly participation: Participation;
  /** What became of telling it that it is over. */
  readonly state: 'live' | DeliveryState;
}

export interface Reach {
  readonly sessions: number;
  /** `sessions`: those with this app inside; `signIns`: how often it is in them. */
  readonly apps: readonly { readonly clientId: string; readonly sessions: number; readonly signIns: number }[];
}

/** What a session begins with; travels from the verified password to the first write. */
export interface SessionOpening {
  readonly accountId: string;
  readonly generation: Generation;
  readonly device: Device;
  readonly shared: boolean;
  readonly startedAt: number;
  readonly idleMs: number;
  readonly expiresAt: number;
  /** The app that was signed in to; undefined for none. */
  readonly clientId?: string | undefined;
  /** Of the pages that it was made on. */
  readonly locale?: string | undefined;
  readonly ifNewDevice?: NewMail | undefined;
}

export interface SessionWrite {
  readonly uid: string;
  readonly cookieHash: string;
  readonly now: number;
  /** The library's own fields, without the cookie id and without `authorizations`. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly authorizations: Authorizations;
  readonly opening: SessionOpening | undefined;
}

/** The library's notebook of clients in a session, by client id. No logout walks it. */
export type Authorizations = Readonly<Record<string, { readonly sid: string; readonly [key: string]: unknown }>>;

/** A session as a browser holds it: without what its apps have in it, which may be a thousand. */
export interface HeldSession {
  readonly session: Session;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface StoredSession extends HeldSession {
  /** Entries whose `sid` is an ended participation are left out, so that the library makes a new one. */
  readonly authorizations: Authorizations;
  /** Clients that were in this session, are ended, and have not come back: they ask "Continue as …?". */
  readonly signedOffClients: readonly string[];
}

/** What one sign-in writes besides its code and participation: one wait for the disk for all of it. */
export interface AlongWithCode {
  /** None of them `bound`. */
  readonly artifacts: readonly ArtifactWrite[];
  /** The session of the participation. */
  readonly session: SessionWrite | undefined;
}

/** `startedAt` is also when this code was made. */
export type NewParticipation = Omit<Participation, 'renewedAt' | 'endedAt' | 'logoutId'>;

/** Which of the ended participations must be told, and until when. Pure. */
export type PlanDeliveries = (ended: readonly Participation[]) => readonly DeliveryPlan[];

// ---------------------------------------------------------------- logouts

export interface LogoutStore {
  find(id: string): Promise<Logout | undefined>;
  /** Newest first by (at, id); of one account where that is said. */
  list(filter: LogoutFilter, page: Page): Promise<readonly Logout[]>;
  /** Undefined once the receipt was closed. */
  findByLink(linkHash: string): Promise<Logout | undefined>;
  progress(logoutId: string): Promise<Progress>;
  /** One row a client: its worst state (trying, refused, given-up, cannot-be-told, asked-browser, not-asked-for, moot, told), by client id. */
  apps(logoutId: string): Promise<readonly LogoutApp[]>;
  /** "Done": the link leads nowhere from now on. */
  closeReceipt(linkHash: string): Promise<void>;
  /** Ids of logouts that are still being walked and are not paused, oldest first. */
  walking(limit: number): Promise<readonly string[]>;
  /** Ids of those that are paused, oldest first. */
  paused(limit: number): Promise<readonly string[]>;
  /** Pauses a walk, lets it go on, or changes its pace. False when nothing is walking there. */
  steer(id: string, change: { readonly paused?: boolean; readonly pace?: number }, audit: AuditEntry): Promise<boolean>;
  /**
   * Removes what ended before `before`: ended sessions, their participations, settled logouts, deliveries, attempts; at
   * most `limit` rows of each; answers how many. Several short writes, children first. Never a logout with a delivery that
   * is `trying`, and nothing of such a logout. Ended participations of a session that lives stay: they keep its old `sid`s
   * from coming back.
   */
  removeBefore(before: number, limit: number): Promise<number>;
}

export interface LogoutFilter {
  readonly accountId?: string;
  /** Only those before this instant. */
  readonly until?: number;
}

export interface LogoutApp {
  readonly clientId: string;
  readonly state: DeliveryState;
  /** Deliveries of this client in this logout. */
  readonly sessions: number;
  /** Of the delivery with the worst state (the one attempted last among equals). */
  readonly attempts: number;
  readonly lastAttemptAt: number | undefined;
  readonly lastStatus: number | undefined;
  readonly nextAttemptAt: number | undefined;
}

// ---------------------------------------------------------------- deliveries

/**
 * An origin with a breaker row is *shut* until `shutUntil`; then *due for a probe*; *probed* while one delivery of it that was
 * claimed so is leased. A probe ends with its delivery's settlement, whatever that is, and with its rescue.
 */
export interface DeliveryStore {
  /**
   * Takes up to `limit` deliveries that are `trying`, due and free, few of each origin, oldest due first; where
   * there are more the origins take turns. Leaves out `exceptOrigins` and origins that are shut or probed; of an origin
   * that is due for a probe hands out one. Two claims never hand out the same delivery, unless a rescue freed it in between.
   * Safe to repeat with the same token when no answer came: what the first one may have taken is in the next answer.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Takes what is free and past its deadline at origins with a breaker row, for the caller to settle: with one probe now and
   * then, a crowd at a dead origin would be tried for weeks. Where a probe is due it gets a minute, to be the last attempt.
   * Hands out no probe.
   */
  claimOverdue(request: ClaimRequest): Promise<Claim>;
  /**
   * Records what became of claimed deliveries, with their attempts, and what was learnt of their origins, in one write. A
   * delivery whose lease is lost is left alone and named in the answer (fence). An origin's breaker row goes when it is
   * healthy, and with the last of its deliveries that was `trying`.
   */
  settle(leaseToken: string, settlements: readonly Settlement[], changes: readonly BreakerChange[]): Promise<Settled>;
  /** When the next free delivery may be claimed; undefined when none is waiting. Within a second where a crowd hides it. */
  nextDueAt(): Promise<number | undefined>;
  /**
   * An app is back: makes up to `limit` of its free deliveries that wait for later due at `now`, unless its origin failed
   * again meanwhile. Those that were refused keep their own times. Answers how many; fewer than `limit`: no more.
   */
  bringForward(origin: string, now: number, limit: number): Promise<number>;
  /**
   * After a backward jump of this process's clock: makes free `trying` deliveries due at `now` and removes breakers. Where
   * each machine has a clock of its own, only what this process wrote, or no living other one.
   */
  hasten(processId: string, now: number): Promise<number>;
  /**
   * Sends again by hand: `refused`, `given-up` and free `trying` ones become `trying`, due at `now`, with a fresh deadline
   * (`given-up`) and fresh schedules; their origins are due for a probe. In slices: what one of them did stays done; the
   * audit's row is written before the first.
   */
  retry(filter: DeliveryFilter, now: number, deadlineAt: number, audit?: AuditEntry): Promise<number>;

  /** What is known of an origin that fails; undefined for one that does not. */
  breaker(origin: string): Promise<Breaker | undefined>;

  find(id: string): Promise<Delivery | undefined>;
  /** Oldest first. */
  attempts(deliveryId: string): Promise<readonly Attempt[]>;
  /** Newest first by (createdAt, id). */
  list(filter: DeliveryFilter, page: Page): Promise<readonly Delivery[]>;

  /** An engine says that it is alive, and hears how all are: those that have said so and those that hold deliveries. */
  beat(engine: EngineSign, now: number): Promise<Beat>;
  /** An engine stops: it holds nothing any more, and nobody is to count on it. */
  farewell(processId: string): Promise<void>;
  /**
   * Frees what is leased to engines that are `dead`, and what others hold beyond their lease where that is asked for; their
   * probes with it. Answers how many. What such an engine still settles is lost (fence).
   */
  rescue(request: RescueRequest): Promise<number>;
  /** How long ago any engine beat; undefined when none does. */
  silence(now: number): Promise<number | undefined>;
  /** Calls `changed` soon (≤ 300 ms) after another process or thread made deliveries due; spurious calls are allowed. */
  watch(changed: () => void): Promise<Unwatch>;
}

export type Unwatch = () => Promise<void>;

export interface ClaimRequest {
  /** Names the lease: new for each claim, the same when one is repeated. */
  readonly token: string;
  readonly limit: number;
  readonly leaseMs: number;
  readonly now: number;
  /** The one of `beat`: says who holds the lease. */
  readonly processId: string;
  /** Origins that have enough waiting in this process already: a slow app with a million rows must not fill every claim. */
  readonly exceptOrigins: readonly string[];
  /** At most so many of one origin. */
  readonly perOrigin: number;
}

/** Who beats. `home` is for processes of the same machine to find each other (ops/process-mark.ts), opaque to a store. */
export interface EngineSign {
  readonly processId: string;
  readonly home: string | undefined;
}

/**
 * Times here are of one clock that all engines share, whatever theirs say: the machine's (SQLite), the server's (MongoDB).
 */
export interface Beat {
  /** Since this engine's last beat; undefined at its first. */
  readonly sinceLastMs: number | undefined;
  readonly others: readonly OtherEngine[];
}

export interface OtherEngine extends EngineSign {
  /** Since its last beat; infinite when it never beat or said farewell, and holds something all the same. */
  readonly silentMs: number;
}

export interface RescueRequest {
  /** The caller's, whose own leases are always spared. */
  readonly processId: string;
  readonly now: number;
  readonly dead: readonly string[];
  /** Also what is leased to the living beyond its time. */
  readonly expired: boolean;
}

export interface Claim extends Lease {
  /** There may be more that is due, of origins that were not left out. */
  readonly more: boolean;
  /** Rows of the origins in this claim, where they fail. */
  readonly breakers: readonly Breaker[];
}

export interface Settled {
  /** Ids of deliveries whose lease was lost. */
  readonly lost: readonly string[];
  /** Logouts that moved. */
  readonly logoutIds: readonly string[];
}

export interface DeliveryFilter {
  readonly id?: string;
  readonly logoutId?: string;
  readonly clientId?: string;
  readonly accountId?: string;
  readonly state?: DeliveryState;
  /** Only those that were made before this instant. */
  readonly until?: number;
  /** For `retry` only: those that were made at or after this instant. */
  readonly since?: number;
}

// ---------------------------------------------------------------- oidc-provider's artifacts

/**
 * Codes, tokens, grants, interactions and our own parked requests. Ids are SHA-256, payloads are sealed by the adapter in
 * `oidc/`; what the product must judge stands beside them.
 */
export interface ProviderStore {
  /**
   * Nothing when expired; nothing when bound to a session that is ended or gone; no Grant of an older generation than
   * today's of its account, its client, that app of the account or the realm. Every use of a token looks up its Grant.
   */
  find(model: string, idHash: string, now: number): Promise<Artifact | undefined>;
  /** Inserts or replaces; what was consumed stays consumed. `ended`, and nothing written, when `bound` and the session is ended or gone; one statement or transaction. */
  save(write: ArtifactWrite): Promise<'saved' | 'ended'>;
  /**
   * Replaces a Grant that was found before; `ended`, and nothing written, where it is gone by now. It stays as old as it was:
   * a late save must bring nothing back that was revoked or cut off meanwhile (invariant 7).
   */
  saveAgain(write: ArtifactWrite): Promise<'saved' | 'ended'>;
  /** Compare-and-set: true for the first caller only. */
  consume(model: string, idHash: string, now: number): Promise<boolean>;
  destroy(model: string, idHash: string): Promise<void>;
  /** Removes everything of one grant, of every model, the Grant itself excepted. */
  revokeByGrant(grantId: string): Promise<void>;
  /** Apps that have a grant of this account which is alive, in a session or without one, by client id; at most `limit`. */
  access(accountId: string, limit: number): Promise<readonly AppAccess[]>;
  /** Removes expired rows, at most `limit`; answers how many. */
  removeExpired(now: number, limit: number): Promise<number>;
}

export interface AppAccess {
  readonly clientId: string;
  /** Of its oldest grant. */
  readonly since: number;
  /** When its youngest token was made. */
  readonly lastUsedAt: number;
  /** Has a token that outlives its session. */
  readonly offline: boolean;
}

export interface ArtifactWrite {
  readonly model: string;
  readonly idHash: string;
  readonly sealedPayload: string;
  /** Of a Grant: its own id. */
  readonly grantId: string | undefined;
  readonly sessionUid: string | undefined;
  readonly accountId: string | undefined;
  readonly clientId: string | undefined;
  /** Dies with its session (the library's `expiresWithSession`). */
  readonly bound: boolean;
  /** Of a Grant: the generation of the session it was made in. */
  readonly generation: Generation | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
}

export interface Artifact extends ArtifactWrite {
  readonly consumedAt: number | undefined;
}

// ---------------------------------------------------------------- accounts

export interface AccountFilter {
  /** Only those whose user name begins so; compared as `usernameKey` does. */
  readonly beginning?: string;
}

export interface AccountStore {
  /** `taken` when the user name's key (`usernameKey`) is in use. */
  create(account: Account, audit?: AuditEntry): Promise<'created' | 'taken'>;
  /** Any state, `deleted` included (without anything personal). */
  find(id: string): Promise<Account | undefined>;
  /** Never a deleted one. */
  findByUsername(username: string): Promise<Account | undefined>;
  /**
   * By what somebody typed to sign in: a user name, else an e-mail address (`emailKey`) that is verified and of one account
   * only, disabled ones counted. Never a deleted one. Looks for both whatever it finds: the time tells nothing.
   */
  findForSignIn(name: string): Promise<Account | undefined>;
  /** By user name; deleted ones left out. */
  list(filter: AccountFilter, page: Page): Promise<readonly Account[]>;
  setClaims(id: string, claims: Claims, audit?: AuditEntry): Promise<void>;
  /** Undoes `disabled`. Disabling, deleting and a new password are changes of an `end` (logout.ts `AccountChange`). */
  enable(id: string, audit?: AuditEntry): Promise<void>;
  /**
   * A new password that ends nothing; where sessions end with it, it is a change of that `end`. Makes links to set one
   * worthless. False, and nothing written, when the hash is not `from` (any more).
   */
  changePassword(change: PasswordChange): Promise<boolean>;
  /** The same password, hashed anew; false, and nothing written, when the hash is not `from` (any more). */
  rehash(id: string, from: string, to: string): Promise<boolean>;
  /** Scopes this account allowed this client to have. */
  consent(accountId: string, clientId: string): Promise<readonly string[]>;
  /** All that an account allowed, by client id; at most `limit`. */
  consents(accountId: string, limit: number): Promise<readonly Consent[]>;
  /** Adds scopes to what was allowed. */
  allow(accountId: string, clientId: string, scopes: readonly string[], now: number, news?: News): Promise<void>;
}

export interface PasswordChange {
  readonly accountId: string;
  readonly from: string;
  readonly passwordHash: string;
  readonly at: number;
  readonly news: News;
}

export interface Consent {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly updatedAt: number;
}

// ---------------------------------------------------------------- credentials

/**
 * Passkeys, authenticator apps and recovery codes. Those that must not be seen without the end of sessions are taken away by
 * an `end` (`AccountChange`).
 */
export interface CredentialStore {
  /** Oldest first. */
  ofAccount(accountId: string): Promise<Credentials>;
  findPasskey(passkeyId: string): Promise<Passkey | undefined>;
  /**
   * `full` where the account has `CREDENTIALS_MAX`, `taken` when the passkey is known, `gone` when the account is not active;
   * nothing is written then. `first`: it had no unused recovery code, and `recoveryHashes` are its own from now on.
   */
  add(added: NewCredential): Promise<'added' | 'first' | 'full' | 'taken' | 'gone'>;
  rename(accountId: string, id: string, name: string): Promise<boolean>;
  /** With the last one the recovery codes go. False, and nothing written, when it is not there (any more). */
  remove(accountId: string, id: string, news: News): Promise<boolean>;
  /** Compare-and-set: true when the step is later than any that was taken. */
  useTotp(id: string, step: number, now: number): Promise<boolean>;
  /**
   * Compare-and-set: true when it was not used since `challengedAt`, so that no answer counts twice, and its counter has
   * moved on where it counts.
   */
  usePasskey(id: string, use: PasskeyUse): Promise<boolean>;
  /** Compare-and-set: true for the first to bring this code, which is gone then. */
  useRecoveryCode(accountId: string, hash: string): Promise<boolean>;
  /** New codes in place of all that there are; false, and nothing written, where the account has no credential. */
  replaceRecoveryCodes(accountId: string, hashes: readonly string[], news: News): Promise<boolean>;
}

export interface Credentials {
  readonly list: readonly Credential[];
  /** Recovery codes that are left. */
  readonly recoveryCodes: number;
}

export interface NewCredential {
  readonly credential: Credential;
  readonly recoveryHashes: readonly string[];
  readonly news: News;
}

export interface PasskeyUse {
  readonly counter: number;
  /** When the challenge was made that was answered. */
  readonly challengedAt: number;
  readonly now: number;
}

// ---------------------------------------------------------------- clients

export interface ClientStore {
  /** Inserts or replaces; undoes no end. */
  save(records: readonly ClientRecord[]): Promise<void>;
  /**
   * Inserts, or replaces what its writer has `seen` (undefined: there was none). `changed`: something else is there now, and
   * nothing was written.
   */
  replace(record: ClientRecord, seen: SeenClient | undefined, audit: AuditEntry): Promise<'done' | 'changed'>;
  /**
   * Registers a client that registers itself, and uses up one use of its initial access token (`tokenHash`) where it needs one.
   * `gone`: that token is unknown, used up or expired; `taken`: there is such a client. Nothing was written then.
   */
  register(
    record: ClientRecord,
    token: { readonly hash: string; readonly now: number } | undefined,
    audit: AuditEntry,
  ): Promise<'done' | 'gone' | 'taken'>;
  /** Keeps what a check-up found of the client that was `seen`; whatever replaces that one forgets it. */
  checkedUp(clientId: string, seen: SeenClient, found: CheckUp, audit: AuditEntry): Promise<void>;
  all(): Promise<readonly ClientRecord[]>;
  /** Another one whenever a client was saved, checked up or removed: cheap enough to be asked each second by every process. */
  version(): Promise<string>;
  /** Networks and hosts that may be called although private: what the running product was started with. */
  saveOutboundRules(rules: readonly string[]): Promise<void>;
  outboundRules(): Promise<readonly string[]>;
}

export interface ClientRecord {
  readonly clientId: string;
  readonly state: ClientState;
  readonly source: ClientSource;
  /** The client as JSON, sealed: it may hold a secret. */
  readonly sealed: string;
  readonly updatedAt: number;
  /** Of the token by which a client that registered itself changes its registration. */
  readonly registrationHash?: string | undefined;
  /** The last one, of the client as it is. */
  readonly checkUp?: CheckUp | undefined;
}

/** `A` all well; `B` warnings; `C` accepts what it should not; `D` accepts what anybody can make; `F` cannot be told. */
export const GRADES = ['A', 'B', 'C', 'D', 'F'] as const;

export interface CheckUp {
  readonly grade: (typeof GRADES)[number];
  readonly at: number;
}

/** Sealing the same client twice gives two texts, so these two tell each writing from all others. */
export type SeenClient = Pick<ClientRecord, 'sealed' | 'state'>;

/** Where it was registered: by a file, which wins over all others and is never written by them, or by one of those. */
export const CLIENT_SOURCES = ['file', 'api', 'page', 'registration'] as const;
export type ClientSource = (typeof CLIENT_SOURCES)[number];

/** `suspended`: its file is gone; no new sign-in, still told. `removed`: by an act; set by `end` of a `client` target. */
export type ClientState = 'active' | 'suspended' | 'removed';

// ---------------------------------------------------------------- keys

export interface KeyStore {
  /** Inserts what is not there yet, under a lock, and answers what is: the first process decides for all. */
  establish(first: Establishment): Promise<Establishment>;
  /** What was established, with today's signing keys; undefined in a new store. */
  established(): Promise<Establishment | undefined>;
  /** Puts `to` in the place of the established `sealedCookieKeys`; false when they are not `from` (any more). */
  replaceCookieKeys(from: string, to: string, audit?: AuditEntry): Promise<boolean>;
  /** Oldest first. */
  signingKeys(): Promise<readonly SigningKeyRow[]>;
  /** Adds keys, where those that are there are the `known` ones: of several processes one makes the next keys. */
  addSigningKeys(rows: readonly SigningKeyRow[], known: readonly string[]): Promise<boolean>;
  /** Inserts or replaces by `kid`. */
  saveSigningKeys(rows: readonly SigningKeyRow[], audit?: AuditEntry): Promise<void>;
}

export interface Establishment {
  readonly issuer: string;
  /** Names the master key; a process with another one stops. */
  readonly keyId: string;
  /** A known text, sealed: proves that the key opens what is here. */
  readonly sealedCheck: string;
  readonly sealedCookieKeys: string;
  readonly signingKeys: readonly SigningKeyRow[];
}

export interface SigningKeyRow {
  readonly kid: string;
  readonly alg: SigningAlg;
  /** Public JWK, as JSON. */
  readonly publicJwk: string;
  /** Private JWK, sealed; empty once retired. */
  readonly sealedPrivateJwk: string;
  readonly createdAt: number;
  /** Published at once, signs from here on: the youngest that may sign does. */
  readonly signsFrom: number;
  /** Out of the JWKS since then; its public half still proves old hints, unless it leaked. */
  readonly retiredAt: number | undefined;
  /** Proves nothing since then: anybody may have signed with it. Retired too. */
  readonly leakedAt: number | undefined;
}

// ---------------------------------------------------------------- figures

/** What somebody who watches wants to know. Counts stop at `most` and are made in short looks: they hold nobody up. */
export interface FigureStore {
  deliveries(state: DeliveryState, most: number): Promise<number>;
  /** `live` counts those that arrive just now, too. */
  sessions(state: 'live' | 'ended', most: number): Promise<number>;
  mails(state: MailState, most: number): Promise<number>;
  /** When the delivery that has been `trying` for longest was made; undefined when none is. */
  oldestTryingAt(): Promise<number | undefined>;
  /** Origins that fail and are left alone between probes, at most `limit`. */
  shutOrigins(limit: number): Promise<readonly string[]>;
}

// ---------------------------------------------------------------- limits

/** Counters of failed sign-ins. Keys are hashes. */
export interface LimitStore {
  /** Failures of each key, in their order, within the window that is open at `now`, and when it closes (0 and `now` where none is). */
  failures(keys: readonly string[], now: number): Promise<readonly FailureCount[]>;
  /**
   * Counts one failure for each key; opens a window of `windowMs` where none is open. `tried`: at which account, for its
   * activity, in the same write (MongoDB counts both beside each other).
   */
  fail(keys: readonly string[], windowMs: number, now: number, tried?: FailedTry): Promise<void>;
  /** Counts one more of this key, as `fail` does; answers which one of its window it is, from 1. No two are the same. */
  count(key: string, windowMs: number, now: number): Promise<number>;
  clear(keys: readonly string[]): Promise<void>;
  /** Removes closed windows; answers how many. */
  removeClosed(now: number, limit: number): Promise<number>;
}

export interface FailureCount {
  readonly count: number;
  readonly closesAt: number;
}

// ---------------------------------------------------------------- activity

/** What happened to an account. Written by the writes that it tells of, never here. */
export interface ActivityStore {
  /** Newest first by (at, id); of one kind or of all. */
  list(accountId: string, filter: ActivityFilter, limit: number): Promise<readonly ActivityEvent[]>;
  /** Removes what is older, at most `limit` rows in one short write; answers how many. */
  removeBefore(before: number, limit: number): Promise<number>;
}

export interface ActivityFilter {
  readonly kind?: EventKind | undefined;
  /** Of the last row of the page before; that one may be gone by now. */
  readonly after?: ActivityPlace | undefined;
}

export type ActivityPlace = Pick<ActivityEvent, 'at' | 'id'>;

// ---------------------------------------------------------------- mails

/** The outbox. Mails come in with the writes they tell of; whoever delivers sends them. */
export interface MailStore {
  /** News without another write. */
  post(news: News): Promise<void>;
  /**
   * Takes up to `limit` mails that wait and are due, oldest due first, for `leaseMs`: until then no other claim has them. Safe
   * to repeat with the same token.
   */
  claim(request: MailClaim): Promise<readonly Mail[]>;
  /** Records what became of a claimed mail; false where the claim was lost. A sent one keeps no token. */
  settle(token: string, id: string, settlement: MailSettlement): Promise<boolean>;
  /** When the next mail may be claimed; undefined when none is waiting. */
  nextDueAt(): Promise<number | undefined>;
  find(id: string): Promise<Mail | undefined>;
  /** Newest first by (at, id). `after` is the id of the last row of the page before. */
  list(filter: MailFilter, page: Page): Promise<readonly Mail[]>;
  /** Makes one that waits or was given up due at `now`, for another day where its day is over; false for any other. */
  retry(id: string, now: number, giveUpAt: number, audit?: AuditEntry): Promise<boolean>;
  /** Removes what was settled and is older, at most `limit` rows in one short write; answers how many. */
  removeBefore(before: number, limit: number): Promise<number>;
}

export interface MailClaim {
  readonly token: string;
  readonly limit: number;
  readonly leaseMs: number;
  readonly now: number;
}

export interface MailFilter {
  readonly accountId?: string;
  readonly state?: MailState;
}

// ---------------------------------------------------------------- links

/** One-time links. They come in with their mail and are spent by an `end` (`EndCause.linkHash`). */
export interface LinkStore {
  /** Used ones too, so that a page can say so; not what has expired. */
  find(hash: string, purpose: LinkPurpose, now: number): Promise<Link | undefined>;
  /** Removes what has expired, at most `limit` rows in one short write; answers how many. */
  removeExpired(now: number, limit: number): Promise<number>;
}
// ---------------------------------------------------------------- operators

/** Who runs this service, and what they let programs do in their name. */
export interface OperatorStore {
  /** Undefined for who has none, and for an account that is not active. */
  role(accountId: string): Promise<Role | undefined>;
  /** By account id. */
  list(): Promise<readonly OperatorRow[]>;
  /**
   * Gives an active account its one role, or takes it away (`undefined`), and with it what its tokens may do. `nobody`: no
   * such account is active; `last-owner`: nobody would be left who could give roles; `unchanged`: nothing was written.
   */
  setRole(
    accountId: string,
    role: Role | undefined,
    at: number,
    audit: AuditEntry,
  ): Promise<'done' | 'unchanged' | 'nobody' | 'last-owner'>;
  /** The one link that makes the first owner; it takes the place of the one before. */
  saveFirstLink(link: FirstLink, audit?: AuditEntry): Promise<void>;
  /** The same, only where none was ever made and nobody is an owner; answers whether it was saved. */
  offerFirstLink(link: FirstLink): Promise<boolean>;
  /** Whether this link would do now: it is the one, its time is not over, and there is no owner yet. */
  isFirstLink(hash: string, now: number): Promise<boolean>;
  /** Uses the link up. */
  redeemFirstLink(hash: string, accountId: string, now: number, audit: AuditEntry): Promise<'done' | 'gone'>;

  addToken(token: AccessTokenRow, audit: AuditEntry): Promise<void>;
  /** Undefined when it is unknown, revoked, expired, or its account is not active or has no role. */
  tokenByHash(hash: string, now: number): Promise<(AccessTokenRow & { readonly role: Role }) | undefined>;
  /** Oldest first; of one account where that is said. */
  tokens(accountId: string | undefined, page: Page): Promise<readonly AccessTokenRow[]>;
  /** False when there is none. */
  revokeToken(id: string, audit: AuditEntry): Promise<boolean>;
  /** Initial access tokens, by which apps register themselves. */
  addRegistrationToken(token: RegistrationTokenRow, audit: AuditEntry): Promise<void>;
  /** Undefined when it is unknown, used up or expired. */
  registrationToken(hash: string, now: number): Promise<RegistrationTokenRow | undefined>;
  /** Oldest first. */
  registrationTokens(page: Page): Promise<readonly RegistrationTokenRow[]>;
  /** False when there is none. */
  revokeRegistrationToken(id: string, audit: AuditEntry): Promise<boolean>;
  /** Removes expired ones of both kinds; answers how many. */
  removeExpiredTokens(now: number, limit: number): Promise<number>;
}

export interface OperatorRow {
  readonly accountId: string;
  readonly role: Role;
  readonly since: number;
}

export interface FirstLink {
  readonly hash: string;
  readonly expiresAt: number;
}

/** An initial access token. */
export interface RegistrationTokenRow {
  readonly id: string;
  readonly hash: string;
  /** What apps that it registers are. */
  readonly party: 'first' | 'third';
  readonly usesLeft: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A personal access token. */
export interface AccessTokenRow {
  readonly id: string;
  readonly hash: string;
  readonly accountId: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
}

// ---------------------------------------------------------------- audit

/** What an operator did. Nothing secret, and nothing personal but ids: it outlives what it tells of. */
export interface AuditEntry {
  readonly id: string;
  readonly at: number;
  readonly actor: AuditActor;
  /** The address it came from; undefined for commands on the machine itself. */
  readonly from: string | undefined;
  /** The use case, like `logouts.end`. */
  readonly action: string;
  /** What it was done to, like `client wiki`. */
  readonly subject: string;
  readonly reason: string | undefined;
  /** JSON; what it was and what it became, as far as it changed. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** `command`: whoever can run commands on the machine, by the name of its user there. `link`: the first owner's. */
export interface AuditActor {
  readonly kind: 'account' | 'client' | 'command' | 'link';
  readonly id: string;
}

/** Rows are numbered without gaps; each carries the hash of the one before (`audit-chain.ts`). */
export interface AuditRow extends AuditEntry {
  readonly seq: number;
  readonly previous: string;
  readonly hash: string;
}

/** Where the kept part of the chain begins: the number and the hash of the last row that is gone. */
export interface AuditStart {
  readonly seq: number;
  readonly hash: string;
}

export interface Audited {
  readonly audit?: AuditEntry | undefined;
}

export interface AuditFilter {
  /** At most one of the three is looked for by an index; the others narrow what it finds. */
  readonly subject?: string;
  readonly actorId?: string;
  readonly action?: string;
  /** Before this number: the page after. */
  readonly before?: number;
}

/** Rows are written with what they tell of, never here. */
export interface AuditStore {
  /** Newest first. */
  list(filter: AuditFilter, limit: number): Promise<readonly AuditRow[]>;
  /** Oldest first, behind the number `after`. */
  chain(after: number, limit: number): Promise<readonly AuditRow[]>;
  /** The kept part's start, and the last row that was ever written: 0 and an empty hash before the first. */
  bounds(): Promise<{ readonly start: AuditStart; readonly end: AuditStart }>;
  /** Removes the oldest rows, those before the instant, at most `limit`; the start moves with them. Answers how many. */
  removeBefore(before: number, limit: number): Promise<number>;
}

// ---------------------------------------------------------------- answers

/** First answers to requests that may be sent again (`Idempotency-Key`). */
export interface AnswerStore {
  /**
   * Takes the key for a request, or answers what is known of the request that has it. A key is free again once it has
   * expired.
   */
  begin(key: string, bodyHash: string, now: number, expiresAt: number): Promise<'begun' | KnownAnswer>;
  finish(key: string, sealedAnswer: string): Promise<void>;
  /** Nothing was done under this key: it is free again. */
  release(key: string): Promise<void>;
  removeExpired(now: number, limit: number): Promise<number>;
}

export interface KnownAnswer {
  readonly bodyHash: string;
  /** Undefined while the first request is at work, or when its process died. */
  readonly sealedAnswer: string | undefined;
}
