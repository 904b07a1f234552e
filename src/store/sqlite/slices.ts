import { setTimeout as pause } from 'node:timers/promises';
import type { Connection, Params, Tx } from './connection.ts';

/** Rows of one look and of one write: what stays under 5 ms. */
const LOOK = 1_000;
const SLICE = 100;
/** After which the next write may begin: who signs in waits for the writer. */
const PAUSE_MS = 5;

interface Found {
  readonly id: string;
  /** Where `find` goes on from, as `:afterAt` and `:afterId`. */
  readonly created_at?: number;
  /** 0: looked at and passed over. */
  readonly fits?: number;
}

export interface SlicedWork {
  /** Whether each slice waits for the disk. */
  readonly kind: 'write' | 'jot';
  readonly params: Params;
  /** At most `:look` rows that come after `:afterAt` and `:afterId`, or that were not changed yet. */
  readonly find: string;
  /** Changes the row `:id`, saying again what it must be. */
  readonly change: string;
  /** In the same write, for the ids (JSON) that were changed. */
  readonly also?: (tx: Tx, ids: string) => void;
}

/**
 * Changes many deliveries in writes short enough to let sign-ins through; their ids are read first, without the lock.
 * Answers how many were changed.
 */
export async function inSlices(
  connection: Connection,
  { kind, params, find, change, also }: SlicedWork,
): Promise<number> {
  let total = 0;
  let last: Found | undefined;
  for (;;) {
    const from = { afterAt: last?.created_at ?? Number.MIN_SAFE_INTEGER, afterId: last?.id ?? '', look: LOOK };
    const found = await connection.read((tx) => tx.all<Found>(find, { ...params, ...from }));
    const ids = found.filter(({ fits }) => fits !== 0).map(({ id }) => id);
    for (let start = 0; start < ids.length; start += SLICE) {
      total += await connection[kind]((tx) => {
        const changed = ids.slice(start, start + SLICE).filter((id) => tx.run(change, { ...params, id }) > 0);
        also?.(tx, JSON.stringify(changed));
        return changed.length;
      });
      await pause(PAUSE_MS);
    }
    if (found.length < LOOK) return total;
    last = found.at(-1);
  }
}
