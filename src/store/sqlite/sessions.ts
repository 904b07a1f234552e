import { TOUCH_EVERY_MS } from '../session-life.ts';
import type { SessionStore } from '../store.ts';
import type { Connection } from './connection.ts';
import { createEnding } from './ending.ts';
import { join } from './joining.ts';
import { nameDevice, ownSessions, reach, surplus } from './own-sessions.ts';
import { realmGeneration } from './realm.ts';
import { findByCookie, findByUid, findHeld, retireCookie, save } from './saving.ts';
import { participationBySid, type SessionRow, toParticipation, toSession } from './session-rows.ts';
import { getView, listViews } from './session-views.ts';
import { generationToday } from './standing.ts';

/** Sessions and participations: begun in `saving.ts` and `joining.ts`, ended in `ending.ts`. */
export function createSessions(connection: Connection): SessionStore {
  const { read, write, jot } = connection;
  return {
    save: (session) => write((tx) => save(tx, session)),
    findByCookie: (cookieHash, now) => read((tx) => findByCookie(tx, cookieHash, now)),
    findHeld: (cookieHash, now) => read((tx) => findHeld(tx, cookieHash, now)),
    findByUid: (uid) => read((tx) => findByUid(tx, uid)),
    retireCookie: (cookieHash, now) => jot((tx) => retireCookie(tx, cookieHash, now)),
    join: (participation, code, opening, along) => write((tx) => join(tx, participation, code, opening, along)),
    ...createEnding(connection),

    async touch(uid, now) {
      const stale = `uid = :uid AND state = 'live' AND last_seen_at <= :before`;
      const params = { uid, before: now - TOUCH_EVERY_MS };
      const isStale = await read((tx) => tx.get(`SELECT 1 FROM sessions WHERE ${stale}`, params));
      if (!isStale) return;
      const set = 'last_seen_at = :now, due_at = min(:now + idle_ms, expires_at)';
      await jot((tx) => tx.run(`UPDATE sessions SET ${set} WHERE ${stale}`, { ...params, now }));
    },
    due: (now, limit, after) =>
      read((tx) => {
        const rest = after ? 'AND (due_at, uid) > (:dueAt, :uid)' : '';
        const sql = `SELECT * FROM sessions WHERE due_at <= :now ${rest} ORDER BY due_at, uid LIMIT :limit`;
        const rows = tx.all<SessionRow>(sql, { now, limit, dueAt: after?.dueAt, uid: after?.session.uid });
        return rows.map((row) => ({ session: toSession(row), dueAt: row.due_at ?? now }));
      }),
    nextDueAt: () =>
      read((tx) => {
        const sql = `SELECT due_at FROM sessions WHERE due_at IS NOT NULL AND state = 'live' ORDER BY due_at LIMIT 1`;
        return tx.get<{ due_at: number }>(sql)?.due_at;
      }),

    get: (uid) => read((tx) => getView(tx, uid)),
    participation: (sid) =>
      read((tx) => {
        const row = participationBySid(tx, sid);
        return row && toParticipation(row);
      }),
    own: (accountId, page) => read((tx) => ownSessions(tx, accountId, page)),
    reach: (accountId, exceptUid) => read((tx) => reach(tx, accountId, exceptUid)),
    surplus: (accountId, keep, limit) => read((tx) => surplus(tx, { accountId, keep, limit })),
    nameDevice: (accountId, uid, name, now) => write((tx) => nameDevice(tx, { accountId, uid, name, now })),
    list: (filter, page) => read((tx) => listViews(tx, filter, page)),
    ofDevice: (deviceKey) =>
      read((tx) =>
        tx
          .all<SessionRow>(
            `SELECT * FROM sessions WHERE device_key = :deviceKey AND state = 'live' ORDER BY started_at, uid`,
            { deviceKey },
          )
          .map(toSession),
      ),
    generation: (accountId) => read((tx) => generationToday(tx, accountId)),
    realmGeneration: () => read(realmGeneration),
  };
}
