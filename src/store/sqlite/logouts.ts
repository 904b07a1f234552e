import type { DeliveryState } from '../../deliveries/delivery.ts';
import type { Progress } from '../../logout/logout.ts';
import { LOOK_FOR_SHUT, type StateCount, toProgress, WORST_FIRST } from '../progress.ts';
import type { LogoutApp, LogoutFilter, LogoutStore, Page } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Tx } from './connection.ts';
import { type LogoutRow, logoutById, toLogout } from './logout-rows.ts';
import { removeBefore } from './removing.ts';

/** What is known of logouts: their receipts and their removal. They are made by `ending.ts` alone. */
export function createLogouts(connection: Connection): LogoutStore {
  const { read, write } = connection;
  return {
    find: (id) =>
      read((tx) => {
        const row = logoutById(tx, id);
        return row && toLogout(row);
      }),
    list: (filter, page) => read((tx) => list(tx, filter, page).map(toLogout)),
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
    walking: (limit) => read((tx) => walks(tx, { paused: 0, limit })),
    paused: (limit) => read((tx) => walks(tx, { paused: 1, limit })),
    steer: (id, { paused, pace }, audit) =>
      write((tx) => {
        const sql = `UPDATE logouts SET paused = coalesce(:paused, paused), pace = coalesce(:pace, pace)
          WHERE id = :id AND walking = 1`;
        const isWalking = tx.run(sql, { id, paused: paused === undefined ? undefined : Number(paused), pace }) > 0;
        if (isWalking) appendAudit(tx, audit);
        return isWalking;
      }),
    removeBefore: (before, limit) => removeBefore(connection, before, limit),
  };
}

function walks(tx: Tx, which: { readonly paused: 0 | 1; readonly limit: number }): readonly string[] {
  const sql = 'SELECT id FROM logouts WHERE walking = 1 AND paused = :paused ORDER BY at, id LIMIT :limit';
  return tx.all<{ id: string }>(sql, which).map((row) => row.id);
}

function list(tx: Tx, { accountId, until }: LogoutFilter, page: Page): readonly LogoutRow[] {
  const start = until === undefined ? undefined : { at: until, id: '' };
  const after = page.after === undefined ? start : logoutById(tx, page.after);
  if (page.after !== undefined && !after) return [];
  const conditions = [
    ...(accountId === undefined ? [] : ['account_id = :accountId']),
    ...(after ? ['(at, id) < (:at, :id)'] : []),
  ];
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const sql = `SELECT * FROM logouts ${where} ORDER BY at DESC, id DESC LIMIT :limit`;
  return tx.all(sql, { accountId, at: after?.at, id: after?.id, limit: page.limit });
}

/** From the index alone: a logout of 50,000 deliveries is counted while others sign in. */
function progressOf(tx: Tx, logoutId: string): Progress {
  const sql = `SELECT state, count(*) AS count, sum(last_attempt_at IS NULL) AS untried FROM deliveries
    WHERE logout_id = :logoutId GROUP BY state`;
  const counts = tx.all<StateCount>(sql, { logoutId });
  const progress = toProgress(counts);
  const mayBeShut =
    progress.untried > 0 && progress.untried <= LOOK_FOR_SHUT && tx.get('SELECT 1 FROM breakers LIMIT 1');
  return mayBeShut ? toProgress(counts, countShut(tx, logoutId)) : progress;
}

/** Untried ones of origins that were shut when it ended or since, or where another delivery is the probe. */
function countShut(tx: Tx, logoutId: string): number {
  const sql = `SELECT count(*) AS count FROM deliveries d INDEXED BY deliveries_of_logout
    CROSS JOIN breakers b ON b.origin = d.origin
    WHERE d.logout_id = :logoutId AND d.state = 'trying' AND d.last_attempt_at IS NULL AND d.lease_token IS NULL
      AND (b.shut_until > d.created_at OR b.probe_token IS NOT NULL)`;
  return tx.get<{ count: number }>(sql, { logoutId })?.count ?? 0;
}

interface AppState {
  readonly client_id: string;
  readonly state: DeliveryState;
  readonly count: number;
}

interface LastAttempt {
  readonly attempts: number;
  readonly last_attempt_at: number | null;
  readonly last_status: number | null;
  readonly next_attempt_at: number | null;
}

/** Counted from the index alone; of each app one delivery is read. */
function appsOf(tx: Tx, logoutId: string): readonly LogoutApp[] {
  const sql = `SELECT client_id, state, count(*) AS count FROM deliveries
    WHERE logout_id = :logoutId GROUP BY state, client_id`;
  const byClient = Map.groupBy(tx.all<AppState>(sql, { logoutId }), (row) => row.client_id);
  return [...byClient].sort(byKey).map(([clientId, rows]) => appOf(tx, logoutId, clientId, rows));
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function appOf(tx: Tx, logoutId: string, clientId: string, rows: readonly AppState[]): LogoutApp {
  const states = rows.map((row) => row.state);
  const state = WORST_FIRST.find((each) => states.includes(each)) ?? 'trying';
  const last = tx.get<LastAttempt>(LAST_ATTEMPTED, { logoutId, clientId, state });
  return {
    clientId,
    state,
    sessions: rows.reduce((sum, row) => sum + row.count, 0),
    attempts: last?.attempts ?? 0,
    lastAttemptAt: last?.last_attempt_at ?? undefined,
    lastStatus: last?.last_status ?? undefined,
    nextAttemptAt: last?.next_attempt_at ?? undefined,
  };
}

const LAST_ATTEMPTED = `SELECT attempts, last_attempt_at, last_status, next_attempt_at FROM deliveries
  WHERE logout_id = :logoutId AND state = :state AND client_id = :clientId ORDER BY last_attempt_at DESC LIMIT 1`;
