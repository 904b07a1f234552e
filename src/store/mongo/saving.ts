import type { ClientSession, Document } from 'mongodb';
import type { Authorizations, SessionOpening, SessionWrite, StoredSession } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type CookieDoc, type CutOffDoc, type ParticipationDoc, type SessionDoc, toSession } from './documents.ts';
import { mayBegin } from './standing.ts';

/** How long a rotated id still leads to its session: tabs that were opened before heal within it. */
const RETIRED_MS = 60_000;
/** Ids of one session that are remembered; it gets a new one at each sign-in only. */
const COOKIES_MAX = 20;

/** Saves the library's part of a session; revives nothing that ended (invariant 7). */
export async function save(
  parts: MongoParts,
  write: SessionWrite,
  tx: ClientSession,
): Promise<'saved' | 'merged' | 'ended'> {
  const row = await parts.sessions.findOne({ _id: write.uid }, { session: tx });
  if (row?.state === 'ended') return 'ended';
  if (row?.state === 'live') return saveLive(parts, row, write, tx);
  const { opening, uid } = write;
  if (!opening || !(await mayBegin(parts, opening, tx))) return 'ended';
  const first = firstRow(write, opening, (row?.writes ?? 0) + 1);
  if (row) await replaceArriving(parts, row, first, tx);
  else await parts.sessions.insertOne({ _id: uid, ...first }, { session: tx });
  return 'saved';
}

/** The session of a current id, or of one that was retired up to 60 s ago. */
export async function findByCookie(
  parts: MongoParts,
  cookieHash: string,
  now: number,
): Promise<StoredSession | undefined> {
  const found = await findLive(parts, { 'cookies.hash': cookieHash });
  const cookie = found?.cookies?.find(({ hash }) => hash === cookieHash);
  const leadsHere = cookie && (cookie.retiredAt === undefined || now - cookie.retiredAt <= RETIRED_MS);
  return found && leadsHere ? toStoredSession(found) : undefined;
}

export async function findByUid(parts: MongoParts, uid: string): Promise<StoredSession | undefined> {
  const found = await findLive(parts, { _id: uid });
  return found && toStoredSession(found);
}

/** Only the first retirement counts: a second one must not give the id another minute. */
export async function retireCookie({ sessions }: MongoParts, cookieHash: string, now: number): Promise<void> {
  const current = { 'c.hash': cookieHash, 'c.retiredAt': { $exists: false } };
  const update = { $set: { 'cookies.$[c].retiredAt': now } };
  await sessions.updateOne({ 'cookies.hash': cookieHash }, update, { arrayFilters: [current] });
}

// ---------------------------------------------------------------- writing

function firstRow(write: SessionWrite, opening: SessionOpening, writes: number): Omit<SessionDoc, '_id'> {
  return {
    ...opening,
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
  const late = cookies.some(({ hash, retiredAt }) => hash === write.cookieHash && retiredAt !== undefined);
  const stored = parseAuthorizations(row);
  const merged = late ? { ...write.authorizations, ...stored } : { ...stored, ...write.authorizations };
  const known = [...Object.values(stored), ...Object.values(write.authorizations)].map(({ sid }) => sid);
  const over = await sidsOver(parts, known, tx);
  const authorizations = JSON.stringify(without(merged, over));
  const changes = late ? {} : replacement(row, cookies, write);
  const update = { $set: { ...changes, authorizations }, $inc: { writes: 1 } };
  await parts.sessions.updateOne({ _id: row._id }, update, { session: tx });
  return late ? 'merged' : 'saved';
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

async function sidsOver(parts: MongoParts, sids: readonly string[], tx: ClientSession): Promise<ReadonlySet<string>> {
  if (sids.length === 0) return new Set();
  const rows = await parts.participations.find({ _id: { $in: [...sids] } }, { session: tx }).toArray();
  const clientIds = rows.map(({ clientId }) => clientId);
  const cutOffs = await parts.cutOffs.find({ _id: { $in: clientIds } }, { session: tx }).toArray();
  return over(rows, cutOffs);
}

// ---------------------------------------------------------------- reading

interface FoundSession extends SessionDoc {
  readonly participations: readonly ParticipationDoc[];
  readonly cutOffs: readonly CutOffDoc[];
  readonly account: readonly { readonly generation: number }[];
  readonly realm: readonly { readonly generation: number }[];
}

/** One question, so that row, participations and generations belong together. */
async function findLive({ sessions }: MongoParts, match: Document): Promise<FoundSession | undefined> {
  const [found] = await sessions
    .aggregate<FoundSession>([
      { $match: { ...match, state: 'live' } },
      {
        $lookup: {
          from: 'participations',
          localField: '_id',
          foreignField: 'sessionUid',
          pipeline: [{ $sort: { startedAt: 1, _id: 1 } }],
          as: 'participations',
        },
      },
      { $lookup: { from: 'cut_offs', localField: 'participations.clientId', foreignField: '_id', as: 'cutOffs' } },
      { $lookup: { from: 'accounts', localField: 'accountId', foreignField: '_id', as: 'account' } },
      { $lookup: { from: 'meta', pipeline: [{ $match: { _id: 'realm' } }], as: 'realm' } },
    ])
    .toArray();
  return found;
}

function toStoredSession(found: FoundSession): StoredSession {
  const gone = over(found.participations, found.cutOffs);
  return {
    session: toSession(found),
    payload: JSON.parse(found.payload ?? '{}') as StoredSession['payload'],
    authorizations: without(parseAuthorizations(found), gone),
    signedOffClients: signedOff(found.participations, gone),
    today: { account: found.account[0]?.generation ?? 0, realm: found.realm[0]?.generation ?? 0 },
  };
}

/** What is ended, and what the walk of a removed client has not reached yet: all of it is dead from the first write on. */
function over(rows: readonly ParticipationDoc[], cutOffs: readonly CutOffDoc[]): ReadonlySet<string> {
  const cutOffAt = new Map(cutOffs.map(({ _id, at }) => [_id, at]));
  const gone = rows.filter((row) => row.state !== 'live' || (cutOffAt.get(row.clientId) ?? -1) >= row.startedAt);
  return new Set(gone.map(({ _id }) => _id));
}

function signedOff(rows: readonly ParticipationDoc[], gone: ReadonlySet<string>): readonly string[] {
  const clients = new Set(rows.map(({ clientId }) => clientId));
  const inside = new Set(rows.filter(({ _id }) => !gone.has(_id)).map(({ clientId }) => clientId));
  return [...clients].filter((clientId) => !inside.has(clientId));
}

function parseAuthorizations(row: SessionDoc): Authorizations {
  return row.authorizations === undefined ? {} : (JSON.parse(row.authorizations) as Authorizations);
}

function without(authorizations: Authorizations, gone: ReadonlySet<string>): Authorizations {
  return Object.fromEntries(Object.entries(authorizations).filter(([, { sid }]) => !gone.has(sid)));
}
