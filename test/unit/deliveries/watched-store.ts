import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import type { Attempt, Breaker, Delivery } from '../../../src/deliveries/delivery.ts';
import type { EngineStore } from '../../../src/deliveries/engine-parts.ts';
import { storeUnavailable } from '../../../src/errors.ts';
import {
  type AttemptRow,
  type BreakerRow,
  type DeliveryRow,
  toAttempt,
  toBreaker,
  toDelivery,
} from '../../../src/store/sqlite/delivery-rows.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import type { Store } from '../../../src/store/store.ts';

/** A real store on SQLite that a test can look into between two lines, and take away for a while. */
export interface WatchedStore {
  readonly engineStore: EngineStore;
  /** Throws from every call while it is set. */
  down: boolean;
  /** Sizes of the batches that were settled. */
  readonly settles: readonly number[];
  insert(delivery: Delivery): void;
  get(id: string): Delivery;
  attempts(id: string): readonly Attempt[];
  breakers(): readonly Breaker[];
  /** Deliveries that are leased. */
  leases(): number;
  untried(): number;
  told(): number;
  /** As an operator does, for every delivery. */
  retryAll(): Promise<number>;
  /** Gives the lease of a delivery to another engine that is alive. */
  rob(id: string): void;
  close(): Promise<void>;
}

export async function openWatchedStore(): Promise<WatchedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-engine-'));
  const path = join(folder, 'signoff.db');
  const store = await openSqliteStore({ path, create: true });
  const db = new DatabaseSync(path);
  db.exec('PRAGMA busy_timeout = 1000; PRAGMA synchronous = OFF');
  const byId = db.prepare('SELECT * FROM deliveries WHERE id = ?');
  const count = (where: string) =>
    Number(db.prepare(`SELECT count(*) AS n FROM deliveries WHERE ${where}`).get()?.['n']);
  const settles: number[] = [];
  const watched = { down: false };
  const check = () => {
    if (watched.down) throw storeUnavailable(new Error('the store is down'));
  };
  return Object.assign(watched, {
    engineStore: checked(store, check, settles),
    settles,
    insert: (delivery: Delivery) => insert(db, delivery),
    get(id: string) {
      const row = byId.get(id);
      if (!row) throw new Error(`no delivery ${id}`);
      return toDelivery(row as unknown as DeliveryRow);
    },
    attempts(id: string) {
      const rows = db.prepare('SELECT * FROM attempts WHERE delivery_id = ? ORDER BY number').all(id);
      return (rows as unknown as AttemptRow[]).map(toAttempt);
    },
    breakers: () => (db.prepare('SELECT * FROM breakers').all() as unknown as BreakerRow[]).map(toBreaker),
    leases: () => count('lease_token IS NOT NULL'),
    untried: () => count('attempts = 0'),
    told: () => count(`state = 'told'`),
    retryAll: () => store.deliveries.retry({}, Date.now(), Date.now() + 86_400_000),
    rob(id: string) {
      db.prepare(`INSERT OR REPLACE INTO heartbeats (process_id, at) VALUES ('other', ?)`).run(Date.now());
      db.prepare(`UPDATE deliveries SET lease_token = 'of another', lease_process = 'other' WHERE id = ?`).run(id);
    },
    async close() {
      db.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  });
}

function checked(store: Store, check: () => void, settles: number[]): EngineStore {
  const { deliveries } = store;
  const guarded = Object.entries(deliveries).map(([name, method]) => [
    name,
    async (...given: unknown[]) => {
      check();
      if (name === 'settle') settles.push((given[1] as unknown[]).length);
      return typeof method === 'function' ? (method as (...given: unknown[]) => unknown)(...given) : method;
    },
  ]);
  return { ...deliveries, ...Object.fromEntries(guarded) };
}

function insert(db: DatabaseSync, one: Delivery): void {
  db.prepare(
    `INSERT INTO deliveries (id, logout_id, client_id, account_id, session_uid, sid, sub, state, origin, asked, created_at,
       next_attempt_at, ready_at, deadline_at, deadline_becomes)
     VALUES (:id, :logoutId, :clientId, :accountId, :sessionUid, :sid, :sub, :state, :origin, :asked, :createdAt,
       :nextAttemptAt, :nextAttemptAt, :deadlineAt, :becomes)`,
  ).run({
    ...pick(one),
    asked: Number(one.asked),
    nextAttemptAt: one.nextAttemptAt ?? null,
    deadlineAt: one.deadline.at,
    becomes: one.deadline.becomes,
  });
}

function pick({ id, logoutId, clientId, accountId, sessionUid, sid, sub, state, origin, createdAt }: Delivery) {
  return { id, logoutId, clientId, accountId, sessionUid, sid, sub, state, origin, createdAt };
}
