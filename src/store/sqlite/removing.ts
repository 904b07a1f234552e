import type { Params, Tx } from './connection.ts';

/**
 * Removes what ended before an instant, children first, at most `limit` rows of each table.
 * A logout that is still at work keeps its deliveries and the sessions and participations that it ended.
 */
export function removeBefore(tx: Tx, before: number, limit: number): number {
  const params = { before, limit };
  return removeSessions(tx, params) + removeLogouts(tx, params);
}

const AT_WORK = (logoutId: string) => `(EXISTS (SELECT 1 FROM deliveries working
    WHERE working.logout_id = ${logoutId} AND working.state = 'trying')
  OR EXISTS (SELECT 1 FROM logouts walking WHERE walking.walking = 1 AND walking.id = ${logoutId}))`;

/** The participations of a session that lives stay with it, ended or not: they hide what it must not bring back. */
function removeSessions(tx: Tx, params: Params): number {
  const sessions = uids(
    tx,
    `SELECT uid AS id FROM sessions s WHERE ended_at < :before AND NOT ${AT_WORK('s.logout_id')} AND NOT EXISTS
       (SELECT 1 FROM participations p WHERE p.session_uid = s.uid AND ${AT_WORK('p.logout_id')})
     ORDER BY ended_at LIMIT :limit`,
    params,
  );
  const removed =
    removeOf(tx, 'participations', 'session_uid', sessions, params) +
    removeOf(tx, 'session_cookies', 'uid', sessions, params, 'cookie_hash');
  const empty = `uid IN (SELECT value FROM json_each(:ids))
    AND NOT EXISTS (SELECT 1 FROM participations p WHERE p.session_uid = uid)
    AND NOT EXISTS (SELECT 1 FROM session_cookies c WHERE c.uid = sessions.uid)`;
  return removed + tx.run(`DELETE FROM sessions WHERE ${empty}`, { ids: JSON.stringify(sessions) });
}

function removeLogouts(tx: Tx, params: Params): number {
  const logouts = uids(
    tx,
    `SELECT id FROM logouts l WHERE at < :before AND NOT ${AT_WORK('l.id')} ORDER BY at LIMIT :limit`,
    params,
  );
  const deliveries = uids(
    tx,
    'SELECT id FROM deliveries WHERE logout_id IN (SELECT value FROM json_each(:ids)) LIMIT :limit',
    { ...params, ids: JSON.stringify(logouts) },
  );
  const removed = removeOf(tx, 'attempts', 'delivery_id', deliveries, params, '(delivery_id, number)');
  const untried = `id IN (SELECT value FROM json_each(:ids))
    AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.delivery_id = deliveries.id)`;
  const empty = `id IN (SELECT value FROM json_each(:ids))
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.logout_id = logouts.id)`;
  return (
    removed +
    tx.run(`DELETE FROM deliveries WHERE ${untried}`, { ids: JSON.stringify(deliveries) }) +
    tx.run(`DELETE FROM logouts WHERE ${empty}`, { ids: JSON.stringify(logouts) })
  );
}

function uids(tx: Tx, sql: string, params: Params): readonly string[] {
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
