import { setTimeout as pause } from 'node:timers/promises';
import type { Connection, Params, Tx } from './connection.ts';

/** Old rows that one round looks at. When all of them are at work, the next ones have time until those are not. */
const LOOKS_MAX = 1_000;
/** Between two writes: who waits for the lock looks for it every few milliseconds. */
const PAUSE_MS = 5;

/**
 * Removes what ended before an instant, children first, at most `limit` rows of each table. A logout that is still at work
 * keeps its deliveries and the sessions and participations that it ended. What may go is looked for without the lock; the
 * writes, one a table and short, see that nobody set it to work again meanwhile.
 */
export async function removeBefore(connection: Connection, before: number, limit: number): Promise<number> {
  const params = { before, limit, looks: LOOKS_MAX };
  const [sessions, logouts] = await connection.read((tx) => [
    idsFrom(tx, OLD_SESSIONS, params),
    idsFrom(tx, OLD_LOGOUTS, params),
  ]);
  let removed = 0;
  for (const [ids, steps] of [
    [sessions, OF_SESSIONS],
    [logouts, OF_LOGOUTS],
  ] as const) {
    for (const step of ids.length > 0 ? steps : []) {
      removed += await connection.jot((tx) => step(tx, ids, params));
      await pause(PAUSE_MS);
    }
  }
  return removed;
}

const AT_WORK = (logoutId: string) => `(EXISTS (SELECT 1 FROM deliveries working
    WHERE working.logout_id = ${logoutId} AND working.state = 'trying')
  OR EXISTS (SELECT 1 FROM logouts walking WHERE walking.walking = 1 AND walking.id = ${logoutId}))`;

/** Of a session `s`. */
const IS_OVER = `NOT ${AT_WORK('s.logout_id')} AND NOT EXISTS
  (SELECT 1 FROM participations p WHERE p.session_uid = s.uid AND ${AT_WORK('p.logout_id')})`;

const OLD_SESSIONS = `SELECT uid AS id FROM
  (SELECT uid, logout_id FROM sessions WHERE ended_at < :before ORDER BY ended_at LIMIT :looks) s
  WHERE ${IS_OVER} LIMIT :limit`;
const OLD_LOGOUTS = `SELECT id FROM (SELECT id FROM logouts WHERE at < :before ORDER BY at LIMIT :looks) l
  WHERE NOT ${AT_WORK('l.id')} LIMIT :limit`;

/** Removes of one table what belongs to old sessions, or logouts; answers how many rows. */
type Step = (tx: Tx, old: readonly string[], params: Params) => number;

/** The participations of a session that lives stay with it, ended or not: they hide what it must not bring back. */
const OF_SESSIONS: readonly Step[] = [
  (tx, old, params) => removeOf(tx, 'participations', 'session_uid', overSessions(tx, old), params),
  (tx, old, params) => removeOf(tx, 'session_cookies', 'uid', overSessions(tx, old), params, 'cookie_hash'),
  (tx, old) => {
    const empty = `uid IN (SELECT value FROM json_each(:ids))
      AND NOT EXISTS (SELECT 1 FROM participations p WHERE p.session_uid = uid)
      AND NOT EXISTS (SELECT 1 FROM session_cookies c WHERE c.uid = sessions.uid)`;
    return tx.run(`DELETE FROM sessions WHERE ${empty}`, { ids: JSON.stringify(overSessions(tx, old)) });
  },
];

const OF_LOGOUTS: readonly Step[] = [
  (tx, old, params) => {
    const deliveries = overDeliveries(tx, old, params);
    return removeOf(tx, 'attempts', 'delivery_id', deliveries, params, '(delivery_id, number)');
  },
  (tx, old, params) => {
    const untried = `id IN (SELECT value FROM json_each(:ids))
      AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.delivery_id = deliveries.id)`;
    return tx.run(`DELETE FROM deliveries WHERE ${untried}`, { ids: JSON.stringify(overDeliveries(tx, old, params)) });
  },
  (tx, old) => {
    const empty = `id IN (SELECT value FROM json_each(:ids))
      AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.logout_id = logouts.id)`;
    return tx.run(`DELETE FROM logouts WHERE ${empty}`, { ids: JSON.stringify(old) });
  },
];

function overSessions(tx: Tx, old: readonly string[]): readonly string[] {
  const over = `SELECT s.uid AS id FROM sessions s WHERE s.uid IN (SELECT value FROM json_each(:ids)) AND ${IS_OVER}`;
  return idsFrom(tx, over, { ids: JSON.stringify(old) });
}

function overDeliveries(tx: Tx, old: readonly string[], params: Params): readonly string[] {
  const sql = `SELECT d.id FROM deliveries d WHERE d.logout_id IN (SELECT l.value FROM json_each(:ids) l
    WHERE NOT ${AT_WORK('l.value')}) LIMIT :limit`;
  return idsFrom(tx, sql, { ...params, ids: JSON.stringify(old) });
}

function idsFrom(tx: Tx, sql: string, params: Params): readonly string[] {
  return tx.all<{ id: string }>(sql, params).map((row) => row.id);
}

function removeOf(
  tx: Tx,
  table: string,
  column: string,
  ids: readonly string[],
  { limit }: Params,
  key = 'rowid',
): number {
  const columns = key.replace(/[()]/g, '');
  return tx.run(
    `DELETE FROM ${table} WHERE ${key} IN
       (SELECT ${columns} FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(:ids)) LIMIT :limit)`,
    { ids: JSON.stringify(ids), limit },
  );
}
