import type { DeliveryState } from '../../deliveries/delivery.ts';
import { nameEvent } from '../events.ts';
import type { OwnApp, OwnCursor, OwnPage, OwnSession, Reach } from '../store.ts';
import type { Tx } from './connection.ts';
import { IS_OVER } from './cut-offs.ts';
import { logoutById, toLogout } from './logout-rows.ts';
import { writeEvent } from './news.ts';
import { type ParticipationRow, type SessionRow, sessionByUid, toParticipation, toSession } from './session-rows.ts';
import { generationToday } from './standing.ts';

/** Sign-ins of apps that are read of one session; the latest ones. */
const APPS_READ = 200;
const COUNTED = 10_000;
const NAMES_KEPT = 100;

/** One page: the first one where it lives, live ones by last use, ended ones by their end. */
export function ownSessions(tx: Tx, accountId: string, page: OwnPage): readonly OwnSession[] {
  const { after, limit } = page;
  const rows: SessionRow[] = after === undefined ? first(tx, accountId, page) : [];
  if (after?.state !== 'ended') rows.push(...live(tx, accountId, { ...page, limit: limit - rows.length }));
  const rest = limit - rows.length;
  if (rest > 0) rows.push(...ended(tx, accountId, { ...page, limit: rest }));
  return rows.map((row) => toOwn(tx, row));
}

function first(tx: Tx, accountId: string, { firstUid }: OwnPage): SessionRow[] {
  const row = sessionByUid(tx, firstUid);
  return row?.account_id === accountId && row.state === 'live' ? [row] : [];
}

/** The plus keeps SQLite to the order wanted. */
function live(tx: Tx, accountId: string, page: OwnPage): readonly SessionRow[] {
  const { account, realm } = generationToday(tx, accountId);
  const after = page.after?.state === 'live' ? page.after : undefined;
  return tx.all(
    `SELECT s.* FROM sessions s WHERE s.account_id = :accountId AND s.state = 'live' AND +s.uid <> :firstUid
       AND +s.due_at > :now AND s.gen_account >= :account AND s.gen_realm >= :realm
       ${after ? 'AND (s.last_seen_at, s.uid) < (:at, :uid)' : ''}
     ORDER BY s.last_seen_at DESC, s.uid DESC LIMIT :limit`,
    { accountId, ...inPage(page), now: page.now, account, realm, ...place(after) },
  );
}

function ended(tx: Tx, accountId: string, page: OwnPage): readonly SessionRow[] {
  const after = page.after?.state === 'ended' ? page.after : undefined;
  return tx.all(
    `SELECT s.* FROM sessions s WHERE s.account_id = :accountId AND s.state = 'ended' AND s.ended_at >= :since
       AND +s.uid <> :firstUid ${after ? 'AND (s.ended_at, s.uid) < (:at, :uid)' : ''}
     ORDER BY s.ended_at DESC, s.uid DESC LIMIT :limit`,
    { accountId, ...inPage(page), since: page.endedSince, ...place(after) },
  );
}

function inPage({ firstUid, limit }: OwnPage) {
  return { firstUid, limit };
}

function place(after: OwnCursor | undefined) {
  return after ? { at: after.at, uid: after.uid } : {};
}

function toOwn(tx: Tx, row: SessionRow): OwnSession {
  const logout = row.logout_id === null ? undefined : logoutById(tx, row.logout_id);
  return {
    session: toSession(row),
    givenName: givenName(tx, row),
    apps: appsOf(tx, row.uid),
    logout: logout && toLogout(logout),
  };
}

function givenName(tx: Tx, { account_id: accountId, device_key: key, uid }: SessionRow): string | undefined {
  const sql = 'SELECT name FROM device_names WHERE account_id = :accountId AND device_key = :key';
  return tx.get<{ name: string }>(sql, { accountId, key: key ?? uid })?.name;
}

interface AppRow extends ParticipationRow {
  readonly over: 0 | 1;
  readonly told: DeliveryState | null;
}

/** A participation ends once, so its `sid` names its delivery. */
function appsOf(tx: Tx, uid: string): readonly OwnApp[] {
  const rows = tx.all<AppRow>(
    `SELECT p.*, ${IS_OVER} AS over, (SELECT state FROM deliveries d WHERE d.id = p.sid) AS told
     FROM participations p WHERE p.session_uid = :uid ORDER BY p.started_at DESC, p.sid DESC LIMIT ${APPS_READ}`,
    { uid },
  );
  const latest = new Map<string, AppRow>();
  for (const row of rows) {
    const known = latest.get(row.client_id);
    if (known === undefined || (known.over && !row.over)) latest.set(row.client_id, row);
  }
  return [...latest.values()].reverse().map((row) => ({ participation: toParticipation(row), state: stateOf(row) }));
}

/** What no walk has come to is dead already, and somebody is about to tell its app. */
function stateOf({ over, told }: AppRow): OwnApp['state'] {
  return over ? (told ?? 'trying') : 'live';
}

export function reach(tx: Tx, accountId: string, exceptUid = ''): Reach {
  const params = { accountId, exceptUid };
  const sessions = tx.get<{ amount: number }>(
    `SELECT count(*) AS amount FROM (SELECT 1 FROM sessions s
       WHERE s.account_id = :accountId AND s.state = 'live' AND +s.uid <> :exceptUid LIMIT ${COUNTED})`,
    params,
  );
  const apps = tx.all<{ clientId: string; sessions: number; signIns: number }>(
    `SELECT client_id AS clientId, count(DISTINCT session_uid) AS sessions, count(*) AS signIns FROM
       (SELECT client_id, session_uid FROM participations
        WHERE account_id = :accountId AND ended_at IS NULL AND +session_uid <> :exceptUid LIMIT ${COUNTED})
     GROUP BY client_id ORDER BY client_id`,
    params,
  );
  return { sessions: sessions?.amount ?? 0, apps };
}

export function surplus(tx: Tx, params: { accountId: string; keep: number; limit: number }): readonly string[] {
  const rows = tx.all<{ uid: string }>(
    `SELECT s.uid FROM sessions s WHERE s.account_id = :accountId AND s.state <> 'ended' AND +s.state = 'live'
     ORDER BY s.started_at DESC, s.uid DESC LIMIT :limit OFFSET :keep`,
    params,
  );
  return rows.map(({ uid }) => uid);
}

export function nameDevice(
  tx: Tx,
  { accountId, uid, name, now }: { accountId: string; uid: string; name: string | undefined; now: number },
): boolean {
  const row = sessionByUid(tx, uid);
  if (row?.account_id !== accountId || row.state === 'arriving') return false;
  writeEvent(tx, nameEvent(toSession(row), name, now));
  const params = { accountId, key: row.device_key ?? uid };
  if (name === undefined) {
    tx.run('DELETE FROM device_names WHERE account_id = :accountId AND device_key = :key', params);
    return true;
  }
  tx.run(
    `INSERT INTO device_names (account_id, device_key, name, named_at) VALUES (:accountId, :key, :name, :now)
     ON CONFLICT (account_id, device_key) DO UPDATE SET name = excluded.name, named_at = excluded.named_at`,
    { ...params, name, now },
  );
  tx.run(
    `DELETE FROM device_names WHERE account_id = :accountId AND device_key IN (SELECT device_key FROM device_names
       WHERE account_id = :accountId ORDER BY named_at DESC, device_key DESC LIMIT -1 OFFSET ${NAMES_KEPT})`,
    { accountId },
  );
  return true;
}
