import type { Beat, EngineSign, OtherEngine, RescueRequest } from '../store.ts';
import type { Connection, Tx } from './connection.ts';
import { FREE, UNPROBED } from './settling.ts';
import { inSlices } from './slices.ts';

interface EngineRow {
  readonly process_id: string;
  readonly at: number;
  readonly home: string | null;
}

/** One clock for all: the machine's. A beat from the future is one from before a jump back, and as old as the jump is far. */
export async function beat(connection: Connection, { processId, home }: EngineSign, now: number): Promise<Beat> {
  const rows = await connection.jot((tx) => {
    const before = tx.all<EngineRow>('SELECT * FROM heartbeats ORDER BY process_id');
    tx.run('INSERT OR REPLACE INTO heartbeats (process_id, at, home) VALUES (:processId, :now, :home)', {
      processId,
      now,
      home,
    });
    return before;
  });
  const holders = await connection.read(holdersOf);
  const mine = rows.find((row) => row.process_id === processId);
  const beating = rows.filter((row) => row !== mine).map((row) => toEngine(row, now));
  const known = new Set([processId, ...beating.map((engine) => engine.processId)]);
  const unheard = holders.filter((holder) => !known.has(holder)).map(neverHeard);
  return { sinceLastMs: mine && Math.abs(now - mine.at), others: [...beating, ...unheard] };
}

export function farewell(tx: Tx, processId: string): void {
  tx.run('DELETE FROM heartbeats WHERE process_id = :processId', { processId });
}

export function silence(tx: Tx, now: number): number | undefined {
  const sql = 'SELECT min(abs(:now - at)) AS ms FROM heartbeats';
  return tx.get<{ ms: number | null }>(sql, { now })?.ms ?? undefined;
}

/** Almost always there is nothing to free: that costs no write. */
export async function rescue(connection: Connection, request: RescueRequest): Promise<number> {
  const { processId, dead, expired } = request;
  const params = { processId, dead: JSON.stringify(dead), expiredAt: expired ? request.now : 0 };
  const freed = await inSlices(connection, {
    kind: 'jot',
    params,
    find: `SELECT id FROM deliveries INDEXED BY deliveries_leased WHERE ${LOST} LIMIT :look`,
    change: `UPDATE deliveries SET ready_at = next_attempt_at, ${FREE} WHERE id = :id AND ${LOST}`,
  });
  const isProbing = await connection.read((tx) => tx.get(`SELECT 1 FROM breakers WHERE ${PROBE_LOST} LIMIT 1`, params));
  if (!isProbing && dead.length === 0) return freed;
  await connection.jot((tx) => {
    tx.run(`UPDATE breakers SET ${UNPROBED} WHERE ${PROBE_LOST}`, params);
    tx.run('DELETE FROM heartbeats WHERE process_id IN (SELECT value FROM json_each(:dead))', params);
  });
  return freed;
}

const LOST = `lease_process IS NOT NULL AND lease_process <> :processId
  AND (lease_until <= :expiredAt OR lease_process IN (SELECT value FROM json_each(:dead)))`;
const PROBE_LOST = `probe_process IS NOT NULL AND probe_process <> :processId
  AND (probe_until <= :expiredAt OR probe_process IN (SELECT value FROM json_each(:dead)))`;

function holdersOf(tx: Tx): readonly string[] {
  const sql = `SELECT DISTINCT lease_process FROM deliveries INDEXED BY deliveries_leased WHERE lease_process IS NOT NULL`;
  return tx.all<{ lease_process: string }>(sql).map((row) => row.lease_process);
}

function toEngine(row: EngineRow, now: number): OtherEngine {
  return { processId: row.process_id, home: row.home ?? undefined, silentMs: Math.abs(now - row.at) };
}

function neverHeard(processId: string): OtherEngine {
  return { processId, home: undefined, silentMs: Number.POSITIVE_INFINITY };
}
