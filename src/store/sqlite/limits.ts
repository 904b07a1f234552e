import { failedEvent } from '../events.ts';
import type { FailureCount, LimitStore } from '../store.ts';
import type { Connection, Tx } from './connection.ts';
import { countFailedTry } from './news.ts';

/** Counters of failed sign-ins, and of what else is limited for each key. */
export function createLimits({ read, jot }: Connection): LimitStore {
  return {
    failures: (keys, now) => read((tx) => keys.map((key) => failuresOf(tx, key, now))),
    async fail(keys, windowMs, now, tried) {
      await jot((tx) => {
        for (const key of new Set(keys)) countOne(tx, key, windowMs, now);
        if (tried) countFailedTry(tx, failedEvent(tried, now));
      });
    },
    count: (key, windowMs, now) => jot((tx) => countOne(tx, key, windowMs, now)),
    async clear(keys) {
      const sql = 'DELETE FROM limits WHERE key IN (SELECT value FROM json_each(:keys))';
      await jot((tx) => tx.run(sql, { keys: JSON.stringify(keys) }));
    },
    removeClosed: (now, limit) =>
      jot((tx) => {
        const closed = 'SELECT key FROM limits WHERE closes_at <= :now ORDER BY closes_at LIMIT :limit';
        return tx.run(`DELETE FROM limits WHERE key IN (${closed})`, { now, limit });
      }),
  };
}

/** Answers the count, which is 1 in a window that has just opened. */
function countOne(tx: Tx, key: string, windowMs: number, now: number): number {
  const row = tx.get<{ count: number }>(
    `INSERT INTO limits (key, count, closes_at) VALUES (:key, 1, :closesAt)
     ON CONFLICT (key) DO UPDATE SET count = iif(closes_at <= :now, 1, count + 1),
       closes_at = iif(closes_at <= :now, :closesAt, closes_at)
     RETURNING count`,
    { key, now, closesAt: now + windowMs },
  );
  return row?.count ?? 1;
}

function failuresOf(tx: Tx, key: string, now: number): FailureCount {
  const sql = 'SELECT count, closes_at FROM limits WHERE key = :key AND closes_at > :now';
  const row = tx.get<{ count: number; closes_at: number }>(sql, { key, now });
  return row ? { count: row.count, closesAt: row.closes_at } : { count: 0, closesAt: now };
}
