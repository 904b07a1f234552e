import { failedEvent } from '../events.ts';
import type { LimitStore } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { countFailedTry } from './news.ts';

/** Counters of failed sign-ins, and of what else is limited for each key. */
export function createLimits(parts: MongoParts): LimitStore {
  const { limits } = parts;
  return {
    async failures(keys, now) {
      const rows = await limits.find({ _id: { $in: [...keys] }, closesAt: { $gt: now } }).toArray();
      const open = new Map(rows.map((row) => [row._id, { count: row.count, closesAt: row.closesAt }]));
      return keys.map((key) => open.get(key) ?? { count: 0, closesAt: now });
    },
    async fail(keys, windowMs, now, tried) {
      const writes = [...new Set(keys)].map((key) => ({
        updateOne: { filter: { _id: key }, update: [counted(windowMs, now)], upsert: true },
      }));
      // Beside each other: a transaction would let all who fail at one account run again and again.
      await Promise.all([
        writes.length > 0 && limits.bulkWrite(writes, { ordered: false }),
        tried && countFailedTry(parts, failedEvent(tried, now)),
      ]);
    },
    async count(key, windowMs, now) {
      const options = { upsert: true, returnDocument: 'after', projection: { count: 1 } } as const;
      const row = await limits.findOneAndUpdate({ _id: key }, [counted(windowMs, now)], options);
      return row?.count ?? 1;
    },
    async clear(keys) {
      await limits.deleteMany({ _id: { $in: [...keys] } });
    },
    async removeClosed(now, limit) {
      const closed = { closesAt: { $lte: now } };
      const rows = await limits
        .find(closed, { projection: { _id: 1 } })
        .sort({ closesAt: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await limits.deleteMany({ ...closed, _id: { $in: rows.map(({ _id }) => _id) } });
      return deletedCount;
    },
  };
}

/** One more in the window that is open, or the first of a new one; a row that is not there has no window. */
function counted(windowMs: number, now: number) {
  const isOpen = { $gt: ['$closesAt', now] };
  return {
    $set: {
      count: { $cond: [isOpen, { $add: ['$count', 1] }, 1] },
      closesAt: { $cond: [isOpen, '$closesAt', now + windowMs] },
    },
  };
}
