import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Store } from '../store/store.ts';

/** When the engine's writes are made. */
export interface WritePace {
  /** `rowsOf` tells how large the write was. */
  run<T>(write: () => Promise<T>, rowsOf: (result: T) => number): Promise<T>;
}

/**
 * SQLite has one writer, and who waits for it waits inside its event loop: an engine without pauses cost sign-ins 332 ms
 * at p99, one paced at 15 ms costs 2 ms (DESIGN §4). Small writes only give way for a turn, to keep a quiet logout quick.
 */
const PAUSE_MS = 15;
const SMALL_ROWS = 32;

/** One after another with room for other threads between two, where the store has one writer; else as they come. */
export function createWritePace(writers: Store['writers']): WritePace {
  return writers === 'one' ? oneAtATime() : { run: (write) => write() };
}

function oneAtATime(): WritePace {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run<T>(write: () => Promise<T>, rowsOf: (result: T) => number): Promise<T> {
      const result = last.then(write);
      last = result.then(
        (value) => (rowsOf(value) > SMALL_ROWS ? pause(PAUSE_MS) : nextTurn()),
        () => pause(PAUSE_MS),
      );
      return result;
    },
  };
}
