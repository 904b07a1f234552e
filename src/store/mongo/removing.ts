import type { Collection, Filter } from 'mongodb';
import type { MongoParts } from './collections.ts';

/**
 * Removes what ended before an instant, children first, so that a process that dies in between leaves nothing without its
 * parent; at most `limit` rows of each kind. A logout that is still at work keeps its deliveries and the sessions and
 * participations that it ended.
 */
export async function removeBefore(parts: MongoParts, before: number, limit: number): Promise<number> {
  const atWork = await logoutsAtWork(parts, before);
  return (await removeSessions(parts, before, limit, atWork)) + (await removeLogouts(parts, before, limit, atWork));
}

/** Few: what is older than the retention time was given up long ago, unless somebody sent it again by hand. */
async function logoutsAtWork({ deliveries, logouts }: MongoParts, before: number): Promise<readonly string[]> {
  const trying = await deliveries.distinct('logoutId', { state: 'trying', createdAt: { $lt: before } });
  const walking = await logouts.distinct('_id', { walking: true, at: { $lt: before } });
  return [...new Set([...trying, ...walking])];
}

/** The participations of a session that lives stay with it, ended or not: they hide what it must not bring back. */
async function removeSessions(
  { sessions, participations }: MongoParts,
  before: number,
  limit: number,
  atWork: readonly string[],
): Promise<number> {
  const busy = await participations.distinct('sessionUid', { logoutId: { $in: [...atWork] } });
  const old = { endedAt: { $lt: before }, logoutId: { $nin: [...atWork] }, _id: { $nin: busy } };
  const uids = await firstIds(sessions, old, limit, 'endedAt');
  const removed = await removeOldest(participations, { sessionUid: { $in: uids } }, limit);
  const left = new Set(await participations.distinct('sessionUid', { sessionUid: { $in: uids } }));
  return (
    removed +
    (await removeByIds(
      sessions,
      uids.filter((uid) => !left.has(uid)),
    ))
  );
}

async function removeLogouts(
  { logouts, deliveries }: MongoParts,
  before: number,
  limit: number,
  atWork: readonly string[],
): Promise<number> {
  const old = { at: { $lt: before }, _id: { $nin: [...atWork] } };
  const ids = await firstIds(logouts, old, limit, 'at');
  // One that was sent again a moment ago stays, and with it its logout.
  const removed = await removeOldest(deliveries, { logoutId: { $in: ids }, state: { $ne: 'trying' } }, limit);
  const left = new Set(await deliveries.distinct('logoutId', { logoutId: { $in: ids } }));
  return (
    removed +
    (await removeByIds(
      logouts,
      ids.filter((id) => !left.has(id)),
    ))
  );
}

interface Row {
  readonly _id: string;
}

async function firstIds<D extends Row>(
  collection: Collection<D>,
  which: Filter<D>,
  limit: number,
  by: string,
): Promise<string[]> {
  const rows = await collection
    .find(which)
    .project<Row>({ _id: 1 })
    .sort({ [by]: 1 })
    .limit(limit)
    .toArray();
  return rows.map(({ _id }) => _id);
}

async function removeOldest<D extends Row>(
  collection: Collection<D>,
  which: Filter<D>,
  limit: number,
): Promise<number> {
  const rows = await collection.find(which).project<Row>({ _id: 1 }).limit(limit).toArray();
  return removeByIds(
    collection,
    rows.map(({ _id }) => _id),
    which,
  );
}

async function removeByIds<D extends Row>(
  collection: Collection<D>,
  ids: readonly string[],
  which: Filter<D> = {},
): Promise<number> {
  const { deletedCount } = await collection.deleteMany({ $and: [which, { _id: { $in: ids } }] } as Filter<D>);
  return deletedCount;
}
