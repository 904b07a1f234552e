import type { Tx } from './connection.ts';
import type { ParticipationRow } from './session-rows.ts';
import { cutOffOf } from './standing.ts';

/**
 * Whether a participation is over. One whose end has not been reached by the walk of a large logout is over as well:
 * all of a logout's target is dead from its first write on (invariant 1).
 */
export function isOver(tx: Tx, participation: ParticipationRow): boolean {
  if (participation.ended_at !== null) return true;
  const { client_id: clientId, started_at: startedAt } = participation;
  const cutOffAt = cutOffOf(tx, clientId);
  if (cutOffAt !== undefined && cutOffAt >= startedAt) return true;
  return tx.get(WALKED_BY, { clientId, startedAt, accountId: participation.account_id }) !== undefined;
}

/** Accounts and sessions have their own barriers, the generation and the state of the row. */
const WALKED_BY = `SELECT 1 FROM logouts WHERE walking = 1 AND target_kind = 'account-client'
  AND account_id = :accountId AND target_client_id = :clientId AND at >= :startedAt`;
