/** What the engine holds of claimed deliveries: who is next, who is under way, which origins are left alone for now. */
import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import type { Claim } from '../store/store.ts';
import type { Load } from './adaptive-cap.ts';
import { createAppetite, type Wish } from './appetite.ts';
import type { BreakerRules } from './breaker.ts';
import { createCaps, type Pace } from './caps.ts';
import { type Deliver, type DeliveryClient, factsOf, reportOverdue } from './deliver.ts';
import type { BreakerChange, Lease, Settlement } from './delivery.ts';
import { createLanes, SLOW_MS } from './lanes.ts';
import { createOriginHealth } from './origin-health.ts';
import { createQueues, type Queued } from './queues.ts';

export interface Sender {
  /** Learns of the breakers in a claim. */
  learn(claim: Claim): void;
  /** Takes deliveries that are leased and begins to send. `sendBy` is on the monotonic clock. */
  take(lease: Lease, sendBy: number): void;
  /** What it holds, under way or not. */
  readonly size: number;
  /** Settles claimed deliveries whose deadline is over, without another attempt. */
  endOverdue(claim: Claim): void;
  /** What the next claim is to bring; undefined while there is enough to send. */
  wish(): Wish | undefined;
  /** Nothing will soon be over that could share a write with what is being settled. */
  quiet(): boolean;
  /** Begins no more; puts back what waits; gives calls under way so long, then cuts them off. */
  stop(graceMs: number): Promise<void>;
  /** The store knows of what was recorded. */
  written(changes: readonly BreakerChange[]): void;
  /** Forgets which origins are failing. */
  forgetBreakers(): void;
}

/** Hands a result to be written, and what it taught about the origin. */
export type RecordSettlement = (item: Queued, settlement: Settlement, change: BreakerChange | undefined) => void;

