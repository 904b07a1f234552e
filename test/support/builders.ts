import type { Account } from '../../src/accounts/account.ts';
import type { Attempt, DeliveryPlan, Settlement } from '../../src/deliveries/delivery.ts';
import type { EndCause } from '../../src/logout/logout.ts';
import type { Participation } from '../../src/sessions/session.ts';
import type {
  AccessTokenRow,
  ArtifactWrite,
  AuditEntry,
  ClaimRequest,
  NewParticipation,
  PlanDeliveries,
  SessionOpening,
  SessionWrite,
  SigningKeyRow,
  Store,
} from '../../src/store/store.ts';

/** An instant in the past of all tests; rows begin here unless a test says otherwise. */
export const T0 = Date.UTC(2026, 0, 5, 8);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

let count = 0;

/** Unlike every other of this run, and readable in a failure. */
export function unique(prefix: string): string {
  count += 1;
  return `${prefix}-${process.pid}-${count}`;
}

export function anAccount(given: Partial<Account> = {}): Account {
  const id = given.id ?? unique('account');
  return {
    id,
    username: id,
    state: 'active',
    generation: 0,
    claims: { email: `${id}@example.test` },
    passwordHash: '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
    createdAt: T0,
    passwordChangedAt: T0,
    mustChangePassword: false,
    locale: undefined,
    ...given,
  };
}

export function anOpening(given: Partial<SessionOpening> & { accountId: string }): SessionOpening {
  return {
    generation: { account: 0, realm: 0 },
    device: { name: 'Firefox on Linux', key: undefined, place: undefined },
    shared: false,
    startedAt: T0,
    idleMs: 12 * HOUR,
    expiresAt: (given.startedAt ?? T0) + 14 * DAY,
    ...given,
  };
}

export function aSessionWrite(given: Partial<SessionWrite> & { uid: string }): SessionWrite {
  return {
    cookieHash: `cookie-of-${given.uid}`,
    now: T0,
    payload: { loginTs: T0 / 1000 },
    authorizations: {},
    opening: undefined,
    ...given,
  };
}

export function aParticipation(
  given: Partial<NewParticipation> & { sessionUid: string; accountId: string },
): NewParticipation {
  const sid = given.sid ?? unique('sid');
  return { sid, clientId: 'wiki', sub: given.accountId, grantId: `grant-of-${sid}`, startedAt: T0, ...given };
}

export function anArtifact(given: Partial<ArtifactWrite> = {}): ArtifactWrite {
  return {
    model: 'AuthorizationCode',
    idHash: unique('hash'),
    sealedPayload: 'v1.sealed',
    grantId: undefined,
    sessionUid: undefined,
    accountId: undefined,
    clientId: undefined,
    bound: false,
    generation: undefined,
    createdAt: T0,
    expiresAt: T0 + HOUR,
    ...given,
  };
}

/** The code that comes with a participation. */
export function aCodeOf(participation: NewParticipation, given: Partial<ArtifactWrite> = {}): ArtifactWrite {
  const { grantId, sessionUid, accountId, clientId, startedAt } = participation;
  return anArtifact({
    grantId,
    sessionUid,
    accountId,
    clientId,
    bound: true,
    createdAt: startedAt,
    expiresAt: startedAt + MINUTE,
    ...given,
  });
}

/** The Grant of a participation; `sessionUid` is left out, as the library does. */
export function aGrantOf(participation: NewParticipation, given: Partial<ArtifactWrite> = {}): ArtifactWrite {
  const { grantId, accountId, clientId } = participation;
  const generation = { account: 0, realm: 0 };
  return anArtifact({
    model: 'Grant',
    idHash: grantId,
    grantId,
    accountId,
    clientId,
    generation,
    expiresAt: T0 + 60 * DAY,
    ...given,
  });
}

/** A refresh token of a participation; `bound: false` is one with `offline_access`. */
export function aTokenOf(participation: NewParticipation, given: Partial<ArtifactWrite> = {}): ArtifactWrite {
  return aCodeOf(participation, { model: 'RefreshToken', expiresAt: T0 + 14 * DAY, ...given });
}

export function aCause(given: Partial<EndCause> = {}): EndCause {
  return { reason: 'user', actor: { kind: 'user' }, keepsOffline: () => false, ...given };
}

