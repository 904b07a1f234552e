import type { ClientSession, Document } from 'mongodb';
import { isCurrent } from '../../sessions/session.ts';
import { signInEvent } from '../events.ts';
import {
  type AppStanding,
  mergeAuthorizations,
  RETIRED_MS,
  sidsOver,
  signedOffClients,
  withoutSids,
} from '../session-life.ts';
import type { Authorizations, HeldSession, SessionOpening, SessionWrite, StoredSession } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { overToday, withCutOffs } from './cut-offs.ts';
import { meetDevice, postMail, writeEvents } from './news.ts';
import {
  type CookieDoc,
  type CutOffDoc,
  openingFields,
  type ParticipationDoc,
  type SessionDoc,
  toSession,
} from './session-documents.ts';
import { beginsInGoodStanding, todayOf, WITH_TODAY, type WithToday } from './standing.ts';

/** Ids of one session that are remembered; it gets a new one at each sign-in only. */
const COOKIES_MAX = 20;

/** Saves the library's part of a session; revives nothing that ended (invariant 7). */
export async function save(
  parts: MongoParts,
  write: SessionWrite,
  tx: ClientSession,
): Promise<'saved' | 'merged' | 'ended'> {
  const row = await parts.sessions.findOne({ _id: write.uid }, { session: tx });
  return saveKnown(parts, row ?? undefined, write, tx);
}

/** The same where this transaction has read the row, or found none. */
export async function saveKnown(
  parts: MongoParts,
  row: SessionDoc | undefined,
  write: SessionWrite,
  tx: ClientSession,
): Promise<'saved' | 'merged' | 'ended'> {
  if (row?.state === 'ended') return 'ended';
  if (row?.state === 'live') return saveLive(parts, row, write, tx);
  const { opening } = write;
  if (!opening || !(await beginsInGoodStanding(parts, opening, tx))) return 'ended';
  if (row) await replaceArriving(parts, row, firstRow(write, opening, row.writes + 1), tx);
  else await parts.sessions.insertOne({ _id: write.uid, ...firstRow(write, opening, 1) }, { session: tx });
  await tellOfSignIn(parts, write, opening, tx);
  return 'saved';
}

/** What goes with the first save of a session. */
export async function tellOfSignIn(
  parts: MongoParts,
  { uid, now }: SessionWrite,
  opening: SessionOpening,
  tx: ClientSession,
): Promise<void> {
  const { accountId, device, ifNewDevice } = opening;
  await writeEvents(parts, [signInEvent(uid, opening)], tx);
  if (device.key === undefined) return;
  const met = await meetDevice(parts, { accountId, deviceKey: device.key, now }, tx);
  if (met === 'new' && ifNewDevice) await postMail(parts, ifNewDevice, tx);
}

/** The session of a current id, or of one that was retired up to 60 s ago. */
export async function findByCookie(
  parts: MongoParts,
  cookieHash: string,
  now: number,
): Promise<StoredSession | undefined> {
  const found = await findLive<FoundWithApps>(parts, { 'cookies.hash': cookieHash }, WITH_APPS);
  return found && leadsTo(found, cookieHash, now) ? toStoredSession(found) : undefined;
}

export async function findHeld(parts: MongoParts, cookieHash: string, now: number): Promise<HeldSession | undefined> {
  const found = await findLive<FoundSession>(parts, { 'cookies.hash': cookieHash }, WITHOUT_APPS);
  return found && leadsTo(found, cookieHash, now) ? toHeldSession(found) : undefined;
}

export async function findByUid(parts: MongoParts, uid: string): Promise<StoredSession | undefined> {
  const found = await findLive<FoundWithApps>(parts, { _id: uid }, WITH_APPS);
  return found && toStoredSession(found);
}

function leadsTo({ cookies }: SessionDoc, cookieHash: string, now: number): boolean {
  const cookie = cookies?.find(({ hash }) => hash === cookieHash);
  return cookie !== undefined && (cookie.retiredAt === undefined || now - cookie.retiredAt <= RETIRED_MS);
}

/** Only the first retirement counts: a second one must not give the id another minute. */
export async function retireCookie({ sessions }: MongoParts, cookieHash: string, now: number): Promise<void> {
  const current = { 'c.hash': cookieHash, 'c.retiredAt': { $exists: false } };
  const update = { $set: { 'cookies.$[c].retiredAt': now } };
  await sessions.updateOne({ 'cookies.hash': cookieHash }, update, { arrayFilters: [current] });
}

// ---------------------------------------------------------------- writing

/** The row of a session that nobody has heard of. */
export function firstRow(write: SessionWrite, opening: SessionOpening, writes: number): Omit<SessionDoc, '_id'> {
  return {
    ...openingFields(opening),
    state: 'live',
    lastSeenAt: write.now,
    dueAt: Math.min(write.now + opening.idleMs, opening.expiresAt),
    writes,
    cookies: [{ hash: write.cookieHash }],
    payload: JSON.stringify(write.payload),
    authorizations: JSON.stringify(write.authorizations),
  };
}

/** Its participations came before it, with the beginning that it was to have. */
async function replaceArriving(
  { sessions, participations }: MongoParts,
  { _id, accountId, startedAt }: SessionDoc,
  first: Omit<SessionDoc, '_id'>,
  tx: ClientSession,
): Promise<void> {
  await sessions.replaceOne({ _id, accountId }, first, { session: tx });
  if (first.startedAt === startedAt) return;
  const began = { $set: { sessionStartedAt: first.startedAt } };
  await participations.updateMany({ sessionUid: _id, state: 'live' }, began, { session: tx });
}

