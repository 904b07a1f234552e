import type { Attempt, Breaker, BreakerChange, Settlement } from '../../deliveries/delivery.ts';
import type { Settled } from '../store.ts';
import type { Tx } from './connection.ts';

/** Records what became of claimed deliveries; the lease's token in each statement is the fence. */
export function settle(
  tx: Tx,
  leaseToken: string,
  settlements: readonly Settlement[],
  changes: readonly BreakerChange[],
): Settled {
  const lost: string[] = [];
  const moved = new Set<string>();
  const origins = new Set<string>();
  for (const settlement of settlements) {
    const row = settleOne(tx, leaseToken, settlement);
    if (!row) lost.push(settlement.deliveryId);
    else {
      if (settlement.kind !== 'put-back') moved.add(row.logout_id);
      origins.add(row.origin);
    }
  }
  endProbes(tx, leaseToken, origins);
  for (const change of changes) origins.add(applyChange(tx, change));
  forgetUnowed(tx, origins);
  return { lost, logoutIds: [...moved] };
}

interface SettledRow {
  readonly logout_id: string;
  readonly attempts: number;
  readonly origin: string;
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
/** Without a probe under way. */
export const UNPROBED = 'probe_token = NULL, probe_process = NULL, probe_until = NULL';
const ATTEMPTED = `attempts = attempts + (:at IS NOT NULL), last_attempt_at = coalesce(:at, last_attempt_at),
  last_status = CASE WHEN :at IS NULL THEN last_status ELSE :status END,
  last_error = CASE WHEN :at IS NULL THEN last_error ELSE :error END`;
const FENCED = `WHERE id = :id AND lease_token = :leaseToken AND state = 'trying' RETURNING logout_id, attempts, origin`;

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

const OF_THESE = 'origin IN (SELECT value FROM json_each(:origins))';

/** The probe was the one delivery of its origin under this lease. */
function endProbes(tx: Tx, leaseToken: string, origins: ReadonlySet<string>): void {
  tx.run(`UPDATE breakers SET ${UNPROBED} WHERE ${OF_THESE} AND probe_token = :leaseToken`, {
    leaseToken,
    origins: JSON.stringify([...origins]),
  });
}

/** Answers the origin. */
function applyChange(tx: Tx, change: BreakerChange): string {
  if (change.kind === 'failing') return writeBreaker(tx, change.breaker);
  tx.run('DELETE FROM breakers WHERE origin = :origin', { origin: change.origin });
  return change.origin;
}

/** A probe of another engine goes on. */
function writeBreaker(tx: Tx, { origin, failures, shutUntil, shutMs }: Breaker): string {
  tx.run(
    `INSERT INTO breakers (origin, failures, shut_until, shut_ms) VALUES (:origin, :failures, :shutUntil, :shutMs)
     ON CONFLICT (origin) DO UPDATE SET failures = :failures, shut_until = :shutUntil, shut_ms = :shutMs`,
    { origin, failures, shutUntil, shutMs },
  );
  return origin;
}

/** Nothing is left to be told there: the next who signs off begins with a clean sheet, and no claim looks at it. */
function forgetUnowed(tx: Tx, origins: ReadonlySet<string>): void {
  tx.run(
    `DELETE FROM breakers WHERE ${OF_THESE} AND NOT EXISTS (SELECT 1 FROM deliveries d INDEXED BY deliveries_trying
       WHERE d.origin = breakers.origin AND d.state = 'trying' LIMIT 1)`,
    { origins: JSON.stringify([...origins]) },
  );
}
