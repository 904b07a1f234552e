import type { Tx } from './connection.ts';

/**
 * Whether a row of `participations p` is over, as SQL. One whose end has not been reached by the walk of a large logout
 * is over as well: all of a logout's target is dead from its first write on (invariant 1). Accounts and sessions have
 * barriers of their own, the generation and the state of the row.
 */
export const IS_OVER = `(p.ended_at IS NOT NULL
  OR EXISTS (SELECT 1 FROM cut_offs c WHERE c.client_id = p.client_id AND c.at >= p.started_at)
  OR EXISTS (SELECT 1 FROM logouts l WHERE l.walking = 1 AND l.target_kind = 'account-client'
    AND l.account_id = p.account_id AND l.target_client_id = p.client_id AND l.at >= p.started_at))`;

/** False for a `sid` that nobody knows. */
export function isOver(tx: Tx, sid: string): boolean {
  return tx.get(`SELECT 1 FROM participations p WHERE p.sid = :sid AND ${IS_OVER}`, { sid }) !== undefined;
}
