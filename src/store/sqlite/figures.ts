import { setImmediate as breathe } from 'node:timers/promises';
import type { DeliveryState } from '../../deliveries/delivery.ts';
import type { FigureStore } from '../store.ts';
import type { Connection, Tx } from './connection.ts';

/** Rows of an index that are counted in one look: half a millisecond. */
const SLICE_ROWS = 5_000;

/** Rows that one index lists in the order of `key`. */
interface Listed {
  readonly table: string;
  /** In the very words of the index, or it is not read. */
  readonly where: string;
  readonly key: readonly [string, string];
}

const SESSIONS = {
  live: { table: 'sessions', where: "state <> 'ended'", key: ['started_at', 'uid'] },
  ended: { table: 'sessions', where: 'ended_at IS NOT NULL', key: ['ended_at', 'rowid'] },
} as const satisfies Record<string, Listed>;

const ALL_DELIVERIES: Listed = { table: 'deliveries', where: 'TRUE', key: ['created_at', 'id'] };
const UNTOLD = ['trying', 'refused', 'given-up', 'moot', 'cannot-be-told'] as const;

export function createFigures({ read }: Connection): FigureStore {
  async function count(listed: Listed, most: number): Promise<number> {
    let last: Place | undefined;
    for (let counted = 0; ; counted += SLICE_ROWS) {
      const limit = Math.min(SLICE_ROWS, most - counted);
      const next = await read((tx) => placeAfter(tx, listed, last, limit));
      if (!next) return counted + (await read((tx) => countAfter(tx, listed, last, limit)));
      if (limit < SLICE_ROWS || counted + limit === most) return most;
      last = next;
      await breathe();
    }
  }

  /** No index lists what was told, by far the most: it is what is left of all. */
  async function countTold(most: number): Promise<number> {
    let others = 0;
    for (const state of UNTOLD) others += await count(inState(state), most);
    return Math.min(most, (await count(ALL_DELIVERIES, most + others)) - others);
  }

  return {
    deliveries: (state, most) => (state === 'told' ? countTold(most) : count(inState(state), most)),
    sessions: (state, most) => count(SESSIONS[state], most),
    mails: (state, most) => count({ table: 'mails', where: `state = '${state}'`, key: ['at', 'id'] }, most),
    oldestTryingAt: () =>
      read((tx) => {
        const sql =
          "SELECT created_at FROM deliveries WHERE state <> 'told' AND state = 'trying' ORDER BY created_at, id LIMIT 1";
        return tx.get<{ created_at: number }>(sql)?.created_at;
      }),
    shutOrigins: (limit) =>
      read((tx) => {
        const sql = 'SELECT origin FROM breakers WHERE shut_ms > 0 ORDER BY origin LIMIT :limit';
        return tx.all<{ origin: string }>(sql, { limit }).map(({ origin }) => origin);
      }),
  };
}

function inState(state: Exclude<DeliveryState, 'told'>): Listed {
  return { table: 'deliveries', where: `state <> 'told' AND state = '${state}'`, key: ['created_at', 'id'] };
}

interface Place {
  readonly at: number;
  readonly id: string | number;
}

/** The `limit`-th row after `last`; undefined where there are fewer. */
function placeAfter(tx: Tx, listed: Listed, last: Place | undefined, limit: number): Place | undefined {
  const [at, id] = listed.key;
  const sql = `SELECT ${at} AS at, ${id} AS id ${rowsAfter(listed, last)} LIMIT 1 OFFSET :limit - 1`;
  return tx.get<Place>(sql, { ...last, limit });
}

function countAfter(tx: Tx, listed: Listed, last: Place | undefined, limit: number): number {
  const sql = `SELECT count(*) AS n FROM (SELECT 1 ${rowsAfter(listed, last)} LIMIT :limit)`;
  return tx.get<{ n: number }>(sql, { ...last, limit })?.n ?? 0;
}

function rowsAfter({ table, where, key: [at, id] }: Listed, last: Place | undefined): string {
  const after = last === undefined ? '' : `AND (${at}, ${id}) < (:at, :id)`;
  return `FROM ${table} WHERE ${where} ${after} ORDER BY ${at} DESC, ${id} DESC`;
}
