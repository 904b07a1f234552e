/** Looking at a file, and copying it, without bringing it up to date. */
import { chmodSync } from 'node:fs';
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import type { SchemaState } from '../schema-state.ts';
import { toStoreError } from './errors.ts';
import { MIGRATIONS } from './migrations.ts';

/** Throws `storeUnavailable` where the file cannot be read. */
export function sqliteSchema(path: string): SchemaState {
  return withFile(path, (db) => {
    const row = db.prepare('PRAGMA user_version').get() as { user_version: number } | undefined;
    return { version: row?.user_version ?? 0, known: MIGRATIONS.length };
  });
}

/** A copy of one moment, while others read and write; `to` must not be there. Only its owner may read it. */
export function copySqlite(path: string, to: string): void {
  withFile(path, (db) => db.prepare('VACUUM INTO ?').run(to));
  chmodSync(to, 0o600);
}

/** What SQLite finds wrong with the file, a line each. */
export function sqliteFaults(path: string): readonly string[] {
  return withFile(path, (db) => {
    const rows = db.prepare('PRAGMA integrity_check(10)').all() as unknown as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  });
}

function withFile<T>(path: string, work: (db: DatabaseSync) => T): T {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      db.exec('PRAGMA busy_timeout = 5000');
      return work(db);
    } finally {
      db.close();
    }
  } catch (error) {
    throw toStoreError(error);
  }
}
