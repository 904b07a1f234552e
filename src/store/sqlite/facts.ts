import type { Tx } from './connection.ts';

/** A single value of the whole store. */
export function readFact(tx: Tx, name: string): string | undefined {
  return tx.get<{ value: string }>('SELECT value FROM facts WHERE name = :name', { name })?.value;
}

export function writeFact(tx: Tx, name: string, value: string): void {
  tx.run('INSERT OR REPLACE INTO facts (name, value) VALUES (:name, :value)', { name, value });
}
