// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import type { Unwatch } from '../store.ts';

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
      const db = new DatabaseSync(path, { readOnly: true });
      const statement = db.prepare('PRAGMA data_version');
      let seen = versionOf(statement.get());
      const timer = setInterval(() => {
        const version = versionOf(statement.get());
        if (version === seen) return;
        seen = version;
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

function versionOf(row: unknown): number {
  return (row as { data_version: number }).data_version;
}