/** A writer with a retired id is a slow tab: what it knows of the session is old, its new apps are real. */
async function saveLive(
  parts: MongoParts,
  row: SessionDoc,
  write: SessionWrite,
  tx: ClientSession,
): Promise<'saved' | 'merged'> {
  const cookies = row.cookies ?? [];
  const isLate = cookies.some(({ hash, retiredAt }) => hash === write.cookieHash && retiredAt !== undefined);
  const over = sidsOver(await appsOf(parts, row, tx));
  const merged = mergeAuthorizations(parseAuthorizations(row), write.authorizations, over, isLate);
  const authorizations = JSON.stringify(merged);
  const changes = isLate ? {} : replacement(row, cookies, write);
  const update = { $set: { ...changes, authorizations }, $inc: { writes: 1 } };
  await parts.sessions.updateOne({ _id: row._id }, update, { session: tx });
  return isLate ? 'merged' : 'saved';
}

/** `cookieHash` becomes the current id, every other id of the session is retired. */
function replacement(row: SessionDoc, cookies: readonly CookieDoc[], { now, cookieHash, payload }: SessionWrite) {
  const retired = cookies
    .filter(({ hash }) => hash !== cookieHash)
    .map(({ hash, retiredAt }) => ({ hash, retiredAt: retiredAt ?? now }));
  return {
    payload: JSON.stringify(payload),
    lastSeenAt: now,
    dueAt: Math.min(now + row.idleMs, row.expiresAt),
    cookies: [...retired.slice(1 - COOKIES_MAX), { hash: cookieHash }],
  };
}

// ---------------------------------------------------------------- reading

/** What of a participation says whether it is over. */
const STANDING = { clientId: 1, accountId: 1, state: 1, clientGeneration: 1, appGeneration: 1 } as const;
type StandingDoc = Pick<ParticipationDoc, '_id' | keyof typeof STANDING>;

interface WithApps {
  readonly participations: readonly StandingDoc[];
  readonly cutOffs: readonly CutOffDoc[];
}

const WITH_PARTICIPATIONS: Document = {
  $lookup: {
    from: 'participations',
    localField: '_id',
    foreignField: 'sessionUid',
    pipeline: [{ $project: STANDING }],
    as: 'participations',
  },
};

/**
 * Stages that put beside `participations` what they are judged by. A session may have a thousand; where none of them is over
 * and none of their apps was ever cut off, which is nearly always, none leaves the server.
 */
const WITH_JUDGEMENT: Document[] = [
  ...withCutOffs('$participations.clientId'),
  {
    $set: {
      participations: {
        $cond: [
          { $and: [{ $setIsSubset: ['$participations.state', ['live']] }, { $eq: ['$cutOffs', []] }] },
          [],
          '$participations',
        ],
      },
    },
  },
];

const WITH_APPS: Document[] = [WITH_PARTICIPATIONS, ...WITH_JUDGEMENT];
/** What the library knows of a thousand apps stays in the server as well. */
const WITHOUT_APPS: Document[] = [{ $project: { authorizations: 0 } }];

interface FoundSession extends SessionDoc, WithToday {}
interface FoundWithApps extends FoundSession, WithApps {}

/** One question, so that row, participations and generations belong together. */
async function findLive<Found extends FoundSession>(
  { sessions }: MongoParts,
  match: Document,
  stages: Document[],
): Promise<Found | undefined> {
  const question = [{ $match: { ...match, state: 'live' } }, ...stages, ...WITH_TODAY];
  const [found] = await sessions.aggregate<Found>(question).toArray();
  return found;
}

/** No `$lookup` of participations: they may be sharded, and before MongoDB 8 a transaction looks up nothing that is. */
const GATHERED: Document[] = [
  { $project: STANDING },
  { $group: { _id: null, accountId: { $first: '$accountId' }, participations: { $push: '$$ROOT' } } },
];

async function appsOf(
  { participations }: MongoParts,
  { _id, accountId }: Pick<SessionDoc, '_id' | 'accountId'>,
  tx: ClientSession,
): Promise<readonly AppStanding[]> {
  const which = { sessionUid: _id, accountId };
  const [found] = await participations
    .aggregate<WithApps>([{ $match: which }, ...GATHERED, ...WITH_JUDGEMENT], { session: tx })
    .toArray();
  return found ? toApps(found) : [];
}

/** Undefined for one of an older generation: it is dead, also where the walk of its account has not come yet. */
function toHeldSession(found: FoundSession): HeldSession | undefined {
  if (!isCurrent(found.generation, todayOf(found))) return undefined;
  return { session: toSession(found), payload: JSON.parse(found.payload ?? '{}') as HeldSession['payload'] };
}

function toStoredSession(found: FoundWithApps): StoredSession | undefined {
  const held = toHeldSession(found);
  if (!held) return undefined;
  const apps = toApps(found);
  return {
    ...held,
    authorizations: withoutSids(parseAuthorizations(found), sidsOver(apps)),
    signedOffClients: signedOffClients(apps),
  };
}

/** Those that are over, if any are, and then the others, too. */
function toApps({ participations, cutOffs }: WithApps): readonly AppStanding[] {
  const isOver = overToday(cutOffs);
  return participations.map((row) => ({ sid: row._id, clientId: row.clientId, isOver: isOver(row) }));
}

function parseAuthorizations(row: SessionDoc): Authorizations {
  return row.authorizations === undefined ? {} : (JSON.parse(row.authorizations) as Authorizations);
}
