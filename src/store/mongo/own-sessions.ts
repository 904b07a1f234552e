import type { Document } from 'mongodb';
import { nameEvent } from '../events.ts';
import type { OwnApp, OwnPage, OwnSession, Reach } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { overToday, withCutOffs } from './cut-offs.ts';
import { type DeliveryDoc, type LogoutDoc, toLogout } from './delivery-documents.ts';
import { writeMissingEvents } from './news.ts';
import {
  type CutOffDoc,
  type ParticipationDoc,
  type SessionDoc,
  toParticipation,
  toSession,
} from './session-documents.ts';
import { generationToday } from './standing.ts';

/** Sign-ins of apps that are read of one session; the latest ones. */
const APPS_READ = 200;
const COUNTED = 10_000;
const NAMES_KEPT = 100;

interface OwnDoc extends SessionDoc {
  readonly participations: readonly ParticipationDoc[];
  readonly told: readonly Pick<DeliveryDoc, '_id' | 'state'>[];
  readonly logout: readonly LogoutDoc[];
  readonly cutOffs: readonly CutOffDoc[];
}

/** One page: the first one where it lives, live ones by last use, ended ones by their end. */
export async function ownSessions(parts: MongoParts, accountId: string, page: OwnPage): Promise<readonly OwnSession[]> {
  const { after, limit } = page;
  const rows: OwnDoc[] = after === undefined ? await first(parts, accountId, page) : [];
  if (after?.state !== 'ended') rows.push(...(await live(parts, accountId, { ...page, limit: limit - rows.length })));
  const rest = limit - rows.length;
  if (rest > 0) rows.push(...(await ended(parts, accountId, { ...page, limit: rest })));
  const names = await namesOf(parts, accountId, rows);
  return rows.map((row) => toOwn(row, names.get(nameKey(accountId, row))));
}

function first({ sessions }: MongoParts, accountId: string, { firstUid }: OwnPage): Promise<OwnDoc[]> {
  const which = { _id: firstUid, accountId, state: 'live' };
  return sessions.aggregate<OwnDoc>([{ $match: which }, ...WITH_APPS]).toArray();
}

async function live(parts: MongoParts, accountId: string, page: OwnPage): Promise<readonly OwnDoc[]> {
  if (page.limit < 1) return [];
  const today = await generationToday(parts, accountId);
  const after = page.after?.state === 'live' ? page.after : undefined;
  const which = {
    accountId,
    state: 'live',
    // Repeats the condition of its index as well.
    dueAt: { $gt: page.now },
    _id: { $ne: page.firstUid },
    'generation.account': { $gte: today.account },
    'generation.realm': { $gte: today.realm },
    ...(after && olderThan('lastSeenAt', after)),
  };
  return pageOf(parts, which, { lastSeenAt: -1, _id: -1 }, page.limit);
}

function ended(parts: MongoParts, accountId: string, page: OwnPage): Promise<readonly OwnDoc[]> {
  const after = page.after?.state === 'ended' ? page.after : undefined;
  const since = { $gte: page.endedSince, ...(after && { $lte: after.at }) };
  const which = {
    accountId,
    endedAt: since,
    _id: { $ne: page.firstUid },
    ...(after && { $or: olderThan('endedAt', after).$or }),
  };
  return pageOf(parts, which, { endedAt: -1, _id: -1 }, page.limit);
}

/** The first condition says where in its index the page begins; the second is about rows of the same instant. */
function olderThan(field: string, { at, uid }: { readonly at: number; readonly uid: string }) {
  return { [field]: { $lte: at }, $or: [{ [field]: { $lt: at } }, { _id: { $lt: uid } }] };
}

function pageOf({ sessions }: MongoParts, which: Document, order: Document, limit: number): Promise<OwnDoc[]> {
  return sessions.aggregate<OwnDoc>([{ $match: which }, { $sort: order }, { $limit: limit }, ...WITH_APPS]).toArray();
}

/** A participation ends once, so its `sid` names its delivery. */
const WITH_APPS: Document[] = [
  {
    $lookup: {
      from: 'participations',
      localField: '_id',
      foreignField: 'sessionUid',
      pipeline: [{ $sort: { startedAt: -1, _id: -1 } }, { $limit: APPS_READ }],
      as: 'participations',
    },
  },
  {
    $lookup: {
      from: 'deliveries',
      localField: 'participations._id',
      foreignField: '_id',
      pipeline: [{ $project: { state: 1 } }],
      as: 'told',
    },
  },
  { $lookup: { from: 'logouts', localField: 'logoutId', foreignField: '_id', as: 'logout' } },
  ...withCutOffs('$participations.clientId'),
];

