import type { Attempt, Breaker, Deadline, Delivery, DeliveryState } from '../../deliveries/delivery.ts';
import type { DeliveryFilter } from '../store.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly logout_id: string;
  readonly client_id: string;
  readonly account_id: string;
  readonly session_uid: string;
  readonly sid: string;
  readonly sub: string;
  readonly state: DeliveryState;
  readonly origin: string;
  readonly asked: 0 | 1;
  readonly created_at: number;
  readonly attempts: number;
  readonly refusals: number;
  readonly backoff_ms: number;
  readonly next_attempt_at: number | null;
  readonly last_attempt_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly deadline_at: number;
  readonly deadline_becomes: Deadline['becomes'];
  readonly lease_token: string | null;
}

export interface AttemptRow {
  readonly at: number;
  readonly ms: number;
  readonly jti: string;
  readonly verdict: Attempt['verdict'];
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

export interface BreakerRow {
  readonly origin: string;
  readonly failures: number;
  readonly shut_until: number;
  readonly shut_ms: number;
  readonly probe_token: string | null;
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    logoutId: row.logout_id,
    clientId: row.client_id,
    accountId: row.account_id,
    sessionUid: row.session_uid,
    sid: row.sid,
    sub: row.sub,
    state: row.state,
    origin: row.origin,
    asked: row.asked === 1,
    createdAt: row.created_at,
    attempts: row.attempts,
    refusals: row.refusals,
    backoffMs: row.backoff_ms,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    lastAttemptAt: row.last_attempt_at ?? undefined,
    lastStatus: row.last_status ?? undefined,
    lastError: row.last_error ?? undefined,
    deadline: { at: row.deadline_at, becomes: row.deadline_becomes },
  };
}

export function toAttempt(row: AttemptRow): Attempt {
  return {
    at: row.at,
    ms: row.ms,
    jti: row.jti,
    verdict: row.verdict,
    status: row.status ?? undefined,
    error: row.error ?? undefined,
    answer: row.answer ?? undefined,
  };
}

export function toBreaker(row: BreakerRow): Breaker {
  return { origin: row.origin, failures: row.failures, shutUntil: row.shut_until, shutMs: row.shut_ms };
}

/**
 * All rows of a logout bear its instant: read in the order of their list, they need not be sorted for each page of it, which
 * for everybody's end are hundreds of thousands.
 */
const OF_LOGOUT_IN_ORDER =
  'created_at = (SELECT at FROM logouts WHERE logouts.id = :logoutId) AND +logout_id = :logoutId';

/**
 * The conditions of a filter; the names in the SQL are those of its fields. What finds the fewest rows is looked up, the
 * plus leaves the rest to go through those: the planner, who cannot know how many rows a client has, would take any.
 */
export function filterConditions(filter: DeliveryFilter): readonly string[] {
  const { id, logoutId, accountId, clientId, state } = filter;
  const fewestFirst = [
    id !== undefined && 'id = :id',
    logoutId !== undefined && (state === undefined || state === 'told' ? OF_LOGOUT_IN_ORDER : 'logout_id = :logoutId'),
    accountId !== undefined && 'account_id = :accountId',
    // Rare among the rows of a month, and has an index, which SQLite takes only where its own condition is repeated.
    state !== undefined && state !== 'told' && `state = :state AND state <> 'told'`,
    clientId !== undefined && 'client_id = :clientId',
    state === 'told' && '+state = :state',
  ].filter((condition) => typeof condition === 'string');
  return fewestFirst.map((condition, place) => (place === 0 ? condition : condition.replace(/^\+?/, '+')));
}
