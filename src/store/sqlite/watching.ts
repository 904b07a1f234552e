// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import type { Unwatch } from '../store.ts';
import { toStoreError } from './errors.ts';

/** Reading `data_version` costs 2 µs, an idle claim 56. */
const POLL_MS = 250;

export interface Watcher {
  watch(changed: () => void): Promise<Unwatch>;
  /** Ends every watch. */
  stop(): Promise<void>;
}

/**
 * Tells when another connection committed anything. Each watch has a connection of its own, so that what this process
 * writes counts as well: the engine may run in another thread than the logout.
 */
export function createWatcher(path: string): Watcher {
  const watches = new Set<Unwatch>();
  return {
    async watch(changed) {
      const { db, version } = openReader(path);
      let seen = version();
      const timer = setInterval(() => {
        const now = version();
        if (now === seen) return;
        seen = now;
        changed();
      }, POLL_MS).unref();
      const unwatch = async () => {
        clearInterval(timer);
        watches.delete(unwatch);
        if (db.isOpen) db.close();
      };
      watches.add(unwatch);
      return unwatch;
    },
    async stop() {
      await Promise.all([...watches].map((unwatch) => unwatch()));
    },
  };
}

function openReader(path: string): { db: DatabaseSync; version: () => number | undefined } {
  const db = openFile(path);
  const statement = db.prepare('PRAGMA data_version');
  /** Undefined where the file cannot be read: whoever is told of that change will meet the trouble in a call of its own. */
  function version(): number | undefined {
    try {
      return Number(statement.get()?.['data_version']);
    } catch {
      return undefined;
    }
  }
  return { db, version };
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    throw toStoreError(error);
  }
}
