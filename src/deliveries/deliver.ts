import type { Client } from '../clients/client-file.ts';
import { type Clock, iso } from '../ops/clock.ts';
import { logName } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import type { Load } from './adaptive-cap.ts';
import type { Attempt, Delivery, Settlement } from './delivery.ts';
import { SLOW_MS } from './lanes.ts';
import { type Next, nextStep, type RetryRules } from './retry-schedule.ts';
import type { TokenMint } from './token-mint.ts';
import type { Outcome, Transport } from './transport.ts';
import { type Verdict, verdict } from './verdict.ts';

/** What the engine must know of a client. */
export type DeliveryClient = Pick<
  Client,
  'client_id' | 'backchannel_logout_uri' | 'id_token_signed_response_alg' | 'logout' | 'trust'
>;

/** What came of one attempt: for the store, for the breaker of the origin, and for its cap. */
interface Delivered {
  readonly settlement: Settlement;
  readonly health: Health;
  readonly load: Load;
}

/** `failing`: network, 429, 5xx; `retryAfterMs` where the app asked for it. `unknown`: nothing was learnt about the origin. */
export type Health =
  | { readonly kind: 'alive' | 'unknown' }
  | { readonly kind: 'failing'; readonly retryAfterMs: number | undefined };

/** Makes one attempt: sign, post, judge, log. Rejects when it cannot sign (no key, no store); nothing was sent then. */
export type Deliver = (delivery: Delivery, client: DeliveryClient, signal: AbortSignal) => Promise<Delivered>;

/** An app that is slow once may be slow under load: the second try waits longer (engine.md §4 rule 8). */
const ANSWERS_MS = [5_000, 10_000, 15_000] as const;

export interface DeliverParts {
  readonly tokens: Pick<TokenMint, 'make'>;
  readonly transport: Pick<Transport, 'post'>;
  readonly retry: RetryRules;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onAttempt?: OnAttempt | undefined;
}

/** An attempt is over; it is not written down yet. */
export type OnAttempt = (delivery: Delivery, attempt: Attempt) => void;

export function createDeliver(parts: DeliverParts): Deliver {
  const { tokens, transport, clock, log } = parts;
  const hinted = new Set<string>();
  /** It happens at each sign-off of such an app, and once is enough to mend it. */
  const hintOnce = (client_id: string, error: string) => {
    if (!hinted.has(client_id)) log.warn('delivery.asker_refused', { client_id, status: 400, error });
    hinted.add(client_id);
  };
  return async (delivery, client, signal) => {
    const uri = client.backchannel_logout_uri;
    if (uri === undefined) return withoutAddress(delivery, log);
    const at = clock.now();
    let jti = '';
    const mint = async () => {
      const made = await tokens.make(delivery, client);
      jti = made.jti;
      return made.token;
    };
    const answerMs = ANSWERS_MS[Math.min(delivery.attempts, ANSWERS_MS.length - 1)] ?? 15_000;
    const outcome = await transport.post(uri, mint, { answerMs, signal, ...(client.trust && { trust: client.trust }) });
    const judged = verdict(outcome, delivery.asked);
    const next = nextStep(delivery, judged, parts.retry, clock.now(), parts.random());
    const attempt = attemptOf(outcome, judged, next, { at, jti });
    report(log, { delivery, attempt, judged, next });
    parts.onAttempt?.(delivery, attempt);
    if (judged.kind === 'slow-retry-then-moot') hintOnce(delivery.clientId, judged.why);
    return {
      settlement: settlementOf(delivery, attempt, next),
      health: healthOf(outcome, judged),
      load: loadOf(outcome),
    };
  };
}

/** The address was taken out of the registration since: nobody to ask any more, and no attempt to count. */
function withoutAddress(delivery: Delivery, log: Log): Delivered {
  const why = 'the app has no backchannel_logout_uri any more; register one, then retry the delivery';
  log.warn('delivery.refused', { ...factsOf(delivery), error: why });
  return { settlement: { deliveryId: delivery.id, kind: 'refused' }, health: { kind: 'unknown' }, load: 'unknown' };
}

