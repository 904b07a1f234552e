import type { DeliveryState } from '../../deliveries/delivery.ts';
import type { Progress } from '../../logout/logout.ts';
import type { LogoutApp, LogoutStore } from '../store.ts';
import type { Connection, Tx } from './connection.ts';
import { type LogoutRow, logoutById, toLogout } from './logout-rows.ts';
import { removeBefore } from './removing.ts';

/** What is known of logouts: their receipts and their removal. They are made by `ending.ts` alone. */
export function createLogouts({ read, write }: Connection): LogoutStore {
  return {
    find: (id) =>
      read((tx) => {
        const row = logoutById(tx, id);
        return row && toLogout(row);
      }),
    findByLink: (linkHash) =>
      read((tx) => {
        const row = tx.get<LogoutRow>('SELECT * FROM logouts WHERE link_hash = :linkHash', { linkHash });
        return row && toLogout(row);
      }),
    progress: (logoutId) => read((tx) => progressOf(tx, logoutId)),
    apps: (logoutId) => read((tx) => appsOf(tx, logoutId)),
    async closeReceipt(linkHash) {
      await write((tx) => tx.run('UPDATE logouts SET link_hash = NULL WHERE link_hash = :linkHash', { linkHash }));
    },
    walking: (limit) =>
      read((tx) => {
        const sql = 'SELECT id FROM logouts WHERE walking = 1 ORDER BY at, id LIMIT :limit';
        return tx.all<{ id: string }>(sql, { limit }).map((row) => row.id);
      }),
    removeBefore: (before, limit) => write((tx) => removeBefore(tx, before, limit)),
  };
}

function progressOf(tx: Tx, logoutId: string): Progress {
  const rows = tx.all<{ state: DeliveryState; count: number; untried: number }>(
    `SELECT state, count(*) AS count, sum(attempts = 0) AS untried FROM deliveries
     WHERE logout_id = :logoutId GROUP BY state`,
    { logoutId },
  );
  const of = (state: DeliveryState) => rows.find((row) => row.state === state);
  const count = (state: DeliveryState) => of(state)?.count ?? 0;
  return {
    total: rows.reduce((sum, row) => sum + row.count, 0),
    told: count('told'),
    trying: count('trying'),
    untried: of('trying')?.untried ?? 0,
    refused: count('refused'),
    givenUp: count('given-up'),
    moot: count('moot'),
    cannotBeTold: count('cannot-be-told'),
  };
}

interface AppRow {
  readonly client_id: string;
  readonly state: DeliveryState;
  readonly sessions: number;
  readonly attempts: number;
  readonly last_attempt_at: number | null;
  readonly last_status: number | null;
  readonly next_attempt_at: number | null;
}

function appsOf(tx: Tx, logoutId: string): readonly LogoutApp[] {
  return tx.all<AppRow>(APPS, { logoutId }).map((row) => ({
    clientId: row.client_id,
    state: row.state,
    sessions: row.sessions,
    attempts: row.attempts,
    lastAttemptAt: row.last_attempt_at ?? undefined,
    lastStatus: row.last_status ?? undefined,
    nextAttemptAt: row.next_attempt_at ?? undefined,
  }));
}

/** The worst state first, among equals the one attempted last. */
const APPS = `SELECT * FROM (
    SELECT *, count(*) OVER (PARTITION BY client_id) AS sessions, row_number() OVER (PARTITION BY client_id ORDER BY
      CASE state WHEN 'trying' THEN 0 WHEN 'refused' THEN 1 WHEN 'given-up' THEN 2 WHEN 'cannot-be-told' THEN 3
        WHEN 'moot' THEN 4 ELSE 5 END,
      last_attempt_at DESC, id) AS place
    FROM deliveries WHERE logout_id = :logoutId)
  WHERE place = 1 ORDER BY client_id`;
