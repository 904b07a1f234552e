/** Ends of what is in one write: a session, an app in it, a few sessions. */
import type { ClientSession, Filter } from 'mongodb';
import type { EndResult, EndTarget } from '../../logout/logout.ts';
import { logoutEvent } from '../events.ts';
import { type Made, NOTHING_MADE } from '../new-deliveries.ts';
import type { EndWatch, PlanDeliveries, SessionEnd, SharedCause } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type LogoutDoc, toLogout } from './delivery-documents.ts';
import { readParticipations } from './leasing.ts';
import { type About, type Ending, insertLogout, newLogout } from './logout-rows.ts';
import { endThem } from './making-deliveries.ts';
import { writeEvents } from './news.ts';
import { revokeApp, revokeEnded } from './revoking.ts';
import type { ParticipationDoc, SessionDoc } from './session-documents.ts';
import { endedBy, endParticipations, insideOf, oweTheRest } from './walking.ts';

/** Of the first write of an `end`: its apps are told while the others are written. */
const FIRST_SLICE = 16;
/** Participations of one write that ends several sessions. */
const AT_ONCE = 1_000;
/** Sessions of one write: a transaction of some milliseconds, so that who uses one of them just now seldom meets it. */
const SESSIONS = 20;

/** What the first write of an `end` did. */
export interface Begun extends Made {
  readonly logout: LogoutDoc;
}

export async function endSession(
  parts: MongoParts,
  ending: Ending,
  uid: string,
  tx: ClientSession,
): Promise<Begun | undefined> {
  const which = { _id: uid, state: { $ne: 'ended' } } as const;
  const row = await parts.sessions.findOneAndUpdate(which, endedBy(ending), { session: tx, projection: SEAT });
  if (!row) return undefined;
  const logout = { ...newLogout(ending, { accountId: row.accountId }), sessionsEnded: 1 };
  return endThese(parts, { ...ending, logout, about: seatOf(row) }, insideOf(uid), tx);
}

export async function endParticipation(
  parts: MongoParts,
  ending: Ending,
  { sid, offline }: Extract<EndTarget, { kind: 'participation' }>,
  tx: ClientSession,
): Promise<Begun | undefined> {
  const named = await parts.participations.findOne({ _id: sid }, { session: tx });
  if (!named) return undefined;
  const { accountId, sessionUid, clientId } = named;
  const written = { $inc: { writes: 1 } };
  const row = await parts.sessions.findOneAndUpdate({ _id: sessionUid }, written, { session: tx, projection: SEAT });
  await revokeApp(parts, named, offline, tx);
  const about = { ...(row && seatOf(row)), clientId };
  const found = { ...ending, logout: newLogout(ending, { accountId }), about };
  return endThese(parts, found, { sessionUid, clientId, state: 'live' }, tx);
}

/** Of a session's row, which grows with its apps. */
const SEAT = { accountId: 1, device: 1 } as const;

function seatOf({ _id, device }: Pick<SessionDoc, '_id' | 'device'>): About {
  return { session: _id, device: device.name, place: device.place };
}

/**
 * The first of them, with their deliveries. What is left of a session is dead with it, and the walk's. Of one app in a
 * session that lives on all end in this write, so that nothing can be used or told twice: the deliveries are owed.
 */
async function endThese(
  parts: MongoParts,
  { plan, cause, logout, about, watch }: Ending & { readonly logout: LogoutDoc; readonly about: About },
  which: Filter<ParticipationDoc>,
  tx: ClientSession,
): Promise<Begun | undefined> {
  const walk = { logout, plan, watch, keepsOffline: cause.keepsOffline };
  const { ended, more, leased, rest } = await endParticipations(parts, walk, which, FIRST_SLICE, tx);
  if (ended.length + logout.sessionsEnded === 0) return undefined;
  if (more && logout.target.kind !== 'session') await oweTheRest(parts, logout, which, tx);
  const row = await insertLogout(parts, more ? { ...logout, walking: true } : logout, { cause, about }, tx);
  return { logout: row, leased, rest };
}

