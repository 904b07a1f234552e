/** What the engine holds of claimed deliveries: who is next, who is under way, which origins are left alone for now. */
import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import type { Claim } from '../store/store.ts';
import type { BreakerRules } from './breaker.ts';
import { type Deliver, type DeliveryClient, factsOf, reportOverdue } from './deliver.ts';
import type { Breaker, Settlement } from './delivery.ts';
import { createLanes } from './lanes.ts';
import { createOriginHealth } from './origin-health.ts';
import { createQueues, type Queued } from './queues.ts';

export interface Sender {
  /** Takes claimed deliveries and begins to send. `sendBy` is on the monotonic clock. */
  take(claim: Claim, sendBy: number): void;
  /** Settles claimed deliveries whose deadline is over, without another attempt. */
  endOverdue(claim: Claim): void;
  /** Whether more should be claimed, and which origins have enough waiting. */
  appetite(): { readonly hungry: boolean; readonly exceptOrigins: readonly string[] };
  /** Nothing waits and nothing is under way but what is being settled. */
  quiet(): boolean;
  /** Begins no more; puts back what waits; gives calls under way so long, then cuts them off. */
  stop(graceMs: number): Promise<void>;
  /** Forgets which origins are failing. */
  forgetBreakers(): void;
}

/** Hands a result to be written; `breaker` where the origin's row changes. */
export type Record = (item: Queued, settlement: Settlement, breaker: Breaker | undefined) => void;

export interface SenderParts {
  readonly deliver: Deliver;
  readonly findClient: (clientId: string) => DeliveryClient | undefined;
  /** A delivery names a client that is not known here (yet). */
  readonly onUnknownClient: () => void;
  readonly record: Record;
  /** There is room for another claim. */
  readonly onHungry: () => void;
  readonly breakerRules: BreakerRules;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** Below it more is claimed, above the other one nothing is. A buffer of hundreds: rows are the backlog. */
const LOW_WATER = 100;
const HIGH_WATER = 2_000;
/** An origin with so many waiting is left out of claims and of the count, or one slow app would fill every claim. */
const CROWD = 64;
const IN_FLIGHT_PER_ORIGIN = 8;
/** 128 TLS handshakes at a time bound a stall of the loop to 46 ms at no cost in throughput; 2,048 bound the memory. */
const LANES = { fastMax: 128, slowMax: 2_048, handOverMs: 750 };
/** A client may be loaded a moment later in this process than in another one. */
const UNKNOWN_WAIT_MS = { first: 5_000, max: 300_000 };
const NOT_SIGNED_WAIT_MS = 10_000;

export function createSender(parts: SenderParts): Sender {
  const { clock, log, record } = parts;
  const queues = createQueues({ inFlightPerOrigin: IN_FLIGHT_PER_ORIGIN });
  const lanes = createLanes(LANES, pump);
  const health = createOriginHealth({ rules: parts.breakerRules, clock, random: parts.random });
  const unknownClients = new Set<string>();
  let stopping = false;
  let idle: (() => void) | undefined;

  function pump(): void {
    while (!stopping && lanes.hasRoom()) {
      const item = queues.next();
      if (!item) return;
      void send(item);
    }
  }

  async function send(item: Queued): Promise<void> {
    const { origin } = item.delivery;
    const ticket = lanes.enter();
    try {
      await sendOne(item, ticket.signal);
    } finally {
      ticket.leave();
      queues.done(origin);
      pump();
      if (queues.size < LOW_WATER || queues.waiting(origin) === CROWD - 1) parts.onHungry();
      if (lanes.size === 0) idle?.();
    }
  }

  async function sendOne(item: Queued, signal: AbortSignal): Promise<void> {
    const { delivery } = item;
    const now = clock.now();
    if (performance.now() > item.sendBy) return putBack(item, now);
    const client = parts.findClient(delivery.clientId);
    if (!client) return putBackUnknown(item, now);
    // What would be given up gets its last attempt.
    const isMoot = delivery.deadline.becomes === 'moot' && now >= delivery.deadline.at;
    if (isMoot) return settleOverdue(item, health.untouched(delivery.origin));
    try {
      const delivered = await parts.deliver(delivery, client, signal);
      record(item, delivered.settlement, health.heed(delivery.origin, delivered.health));
      putBackShut(delivery.origin);
    } catch (error) {
      log.error('delivery.not_signed', { ...factsOf(delivery), error });
      putBack(item, clock.now() + NOT_SIGNED_WAIT_MS);
    }
  }

  /** An origin whose breaker just opened is left alone with all that waits for it. */
  function putBackShut(origin: string): void {
    if (!health.isShut(origin)) return;
    const now = clock.now();
    for (const item of queues.drop(origin)) putBack(item, now);
  }

  function putBack(item: Queued, nextAttemptAt: number): void {
    const settlement = { deliveryId: item.delivery.id, kind: 'put-back', nextAttemptAt } as const;
    record(item, settlement, health.untouched(item.delivery.origin));
  }

  /** Never settled: another process loaded that client a moment ago, or a folder of client files was not mounted. */
  function putBackUnknown(item: Queued, now: number): void {
    const { clientId, createdAt } = item.delivery;
    if (!unknownClients.has(clientId)) log.warn('delivery.client_unknown', factsOf(item.delivery));
    unknownClients.add(clientId);
    parts.onUnknownClient();
    putBack(item, now + Math.min(UNKNOWN_WAIT_MS.max, Math.max(UNKNOWN_WAIT_MS.first, (now - createdAt) / 10)));
  }

  function settleOverdue(item: Queued, breaker: Breaker | undefined): void {
    const { delivery } = item;
    reportOverdue(log, delivery);
    record(item, { deliveryId: delivery.id, kind: delivery.deadline.becomes }, breaker);
  }

  return {
    take(claim, sendBy) {
      const now = clock.now();
      health.learn(claim);
      for (const delivery of claim.deliveries) {
        const item = { delivery, leaseToken: claim.token, sendBy };
        if (stopping || health.isShut(delivery.origin)) putBack(item, now);
        else queues.add(item);
      }
      pump();
    },
    endOverdue({ deliveries, token }) {
      for (const delivery of deliveries) settleOverdue({ delivery, leaseToken: token, sendBy: 0 }, undefined);
    },
    appetite() {
      const crowd = queues.crowded(CROWD);
      const hungry = queues.size - crowd.size < LOW_WATER && queues.size < HIGH_WATER;
      return { hungry, exceptOrigins: crowd.origins };
    },
    quiet: () => lanes.size <= 1 && queues.size === 0,
    async stop(graceMs) {
      stopping = true;
      for (const item of queues.drop()) putBack(item, clock.now());
      const timer = setTimeout(() => lanes.cutOffAll(), graceMs);
      if (lanes.size > 0) await new Promise<void>((done) => (idle = done));
      clearTimeout(timer);
    },
    forgetBreakers: () => health.forget(),
  };
}