function attemptOf(outcome: Outcome, judged: Verdict, next: Next, made: { at: number; jti: string }): Attempt {
  return {
    ...made,
    ms: outcome.ms,
    verdict: next.kind === 'told' ? 'delivered' : isFinalNo(next, judged) ? 'refused' : 'retry',
    status: outcome.kind === 'answer' ? outcome.status : undefined,
    error: judged.kind === 'delivered' ? undefined : judged.why,
    answer: outcome.kind === 'answer' ? outcome.snippet : undefined,
  };
}

function isFinalNo(next: Next, judged: Verdict): boolean {
  return next.kind === 'refused' || (next.kind === 'moot' && judged.kind === 'slow-retry-then-moot');
}

function settlementOf(delivery: Delivery, attempt: Attempt, next: Next): Settlement {
  if (next.kind !== 'again') return { deliveryId: delivery.id, kind: next.kind, attempt };
  const { at, backoffMs, refusal } = next;
  return { deliveryId: delivery.id, kind: 'again', attempt, nextAttemptAt: at, backoffMs, refusal };
}

function healthOf(outcome: Outcome, judged: Verdict): Health {
  if (judged.kind === 'retry') {
    const cutOff = outcome.kind === 'failure' && outcome.code === 'EABORTED';
    return cutOff ? { kind: 'unknown' } : { kind: 'failing', retryAfterMs: judged.afterMs };
  }
  return outcome.kind === 'answer' ? { kind: 'alive' } : { kind: 'unknown' };
}

/** Only a yes says that more would do: an app that fails or refuses at once has not done the work. */
function loadOf(outcome: Outcome): Load {
  if (outcome.kind === 'failure') return outcome.code === 'ETIMEDOUT' ? 'overloaded' : 'unknown';
  if (outcome.kind === 'blocked') return 'unknown';
  if (outcome.status === 429 || outcome.status === 503) return 'overloaded';
  if (outcome.ms >= SLOW_MS) return 'slow';
  return outcome.status === 200 || outcome.status === 204 ? 'quick' : 'unknown';
}

/** One line per attempt with all facts (DESIGN §6); two more at the moments that call for a person. */
function report(log: Log, made: { delivery: Delivery; attempt: Attempt; judged: Verdict; next: Next }): void {
  const { delivery, attempt, judged, next } = made;
  const facts = { ...factsOf(delivery), attempt: delivery.attempts + 1, status: attempt.status, error: attempt.error };
  const next_attempt_at = next.kind === 'again' ? iso(next.at) : undefined;
  log.info('delivery.attempted', {
    ...facts,
    verdict: attempt.verdict,
    ms: attempt.ms,
    jti: attempt.jti,
    next_attempt_at,
  });
  const refusal = judged.kind === 'slow-retry' || judged.kind === 'refused';
  if (refusal && delivery.refusals === 0) log.warn('delivery.refused', { ...facts, next_attempt_at });
  if (next.kind === 'given-up') log.warn('delivery.given_up', facts);
  if (next.kind === 'moot') log.info('delivery.moot', facts);
}

/** The line of a delivery that ends for its deadline, with what was known last. */
export function reportOverdue(log: Log, delivery: Delivery): void {
  const { attempts, lastStatus, lastError, deadline } = delivery;
  const facts = { ...factsOf(delivery), attempt: attempts, status: lastStatus, error: lastError };
  if (deadline.becomes === 'moot') log.info('delivery.moot', facts);
  else log.warn('delivery.given_up', facts);
}

/** Who and what a line about a delivery is about, under the fixed names of the log. */
export function factsOf(delivery: Delivery): Readonly<Record<string, unknown>> {
  return {
    delivery_id: delivery.id,
    logout_id: delivery.logoutId,
    client_id: delivery.clientId,
    account_id: delivery.accountId,
    session: logName(delivery.sessionUid),
    origin: delivery.origin,
  };
}