/** What several ends have in common. */
interface Shared {
  readonly cause: SharedCause;
  readonly at: number;
  readonly plan: PlanDeliveries;
  readonly watch?: EndWatch | undefined;
}

/** What a write of several did. */
interface SomeEnded extends Made {
  readonly results: readonly EndResult[];
}

/** Some of these sessions, each with its own logout. One that is too large to be one of several ends alone. */
export async function endSome(
  parts: MongoParts,
  ends: readonly SessionEnd[],
  shared: Shared,
  tx: ClientSession,
): Promise<SomeEnded> {
  const some = ends.slice(0, SESSIONS);
  const uids = some.map(({ uid }) => uid);
  const living = { sessionUid: { $in: uids }, state: 'live' } as const;
  const rows = await readParticipations(parts, living, AT_ONCE + 1, tx);
  if (rows.length > AT_ONCE) return endFirst(parts, ends, shared, tx);
  const open = await newLogouts(parts, some, shared, tx);
  const logouts = open.map(({ logout }) => logout);
  const marks = logouts.map((logout) => markSession(logout, shared.at));
  if (marks.length > 0) await parts.sessions.bulkWrite(marks, { session: tx });
  const ended = logouts.map((logout) => ({ logout, rows: rows.filter(isOf(logout)) }));
  const made = await endThem(parts, ended, shared, tx);
  await revokeEnded(parts, rows, shared.cause.keepsOffline, tx);
  if (logouts.length > 0) await parts.logouts.insertMany(logouts, { session: tx });
  const events = open.map(({ logout, row }) => logoutEvent(toLogout(logout), row.accountId, seatOf(row)));
  await writeEvents(parts, events, tx);
  const byId = new Map(logouts.map((logout) => [logout._id, logout]));
  return { ...made, results: some.map(({ id }) => toResult(byId.get(id))) };
}

async function endFirst(
  parts: MongoParts,
  [first]: readonly SessionEnd[],
  { cause, ...shared }: Shared,
  tx: ClientSession,
): Promise<SomeEnded> {
  if (!first) return { ...NOTHING_MADE, results: [] };
  const { id, uid, reason } = first;
  const ending = { ...shared, id, target: { kind: 'session', uid }, cause: { ...cause, reason } } as const;
  const begun = await endSession(parts, ending, uid, tx);
  return { ...(begun ?? NOTHING_MADE), results: [toResult(begun?.logout)] };
}

/** Of the sessions that are not ended yet. */
async function newLogouts(
  { sessions }: MongoParts,
  ends: readonly SessionEnd[],
  { cause, at }: Shared,
  tx: ClientSession,
): Promise<readonly { readonly logout: LogoutDoc; readonly row: SessionDoc }[]> {
  const open = { _id: { $in: ends.map(({ uid }) => uid) }, state: { $ne: 'ended' } } as const;
  const rows = await sessions.find(open, { session: tx, projection: SEAT }).toArray();
  const byUid = new Map(rows.map((row) => [row._id, row]));
  return ends.flatMap(({ id, uid, reason }) => {
    const row = byUid.get(uid);
    if (!row) return [];
    const ending = { id, target: { kind: 'session', uid }, cause: { ...cause, reason }, at } as const;
    return [{ logout: { ...newLogout(ending, { accountId: row.accountId }), sessionsEnded: 1 }, row }];
  });
}

function markSession({ _id, target }: LogoutDoc, at: number) {
  const filter = { _id: uidOf(target), state: { $ne: 'ended' } } as const;
  return { updateOne: { filter, update: endedBy({ id: _id, at }) } };
}

function isOf({ target }: LogoutDoc) {
  const uid = uidOf(target);
  return (row: ParticipationDoc) => row.sessionUid === uid;
}

function uidOf(target: LogoutDoc['target']): string {
  return target.kind === 'session' ? target.uid : '';
}

function toResult(logout: LogoutDoc | undefined): EndResult {
  return logout ? { kind: 'ended', logout: toLogout(logout) } : { kind: 'nothing' };
}
