import { pageOf } from './input.ts';

/** A page that is newest first, cut where it gets older than `since`; nothing follows such a cut. */
export function within<T>(
  rows: readonly T[],
  how: {
    readonly limit: number;
    readonly since: number | undefined;
    readonly atOf: (row: T) => number;
    readonly idOf: (row: T) => string;
  },
): { items: T[]; next: string | null } {
  const { limit, since, atOf, idOf } = how;
  const cut = since === undefined ? -1 : rows.findIndex((row) => atOf(row) < since);
  return cut < 0 ? pageOf(rows, limit, idOf) : { items: rows.slice(0, cut), next: null };
}