export interface SenderParts {
  readonly deliver: Deliver;
  readonly findClient: (clientId: string) => DeliveryClient | undefined;
  /** A delivery names a client that is not known here (yet). */
  readonly onUnknownClient: () => void;
  readonly record: RecordSettlement;
  /** Little is left that may be sent now. */
  readonly onHungry: () => void;
  /** There is room again for an origin that the last claim left out. */
  readonly onFreed: () => void;
  readonly breakerRules: BreakerRules;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/**
 * 128 TLS handshakes at a time bound a stall of the loop to 46 ms at no cost in throughput; 2,048 bound the memory. Half
 * of the fast lane is never a slow app's.
 */
const LANES = { fastMax: 128, knownSlowMax: 64, slowMax: 2_048, handOverMs: SLOW_MS };
/** A client may be loaded a moment later in this process than in another one. */
const UNKNOWN_WAIT_MS = { first: 5_000, max: 300_000 };
const NOT_SIGNED_WAIT_MS = 10_000;
/** Calls; what it takes to begin one is a quarter of a millisecond. */
const BEGUN_AT_ONCE = 8;

const QUICK_FIRST: readonly Pace[] = ['quick', 'slow'];
const SLOW_FIRST: readonly Pace[] = ['slow', 'quick'];

export function createSender(parts: SenderParts): Sender {
  const { clock, log, record } = parts;
  const caps = createCaps();
  const queues = createQueues(caps.of);
  const appetite = createAppetite(queues);
  const lanes = createLanes(LANES, pump);
  const health = createOriginHealth({ rules: parts.breakerRules, clock, random: parts.random });
  const unknownClients = new Set<string>();
  let lastPace: Pace = 'slow';
  let pumpsSoon = false;
  let stopping = false;
  let idle: (() => void) | undefined;

  /** A few before the loop turns: the first of a thousand is sent before the last is begun. */
  function pump(): void {
    if (pumpsSoon) return;
    for (let begun = 0; begun < BEGUN_AT_ONCE; begun += 1) {
      const turn = stopping ? undefined : nextTurn();
      if (!turn) return;
      void send(turn.item, turn.pace);
    }
    pumpsSoon = true;
    setImmediate(() => {
      pumpsSoon = false;
      pump();
    });
  }

  /** The two paces take turns, so that neither keeps the other waiting. */
  function nextTurn(): { readonly item: Queued; readonly pace: Pace } | undefined {
    for (const pace of lastPace === 'quick' ? SLOW_FIRST : QUICK_FIRST) {
      const item = lanes.hasRoom(pace) ? queues.next(pace) : undefined;
      if (!item) continue;
      lastPace = pace;
      return { item, pace };
    }
    return undefined;
  }

  async function send(item: Queued, pace: Pace): Promise<void> {
    const { origin } = item.delivery;
    const ticket = lanes.enter(pace, () => foundSlow(origin));
    try {
      await sendOne(item, ticket.signal);
    } finally {
      ticket.leave();
      queues.done(origin);
      pump();
      if (appetite.isFreed(origin)) parts.onFreed();
      else if (appetite.isHungry()) parts.onHungry();
      if (lanes.size === 0) idle?.();
    }
  }

  function foundSlow(origin: string): void {
    caps.isSlow(origin);
    queues.review(origin);
  }

  async function sendOne(item: Queued, signal: AbortSignal): Promise<void> {
    const { delivery } = item;
    const now = clock.now();
    if (performance.now() > item.sendBy) return putBack(item, now);
    const client = parts.findClient(delivery.clientId);
    if (!client) return putBackUnknown(item, now);
    // What would be given up gets its last attempt.
    const isMoot = delivery.deadline.becomes === 'moot' && now >= delivery.deadline.at;
    if (isMoot) return settleOverdue(item);
    try {
      const startedAt = performance.now();
      const delivered = await parts.deliver(delivery, client, signal);
      heedLoad(delivery.origin, delivered.load, startedAt);
      record(item, delivered.settlement, health.heed(delivery.origin, delivered.health));
      putBackShut(delivery.origin);
    } catch (error) {
      log.error('delivery.not_signed', { ...factsOf(delivery), error });
      putBack(item, clock.now() + NOT_SIGNED_WAIT_MS);
    }
  }

  function heedLoad(origin: string, load: Load, startedAt: number): void {
    caps.heed(origin, { load, startedAt, endedAt: performance.now(), atCap: queues.isAtCap(origin) });
  }

  /** An origin whose breaker just opened is left alone with all that waits for it. */
  function putBackShut(origin: string): void {
    if (!health.isShut(origin)) return;
    caps.isAway(origin);
    const now = clock.now();
    for (const item of queues.drop(origin)) putBack(item, now);
  }

  function putBack(item: Queued, nextAttemptAt: number): void {
    const settlement = { deliveryId: item.delivery.id, kind: 'put-back', nextAttemptAt } as const;
    record(item, settlement, undefined);
  }

  /** Never settled: another process loaded that client a moment ago, or a folder of client files was not mounted. */
  function putBackUnknown(item: Queued, now: number): void {
    const { clientId, createdAt } = item.delivery;
    if (!unknownClients.has(clientId)) log.warn('delivery.client_unknown', factsOf(item.delivery));
    unknownClients.add(clientId);
    parts.onUnknownClient();
    putBack(item, now + Math.min(UNKNOWN_WAIT_MS.max, Math.max(UNKNOWN_WAIT_MS.first, (now - createdAt) / 10)));
  }

  function settleOverdue(item: Queued): void {
    const { delivery } = item;
    reportOverdue(log, delivery);
    record(item, { deliveryId: delivery.id, kind: delivery.deadline.becomes }, undefined);
  }

  return {
    get size() {
      return queues.size + lanes.size;
    },
    learn: (claim) => health.learn(claim),
    take({ deliveries, token: leaseToken }, sendBy) {
      const now = clock.now();
      for (const delivery of deliveries) {
        const item = { delivery, leaseToken, sendBy };
        if (stopping || health.isShut(delivery.origin)) putBack(item, now);
        else queues.add(item);
      }
      pump();
    },
    endOverdue({ deliveries, token }) {
      for (const delivery of deliveries) settleOverdue({ delivery, leaseToken: token, sendBy: 0 });
    },
    wish: () => appetite.next(),
    quiet: () => lanes.quick <= 1 && queues.sendable === 0,
    async stop(graceMs) {
      stopping = true;
      for (const item of queues.drop()) putBack(item, clock.now());
      const timer = setTimeout(() => lanes.cutOffAll(), graceMs);
      if (lanes.size > 0) await new Promise<void>((done) => (idle = done));
      clearTimeout(timer);
    },
    written: (changes) => health.written(changes),
    forgetBreakers: () => health.forget(),
  };
}
