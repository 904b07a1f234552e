import type { DeliveryFilter, DeliveryStore, Page } from '../store.ts';
import { claim, claimOverdue, nextDueAt } from './claiming.ts';
import type { Connection, Tx } from './connection.ts';
import {
  type AttemptRow,
  type BreakerRow,
  type DeliveryRow,
  filterConditions,
  toAttempt,
  toBreaker,
  toDelivery,
} from './delivery-rows.ts';
import { beat, farewell, rescue, silence } from './engines.ts';
import { bringForward, hasten, retry } from './rescheduling.ts';
import { settle } from './settling.ts';
import { createWatcher } from './watching.ts';

export interface SqliteDeliveries extends DeliveryStore {
  /** Ends every watch. */
  stopWatching(): Promise<void>;
}

/** The outbox: who must be told, who is being told, and what became of it. */
export function createDeliveries(connection: Connection, path: string): SqliteDeliveries {
  const { read, jot } = connection;
  const watcher = createWatcher(path);
  return {
    claim: (request) => claim(connection, request),
    claimOverdue: (request) => claimOverdue(connection, request),
    settle: (leaseToken, settlements, changes) => jot((tx) => settle(tx, leaseToken, settlements, changes)),
    nextDueAt: () => read(nextDueAt),
    bringForward: (origin, now, limit) => bringForward(connection, origin, now, limit),
    hasten: (_, now) => hasten(connection, now),
    retry: (filter, now, deadlineAt, audit) => retry(connection, filter, now, deadlineAt, audit),

    breaker: (origin) =>
      read((tx) => {
        const row = tx.get<BreakerRow>('SELECT * FROM breakers WHERE origin = :origin', { origin });
        return row && toBreaker(row);
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

    beat: (engine, now) => beat(connection, engine, now),
    farewell: (processId) => jot((tx) => farewell(tx, processId)),
    rescue: (request) => rescue(connection, request),
    silence: (now) => read((tx) => silence(tx, now)),
    watch: (changed) => watcher.watch(changed),
    stopWatching: () => watcher.stop(),
  };
}

function deliveryById(tx: Tx, id: string): DeliveryRow | undefined {
  return tx.get('SELECT * FROM deliveries WHERE id = :id', { id });
}

/** Whatever was made before an instant comes after it, in this order. */
function startOf({ until }: DeliveryFilter): Pick<DeliveryRow, 'created_at' | 'id'> | undefined {
  return until === undefined ? undefined : { created_at: until, id: '' };
}

/** Newest first. */
function list(tx: Tx, filter: DeliveryFilter, page: Page): readonly DeliveryRow[] {
  const after = page.after === undefined ? startOf(filter) : deliveryById(tx, page.after);
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
