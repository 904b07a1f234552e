import { setTimeout as pause } from 'node:timers/promises';
import type { DeliveryFilter, DeliveryStore, Page } from '../store.ts';
import { claim, claimOverdue, nextDueAt } from './claiming.ts';
import type { Connection, Params, Tx } from './connection.ts';
import { type AttemptRow, type DeliveryRow, filterConditions, toAttempt, toDelivery } from './delivery-rows.ts';
import { FREE, settle } from './settling.ts';
import { createWatcher } from './watching.ts';

/** A heartbeat older than this says nothing any more. */
const HEARTBEAT_MS = 60_000;
/** Rows of one write, and the pause after which the next one may begin. */
const SLICE = 500;
const PAUSE_MS = 5;

export interface SqliteDeliveries extends DeliveryStore {
  /** Ends every watch. */
  stopWatching(): Promise<void>;
}

/** The outbox: who must be told, who is being told, and what became of it. */
export function createDeliveries(connection: Connection, path: string): SqliteDeliveries {
  const { read, write, jot } = connection;
  const watcher = createWatcher(path);
  return {
    claim: (request) => claim(connection, request),
    claimOverdue: (request) => claimOverdue(connection, request),
    rescue: (silentSince) => inSlices(connection, SILENT, RESCUED, { silentSince }),
    settle: (leaseToken, settlements, breakers) => jot((tx) => settle(tx, leaseToken, settlements, breakers)),
    nextDueAt: (now) => read((tx) => nextDueAt(tx, now)),
    async hasten(now) {
      await write((tx) => tx.run('DELETE FROM breakers'));
      return inSlices(connection, WAITING, HASTENED, { now });
    },
    retry: (filter, now, deadlineAt) =>
      inSlices(connection, [RETRIABLE, ...filterConditions(filter)].join(' AND '), RETRIED, {
        ...filter,
        now,
        deadlineAt,
      }),

    find: (id) =>
      read((tx) => {
        const row = deliveryById(tx, id);
        return row && toDelivery(row);
      }),
    attempts: (deliveryId) =>
      read((tx) => {
        const sql = 'SELECT * FROM attempts WHERE delivery_id = :deliveryId ORDER BY number';
        return tx.all<AttemptRow>(sql, { deliveryId }).map(toAttempt);
      }),
    list: (filter, page) => read((tx) => list(tx, filter, page).map(toDelivery)),

    async heartbeat(processId, now) {
      await jot((tx) => {
        tx.run('INSERT OR REPLACE INTO heartbeats (process_id, at) VALUES (:processId, :now)', { processId, now });
        tx.run('DELETE FROM heartbeats WHERE at < :before', { before: now - HEARTBEAT_MS });
      });
    },
    lastHeartbeat: () =>
      read((tx) => tx.get<{ at: number | null }>('SELECT max(at) AS at FROM heartbeats')?.at ?? undefined),
    watch: (changed) => watcher.watch(changed),
    stopWatching: () => watcher.stop(),
  };
}

const IS_FREE = '(lease_token IS NULL OR lease_until <= :now)';
const WAITING = `ready_at > :now AND ${IS_FREE}`;
const HASTENED = 'next_attempt_at = :now, ready_at = :now';
const RETRIABLE = `(state IN ('refused', 'given-up') OR (state = 'trying' AND ${IS_FREE}))`;
/** The schedules begin anew; the attempts made so far stay on record. */
const RETRIED = `state = 'trying', next_attempt_at = :now, ready_at = :now, refusals = 0, backoff_ms = 0,
  deadline_at = :deadlineAt, deadline_becomes = 'given-up', ${FREE}`;

/** Asked each second under the write lock: the planner must not walk all rows by their ids instead. */
const SILENT = `id IN (SELECT id FROM deliveries INDEXED BY deliveries_leased WHERE lease_process IS NOT NULL
  AND lease_process NOT IN (SELECT process_id FROM heartbeats WHERE at >= :silentSince))`;
const RESCUED = `ready_at = next_attempt_at, ${FREE}`;

/** Many rows, in writes short enough to let sign-ins through; answers how many. */
async function inSlices(connection: Connection, which: string, set: string, params: Params): Promise<number> {
  let total = 0;
  let after = '';
  for (;;) {
    const ids = await connection.write((tx) => {
      const sql = `SELECT id FROM deliveries WHERE ${which} AND id > :after ORDER BY id LIMIT ${SLICE}`;
      const slice = tx.all<{ id: string }>(sql, { ...params, after }).map((row) => row.id);
      const json = JSON.stringify(slice);
      tx.run(`UPDATE deliveries SET ${set} WHERE id IN (SELECT value FROM json_each(:json))`, { ...params, json });
      return slice;
    });
    total += ids.length;
    after = ids.at(-1) ?? after;
    if (ids.length < SLICE) return total;
    await pause(PAUSE_MS);
  }
}

function deliveryById(tx: Tx, id: string): DeliveryRow | undefined {
  return tx.get('SELECT * FROM deliveries WHERE id = :id', { id });
}

/** Newest first. */
function list(tx: Tx, filter: DeliveryFilter, page: Page): readonly DeliveryRow[] {
  const after = page.after === undefined ? undefined : deliveryById(tx, page.after);
  if (page.after !== undefined && !after) return [];
  const conditions = [...filterConditions(filter), ...(after ? ['(created_at, id) < (:afterAt, :afterId)'] : [])];
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return tx.all(`SELECT * FROM deliveries ${where} ORDER BY created_at DESC, id DESC LIMIT :limit`, {
    ...filter,
    afterAt: after?.created_at,
    afterId: after?.id,
    limit: page.limit,
  });
}
