import type { Attempt, Breaker, Settlement } from '../../deliveries/delivery.ts';
import type { Settled } from '../store.ts';
import type { Tx } from './connection.ts';

/** Records what became of claimed deliveries; the lease's token in each statement is the fence. */
export function settle(
  tx: Tx,
  leaseToken: string,
  settlements: readonly Settlement[],
  breakers: readonly Breaker[],
): Settled {
  const lost: string[] = [];
  const moved = new Set<string>();
  for (const settlement of settlements) {
    const row = settleOne(tx, leaseToken, settlement);
    if (!row) lost.push(settlement.deliveryId);
    else if (settlement.kind !== 'put-back') moved.add(row.logout_id);
  }
  for (const breaker of breakers) writeBreaker(tx, breaker);
  return { lost, logoutIds: [...moved] };
}

interface SettledRow {
  readonly logout_id: string;
  readonly attempts: number;
}

/** Undefined when the lease was lost: nothing was written. */
function settleOne(tx: Tx, leaseToken: string, settlement: Settlement): SettledRow | undefined {
  const row = tx.get<SettledRow>(
    SQL[settlement.kind === 'again' ? 'again' : isFinal(settlement) ? 'final' : 'putBack'],
    {
      ...paramsOf(settlement),
      leaseToken,
      id: settlement.deliveryId,
    },
  );
  const attempt = 'attempt' in settlement ? settlement.attempt : undefined;
  if (row && attempt) insertAttempt(tx, settlement.deliveryId, row.attempts, attempt);
  return row;
}

/** Without a lease. */
export const FREE = 'lease_token = NULL, lease_process = NULL, lease_until = NULL';
const ATTEMPTED = `attempts = attempts + (:at IS NOT NULL), last_attempt_at = coalesce(:at, last_attempt_at),
  last_status = CASE WHEN :at IS NULL THEN last_status ELSE :status END,
  last_error = CASE WHEN :at IS NULL THEN last_error ELSE :error END`;
const FENCED = `WHERE id = :id AND lease_token = :leaseToken AND state = 'trying' RETURNING logout_id, attempts`;

const SQL = {
  final: `UPDATE deliveries SET state = :kind, next_attempt_at = NULL, ready_at = NULL, ${ATTEMPTED}, ${FREE} ${FENCED}`,
  again: `UPDATE deliveries SET next_attempt_at = :nextAttemptAt, ready_at = :nextAttemptAt, backoff_ms = :backoffMs,
    refusals = refusals + :refusal, ${ATTEMPTED}, ${FREE} ${FENCED}`,
  putBack: `UPDATE deliveries SET next_attempt_at = :nextAttemptAt, ready_at = :nextAttemptAt, ${FREE} ${FENCED}`,
};

function isFinal(settlement: Settlement): boolean {
  return settlement.kind !== 'again' && settlement.kind !== 'put-back';
}

function paramsOf(settlement: Settlement): Record<string, string | number | undefined> {
  switch (settlement.kind) {
    case 'again': {
      const { attempt, nextAttemptAt, backoffMs, refusal } = settlement;
      return { ...attemptParams(attempt), nextAttemptAt, backoffMs, refusal: refusal ? 1 : 0 };
    }
    case 'put-back':
      return { nextAttemptAt: settlement.nextAttemptAt };
    default:
      return { ...attemptParams(settlement.attempt), kind: settlement.kind };
  }
}

function attemptParams(attempt: Attempt | undefined): Record<string, string | number | undefined> {
  return { at: attempt?.at, status: attempt?.status, error: attempt?.error };
}

function insertAttempt(tx: Tx, deliveryId: string, number: number, attempt: Attempt): void {
  tx.run(
    `INSERT INTO attempts (delivery_id, number, at, ms, jti, verdict, status, error, answer)
     VALUES (:deliveryId, :number, :at, :ms, :jti, :verdict, :status, :error, :answer)`,
    { deliveryId, number, ...attempt },
  );
}

function writeBreaker(tx: Tx, { origin, failures, openUntil, openMs }: Breaker): void {
  if (failures === 0) {
    tx.run('DELETE FROM breakers WHERE origin = :origin', { origin });
    return;
  }
  tx.run(
    `INSERT OR REPLACE INTO breakers (origin, failures, open_until, open_ms)
     VALUES (:origin, :failures, :openUntil, :openMs)`,
    { origin, failures, openUntil, openMs },
  );
}
