import type { AppAccess } from './store.ts';

/** A grant of an app that is alive. */
export interface LiveGrant {
  readonly clientId: string;
  readonly createdAt: number;
  /** When the youngest token of it was made. */
  readonly usedAt: number;
  /** A token of it outlives its session. */
  readonly offline: boolean;
}

/** Grants of one account that are looked at: each app has one in each session. */
export const GRANTS_LOOKED_AT = 1_000;

/** One row an app, by client id. */
export function accessOf(grants: readonly LiveGrant[], limit: number): readonly AppAccess[] {
  const byClient = Map.groupBy(grants, ({ clientId }) => clientId);
  return [...byClient]
    .map(([clientId, rows]) => ({
      clientId,
      since: Math.min(...rows.map(({ createdAt }) => createdAt)),
      lastUsedAt: Math.max(...rows.map(({ usedAt }) => usedAt)),
      offline: rows.some(({ offline }) => offline),
    }))
    .toSorted((one, other) => (one.clientId < other.clientId ? -1 : 1))
    .slice(0, limit);
}