function toOwn(row: OwnDoc, givenName: string | undefined): OwnSession {
  const [logout] = row.logoutId === undefined ? [] : row.logout;
  return { session: toSession(row), givenName, apps: appsOf(row), logout: logout && toLogout(logout) };
}

function appsOf({ participations, told, cutOffs }: OwnDoc): readonly OwnApp[] {
  const isOver = overToday(cutOffs);
  const latest = new Map<string, ParticipationDoc>();
  for (const one of participations) {
    const known = latest.get(one.clientId);
    if (known === undefined || (isOver(known) && !isOver(one))) latest.set(one.clientId, one);
  }
  const states = new Map(told.map(({ _id, state }) => [_id, state]));
  // What no walk has come to is dead already, and somebody is about to tell its app.
  const stateOf = (one: ParticipationDoc) => (isOver(one) ? (states.get(one._id) ?? 'trying') : 'live');
  return [...latest.values()].reverse().map((one) => ({ participation: toParticipation(one), state: stateOf(one) }));
}

// ---------------------------------------------------------------- numbers

export async function reach(parts: MongoParts, accountId: string, exceptUid = ''): Promise<Reach> {
  const { sessions, participations } = parts;
  const open = { accountId, state: 'live', dueAt: { $gt: 0 }, _id: { $ne: exceptUid } } as const;
  const inside = { accountId, state: 'live', sessionUid: { $ne: exceptUid } };
  const [amount, apps] = await Promise.all([
    sessions.countDocuments(open, { limit: COUNTED }),
    participations
      .aggregate<{ _id: string; sessions: readonly string[]; signIns: number }>([
        { $match: inside },
        { $limit: COUNTED },
        { $group: { _id: '$clientId', sessions: { $addToSet: '$sessionUid' }, signIns: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ])
      .toArray(),
  ]);
  return {
    sessions: amount,
    apps: apps.map(({ _id, sessions: uids, signIns }) => ({ clientId: _id, sessions: uids.length, signIns })),
  };
}

export async function surplus(
  { sessions }: MongoParts,
  { accountId, keep, limit }: { accountId: string; keep: number; limit: number },
): Promise<readonly string[]> {
  const rows = await sessions
    .find({ accountId, state: 'live', dueAt: { $exists: true } }, { projection: { _id: 1 } })
    .sort({ startedAt: -1, _id: -1 })
    .skip(keep)
    .limit(limit)
    .toArray();
  return rows.map(({ _id }) => _id);
}

// ---------------------------------------------------------------- names

export async function nameDevice(
  parts: MongoParts,
  { accountId, uid, name, now }: { accountId: string; uid: string; name: string | undefined; now: number },
): Promise<boolean> {
  const { sessions, deviceNames } = parts;
  const row = await sessions.findOne({ _id: uid, accountId, state: { $ne: 'arriving' } });
  if (!row) return false;
  await writeMissingEvents(parts, [nameEvent(toSession(row), name, now)]);
  const _id = nameKey(accountId, row);
  if (name === undefined) {
    await deviceNames.deleteOne({ _id });
    return true;
  }
  await deviceNames.updateOne({ _id }, { $set: { accountId, name, namedAt: now } }, { upsert: true });
  const [last] = await deviceNames
    .find({ accountId })
    .sort({ namedAt: -1, _id: -1 })
    .skip(NAMES_KEPT)
    .limit(1)
    .toArray();
  if (last) await deviceNames.deleteMany({ accountId, namedAt: { $lte: last.namedAt } });
  return true;
}

async function namesOf(
  { deviceNames }: MongoParts,
  accountId: string,
  rows: readonly SessionDoc[],
): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map();
  const keys = rows.map((row) => nameKey(accountId, row));
  const found = await deviceNames.find({ _id: { $in: keys } }).toArray();
  return new Map(found.map(({ _id, name }) => [_id, name]));
}

function nameKey(accountId: string, { _id, device }: Pick<SessionDoc, '_id' | 'device'>): string {
  return `${accountId} ${device.key ?? _id}`;
}
