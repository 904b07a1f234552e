import type { Collection, Filter } from 'mongodb';
import type { MongoParts } from './collections.ts';

/** Old rows that one removal takes with what belongs to them: three times as many participations, or ten times as many deliveries. */
const OLD = 25;
/** Old rows that it looks at where those are at work. When all of these are, too, the next ones have time until they are not. */
const LOOKS_MAX = 1_000;

/**
 * Removes what ended before an instant, children first, so that a process that dies in between leaves nothing without its
 * parent; at most `limit` rows of each kind, and logouts when no session is left. A logout that is still at work keeps its
 * deliveries and the sessions and participations that it ended.
 */
export async function removeBefore(parts: MongoParts, before: number, limit: number): Promise<number> {
  return (await removeSessions(parts, before, limit)) || removeLogouts(parts, before, limit);
}

/** The participations of a session that lives stay with it, ended or not: they hide what it must not bring back. */
async function removeSessions(parts: MongoParts, before: number, limit: number): Promise<number> {
  const { sessions, participations } = parts;
  const uids = await oldestOver(parts, Math.min(limit, OLD), async (looks) => {
    const old = await sessions
      .find({ endedAt: { $lt: before } }, { projection: { logoutId: 1 } })
      .sort({ endedAt: 1 })
      .limit(looks)
      .toArray();
    const within = { sessionUid: { $in: old.map(({ _id }) => _id) }, logoutId: { $exists: true } };
    const apps = await participations.find(within, { projection: { sessionUid: 1, logoutId: 1 } }).toArray();
    const ofSession = Map.groupBy(apps, ({ sessionUid }) => sessionUid);
    return old.map((session) => ({
      id: session._id,
      endedBy: endedBy([session, ...(ofSession.get(session._id) ?? [])]),
    }));
  });
  const removed = await removeSome(participations, { sessionUid: { $in: uids } }, limit);
  const left = new Set(await participations.distinct('sessionUid', { sessionUid: { $in: uids } }));
  const empty = uids.filter((uid) => !left.has(uid));
  return removed + (await removeByIds(sessions, empty));
}

async function removeLogouts(parts: MongoParts, before: number, limit: number): Promise<number> {
  const { logouts, deliveries } = parts;
  const ids = await oldestOver(parts, Math.min(limit, OLD), async (looks) => {
    const which = { at: { $lt: before } };
    const old = await logouts
      .find(which, { projection: { _id: 1 } })
      .sort({ at: 1 })
      .limit(looks)
      .toArray();
    return old.map(({ _id }) => ({ id: _id, endedBy: [_id] }));
  });
  // One that was sent again a moment ago stays, and with it its logout.
  const removed = await removeSome(deliveries, { logoutId: { $in: ids }, state: { $ne: 'trying' } }, limit);
  const left = new Set(await deliveries.distinct('logoutId', { logoutId: { $in: ids } }));
  const empty = ids.filter((id) => !left.has(id));
  return removed + (await removeByIds(logouts, empty));
}

/** An old row, with the logouts that must not be at work. */
interface Old {
  readonly id: string;
  readonly endedBy: readonly string[];
}

/** Up to `most` of the oldest whose logouts are over; of the first few in almost all cases. */
async function oldestOver(
  parts: MongoParts,
  most: number,
  oldest: (looks: number) => Promise<readonly Old[]>,
): Promise<string[]> {
  for (const looks of [most, LOOKS_MAX]) {
    const old = await oldest(looks);
    const working = await atWork(
      parts,
      old.flatMap(({ endedBy }) => endedBy),
    );
    const over = old.filter(({ endedBy }) => !endedBy.some((id) => working.has(id)));
    if (over.length > 0 || old.length < looks) return over.slice(0, most).map(({ id }) => id);
  }
  return [];
}

async function atWork({ deliveries, logouts }: MongoParts, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const some = { $in: [...new Set(ids)] };
  const trying = await deliveries.distinct('logoutId', { logoutId: some, state: 'trying' });
  const walking = await logouts.distinct('_id', { _id: some, walking: true });
  return new Set([...trying, ...walking]);
}

function endedBy(rows: readonly { readonly logoutId?: string | undefined }[]): readonly string[] {
  return rows.map(({ logoutId }) => logoutId).filter((id) => id !== undefined);
}

interface Row {
  readonly _id: string;
}

async function removeSome<D extends Row>(collection: Collection<D>, which: Filter<D>, limit: number): Promise<number> {
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