/** Everybody is told, at an origin of their own, for 24 hours; `given` may say otherwise. */
export function planAll(given: (ended: Participation) => Partial<DeliveryPlan> = () => ({})): PlanDeliveries {
  return (ended) =>
    ended.map((participation) => ({
      sid: participation.sid,
      state: 'trying',
      origin: `https://${participation.clientId}.test`,
      asked: false,
      deadline: { at: (participation.endedAt ?? T0) + DAY, becomes: 'given-up' },
      ...given(participation),
    }));
}

export function aClaim(given: Partial<ClaimRequest> = {}): ClaimRequest {
  const all = { exceptOrigins: [], perOrigin: 100 };
  return { token: unique('lease'), limit: 100, leaseMs: MINUTE, now: T0 + HOUR, processId: 'engine', ...all, ...given };
}

export function anAttempt(given: Partial<Attempt> = {}): Attempt {
  const at = given.at ?? T0 + HOUR;
  return {
    at,
    ms: 12,
    jti: unique('jti'),
    verdict: 'delivered',
    status: 200,
    error: undefined,
    answer: undefined,
    ...given,
  };
}

export function told(deliveryId: string, given: Partial<Attempt> = {}): Settlement {
  return { deliveryId, kind: 'told', attempt: anAttempt(given) };
}

export function aSigningKey(given: Partial<SigningKeyRow> = {}): SigningKeyRow {
  return {
    kid: unique('kid'),
    alg: 'ES256',
    publicJwk: '{"kty":"EC"}',
    sealedPrivateJwk: 'v1.sealed',
    createdAt: T0,
    signsFrom: T0,
    retiredAt: undefined,
    leakedAt: undefined,
    ...given,
  };
}

/** A row of an operator's, without what only some have. */
export function anAuditEntry(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: unique('audit'),
    at: T0,
    actor: { kind: 'command', id: 'root' },
    from: undefined,
    action: 'tests.run',
    subject: 'nothing',
    reason: undefined,
    before: undefined,
    after: undefined,
    ...given,
  };
}

export function anAccessToken(given: Partial<AccessTokenRow> & { accountId: string }): AccessTokenRow {
  const id = unique('token');
  return {
    id,
    hash: `hash-of-${id}`,
    name: 'ci',
    scopes: ['signoff.read'],
    createdAt: T0,
    expiresAt: T0 + HOUR,
    ...given,
  };
}

/** What `signIn` made. */
export interface SignedIn {
  readonly accountId: string;
  readonly uid: string;
  readonly cookieHash: string;
  /** In the order of `clients`. */
  readonly participations: readonly NewParticipation[];
}

/** A live session with participations, made the way the library makes one: with each code its Grant, with the last the session. */
export async function signIn(
  store: Store,
  given: {
    accountId?: string;
    uid?: string;
    clients?: readonly string[];
    at?: number;
    deviceKey?: string;
    addressKey?: string;
  } = {},
): Promise<SignedIn> {
  const at = given.at ?? T0;
  const uid = given.uid ?? unique('uid');
  const accountId = given.accountId ?? (await newAccount(store)).id;
  const { deviceKey, addressKey } = given;
  const device = { name: 'Firefox on Linux', key: deviceKey, place: undefined, addressKey };
  const generation = await store.sessions.generation(accountId);
  const opening = anOpening({ accountId, startedAt: at, generation, device });
  const participations = (given.clients ?? ['wiki']).map((clientId) =>
    aParticipation({ sessionUid: uid, accountId, clientId, startedAt: at }),
  );
  const authorizations = Object.fromEntries(participations.map(({ clientId, sid }) => [clientId, { sid }]));
  const write = aSessionWrite({ uid, now: at, authorizations, opening });
  for (const participation of participations) {
    const session = participation === participations.at(-1) ? write : undefined;
    const along = { artifacts: [aGrantOf(participation, { generation, createdAt: at })], session };
    await mustBe('joined', store.sessions.join(participation, aCodeOf(participation), opening, along));
  }
  if (participations.length === 0) await mustBe('saved', store.sessions.save(write));
  return { accountId, uid, cookieHash: write.cookieHash, participations };
}

export async function newAccount(store: Store, given: Partial<Account> = {}): Promise<Account> {
  const account = anAccount(given);
  await mustBe('created', store.accounts.create(account));
  return account;
}

async function mustBe<T>(wanted: T, answer: Promise<T>): Promise<void> {
  const got = await answer;
  if (got !== wanted) throw new Error(`the store answered "${got}" where a test needs "${wanted}"`);
}
