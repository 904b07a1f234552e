import type { Document } from 'mongodb';
import type { Page, SessionFilter, SessionView } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type ParticipationDoc, type SessionDoc, toParticipation, toSession } from './documents.ts';

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

/** One page, newest first. */
export async function listViews(
  { sessions }: MongoParts,
  filter: SessionFilter,
  page: Page,
): Promise<readonly SessionView[]> {
  const after = page.after === undefined ? undefined : await sessions.findOne({ _id: page.after });
  if (after === null) return [];
  const rows = await sessions
    .aggregate<ViewDoc>([
      { $match: { ...matching(filter), ...(after && olderThan(after)) } },
      { $sort: { startedAt: -1, _id: -1 } },
      ...(filter.clientId === undefined ? [] : withLive(filter.clientId)),
      { $limit: page.limit },
      WITH_PARTICIPATIONS,
    ])
    .toArray();
  return rows.map(toView);
}

function matching({ accountId, state }: SessionFilter): Document {
  return { ...(accountId !== undefined && { accountId }), ...(state !== undefined && { state }) };
}

function olderThan({ startedAt, _id }: SessionDoc): Document {
  return { $or: [{ startedAt: { $lt: startedAt } }, { startedAt, _id: { $lt: _id } }] };
}

function withLive(clientId: string): Document[] {
  const pipeline = [{ $match: { clientId, state: 'live' } }, { $limit: 1 }];
  return [
    { $lookup: { from: 'participations', localField: '_id', foreignField: 'sessionUid', pipeline, as: 'live' } },
    { $match: { live: { $ne: [] } } },
  ];
}

function toView(row: ViewDoc): SessionView {
  return { session: toSession(row), participations: row.participations.map(toParticipation) };
}
