import { AppError } from '../../errors.ts';
import type { Connection, Tx } from './connection.ts';
import { SCHEMA_1 } from './schema-1.ts';
import { SCHEMA_2 } from './schema-2.ts';
import { SCHEMA_3 } from './schema-3.ts';

/** Forward only: what was released is never edited, a change is a new entry at the end. */
export const MIGRATIONS: readonly string[] = [SCHEMA_1, SCHEMA_2, SCHEMA_3];

/**
 * Brings the file to this program's version, under the write lock, so that two processes that start together do it once.
 * Throws `store_newer` where a newer program has been here.
 */
export async function migrate(connection: Connection, migrations = MIGRATIONS): Promise<void> {
  await connection.write((tx) => {
    const version = schemaVersion(tx);
    if (version > migrations.length) throw storeNewer(version, migrations.length);
    for (const sql of migrations.slice(version)) applyAll(tx, sql);
    if (version < migrations.length) tx.run(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** 0 for a file in which nothing was ever made. */
export function schemaVersion(tx: Tx): number {
  return tx.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

function applyAll(tx: Tx, sql: string): void {
  for (const statement of sql.split(/;\n/)) {
    if (statement.trim() !== '') tx.run(statement);
  }
}

function storeNewer(found: number, known: number): AppError {
  return new AppError({
    code: 'store_newer',
    status: 500,
    publicMessage: `The store is of version ${found}, this program knows versions up to ${known}. Start a newer Signoff, or restore the backup from before the upgrade.`,
  });
}
