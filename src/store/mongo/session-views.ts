import type { Document, FindCursor } from 'mongodb';
import type { Page, SessionFilter, SessionView } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type ParticipationDoc, type SessionDoc, toParticipation, toSession } from './session-documents.ts';

interface ViewDoc extends SessionDoc {
  readonly participations: readonly ParticipationDoc[];
}

const WITH_PARTICIPATIONS: Document = {
  $lookup: {
    from: 'participations',
    localField: '_id',
    foreignField: 'sessionUid',
    pipeline: [{ $sort: { startedAt: 1, _id: 1 } }],
    as: 'participations',
  },
};

/** One session of any state with all its participations. */
export async function getView({ sessions }: MongoParts, uid: string): Promise<SessionView | undefined> {
  const [row] = await sessions.aggregate<ViewDoc>([{ $match: { _id: uid } }, WITH_PARTICIPATIONS]).toArray();
  return row && toView(row);
}

/** One page, newest first. An ended session has nobody inside, also where the walk of its end has not come that far. */
export async function listViews(parts: MongoParts, filter: SessionFilter, page: Page): Promise<readonly SessionView[]> {
  const after = page.after === undefined ? startOf(filter) : await parts.sessions.findOne({ _id: page.after });
  const { accountId, addressKey, clientId, state } = filter;
  if (after === null || (clientId !== undefined && state === 'ended')) return [];
  const isNamed = accountId !== undefined || addressKey !== undefined;
  const hasFewest = !isNamed && (state === undefined || state === 'live');
  const rows =
    clientId !== undefined && hasFewest
      ? await listByApp(parts, { clientId, state }, after, page.limit)
      : await listByStart(parts, filter, after, page.limit);
  return rows.map(toView);
}

type Position = Pick<SessionDoc, 'startedAt' | '_id'>;

/** Whatever begins before an instant comes after it, in this order. */
function startOf({ until }: SessionFilter): Position | undefined {
  return until === undefined ? undefined : { startedAt: until, _id: '' };
}

/** By the live participations, which know when their session began; two of one session are one row. */
async function listByApp(
  { sessions, participations }: MongoParts,
  { clientId, state }: { readonly clientId: string; readonly state: 'live' | undefined },
  after: Position | undefined,
  limit: number,
): Promise<readonly ViewDoc[]> {
  const inside = { clientId, state: 'live', ...(after && olderThan(after, 'sessionStartedAt', 'sessionUid')) } as const;
  const cursor = participations
    .find(inside, { projection: { sessionUid: 1 }, batchSize: limit })
    .sort({ sessionStartedAt: -1, sessionUid: -1 });
  const rows: ViewDoc[] = [];
  const asked = new Set<string>();
  while (rows.length < limit) {
    const uids = await nextUids(cursor, limit - rows.length, asked);
    if (uids.length === 0) break;
    const which = { _id: { $in: uids }, state: state ?? { $ne: 'ended' } };
    rows.push(...(await sessions.aggregate<ViewDoc>([{ $match: which }, NEWEST_FIRST, WITH_PARTICIPATIONS]).toArray()));
  }
  await cursor.close();
  return rows;
}

async function nextUids(
  cursor: FindCursor<ParticipationDoc>,
  limit: number,
  asked: Set<string>,
): Promise<readonly string[]> {
  const uids: string[] = [];
  while (uids.length < limit) {
    const row = await cursor.next();
    if (!row) break;
    if (!asked.has(row.sessionUid)) uids.push(row.sessionUid);
    asked.add(row.sessionUid);
  }
  return uids;
}

const NEWEST_FIRST: Document = { $sort: { startedAt: -1, _id: -1 } };

async function listByStart(
  { sessions }: MongoParts,
  { accountId, addressKey, clientId, state }: SessionFilter,
  after: Position | undefined,
  limit: number,
): Promise<readonly ViewDoc[]> {
  const isOpen = state === 'live' || state === 'arriving';
  const which = {
    ...(accountId !== undefined && { accountId }),
    ...(addressKey !== undefined && { 'device.addressKey': addressKey }),
    ...(state !== undefined && { state }),
    // Repeats the condition of the index of what is open.
    ...(isOpen && { dueAt: { $exists: true } }),
    ...(after && olderThan(after, 'startedAt', '_id')),
  };
  const withApp = clientId === undefined ? [] : inside(clientId);
  return sessions
    .aggregate<ViewDoc>([{ $match: which }, NEWEST_FIRST, ...withApp, { $limit: limit }, WITH_PARTICIPATIONS])
    .toArray();
}

/** The first condition says where in its index the page begins; the second is about rows of the same instant. */
function olderThan({ startedAt, _id }: Position, start: string, uid: string): Document {
  return { [start]: { $lte: startedAt }, $or: [{ [start]: { $lt: startedAt } }, { [uid]: { $lt: _id } }] };
}

function inside(clientId: string): Document[] {
  const pipeline = [{ $match: { clientId, state: 'live' } }, { $limit: 1 }];
  return [
    { $match: { state: { $ne: 'ended' } } },
    { $lookup: { from: 'participations', localField: '_id', foreignField: 'sessionUid', pipeline, as: 'live' } },
    { $match: { live: { $ne: [] } } },
  ];
}

function toView(row: ViewDoc): SessionView {
  return { session: toSession(row), participations: row.participations.map(toParticipation) };
}
