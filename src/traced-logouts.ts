/** The spans of a logout's trace: request → end → claim (`deliveries/traced-claims.ts`) → attempt. */
import type { Attempt, Delivery } from './deliveries/delivery.ts';
import type { Logout } from './logout/logout.ts';
import { traceDone } from './ops/traces.ts';

/** A browser or app was answered. */
export function traceAnswer(answer: { logoutId: string; method: string; startedAt: number; ms: number }): void {
  const { method, ...facts } = answer;
  traceDone({ name: 'logout.request', ...facts, attributes: { 'http.request.method': method } });
}

/** It is durable. */
export function traceEnd(logout: Logout, ms: number): void {
  const { id: logoutId, at: startedAt, reason, target, actor, sessionsEnded } = logout;
  const attributes = {
    'signoff.reason': reason,
    'signoff.target': target.kind,
    'signoff.actor': actor.kind,
    'signoff.sessions': sessionsEnded,
  };
  traceDone({ name: 'logout.end', logoutId, startedAt, ms, attributes });
}

/** An app answered, or did not. */
export function traceAttempt(delivery: Delivery, attempt: Attempt): void {
  const { logoutId, clientId, id, origin, attempts } = delivery;
  const { at: startedAt, ms, verdict, status, error } = attempt;
  const attributes = {
    'signoff.client_id': clientId,
    'signoff.delivery_id': id,
    'signoff.attempt': attempts + 1,
    'signoff.verdict': verdict,
    'server.address': origin,
    ...(status !== undefined && { 'http.response.status_code': status }),
  };
  traceDone({ name: 'delivery.attempt', logoutId, startedAt, ms, attributes, failed: error });
}
