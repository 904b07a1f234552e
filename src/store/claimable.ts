import type { ClaimRequest } from './store.ts';

/** So long a probe that is due may be the last attempt of a delivery past its deadline. */
export const LAST_ATTEMPT_MS = 60_000;

/** How an origin with a breaker row stands. */
export interface Gate {
  readonly shutUntil: number;
  /** A probe is under way. */
  readonly isProbed: boolean;
}

/**
 * What a claim may take of `rows`, in the order given: few of each origin, for one slow app's backlog must not fill it; one of
 * an origin that is due for a probe; none of one that is shut or probed. Pure.
 */
export function claimable<Row extends { readonly origin: string }>(
  rows: readonly Row[],
  gates: ReadonlyMap<string, Gate>,
  { now, exceptOrigins, perOrigin }: Pick<ClaimRequest, 'now' | 'exceptOrigins' | 'perOrigin'>,
): readonly Row[] {
  const except = new Set(exceptOrigins);
  const counts = new Map<string, number>();
  function mostOf(origin: string): number {
    const gate = gates.get(origin);
    if (except.has(origin)) return 0;
    if (!gate) return perOrigin;
    return gate.isProbed || gate.shutUntil > now ? 0 : 1;
  }
  return rows.filter(({ origin }) => {
    const count = (counts.get(origin) ?? 0) + 1;
    counts.set(origin, count);
    return count <= mostOf(origin);
  });
}

/**
 * Up to `limit` of `rows`: the first of each origin, then the second of each, and so on, so that the latest of a quiet app is
 * not behind all that a hundred busy ones have. In the order given. Pure.
 */
export function inTurns<Row extends { readonly origin: string }>(rows: readonly Row[], limit: number): readonly Row[] {
  if (rows.length <= limit) return rows;
  const counts = new Map<string, number>();
  const turns = new Map<Row, number>();
  for (const row of rows) {
    const turn = counts.get(row.origin) ?? 0;
    counts.set(row.origin, turn + 1);
    turns.set(row, turn);
  }
  const taken = new Set(rows.toSorted((a, b) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0)).slice(0, limit));
  return rows.filter((row) => taken.has(row));
}

/** `rows` in the order of `ids`, what they do not name first. Pure. */
export function inOrderOf<Row>(
  ids: readonly string[],
  rows: readonly Row[],
  idOf: (row: Row) => string,
): readonly Row[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  const placeOf = (row: Row) => place.get(idOf(row)) ?? -1;
  return rows.toSorted((a, b) => placeOf(a) - placeOf(b));
}
