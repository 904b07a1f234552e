/**
 * The loop that tells the apps: claim → queues → lanes → sign and post → verdict → settle (DESIGN §6, engine.md §4).
 * It owns no state that matters: what it holds is leased, and a lease that is lost is somebody else's work.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { randomId } from '../ops/ids.ts';
import type { Service } from '../ops/service.ts';
import type { Claim, ClaimRequest, Settled, Unwatch } from '../store/store.ts';
import { type Alarm, createAlarm } from './alarm.ts';
import type { Wish } from './appetite.ts';
import { type AtHand, type AtHandWatch, watchAtHand } from './at-hand.ts';
import { breakerRules } from './breaker.ts';
import { createReloading } from './client-source.ts';
import { type Comebacks, createComebacks } from './comebacks.ts';
import { createDeliver } from './deliver.ts';
import type { Delivery, Lease } from './delivery.ts';
import type { KeptRunner } from './engine-orders.ts';
import type { EngineParts } from './engine-parts.ts';
import type { EngineLife, IdleEngine, SettledListener } from './engine-runner.ts';
import type { Queued } from './queues.ts';
import { createRecovery } from './recovering.ts';
import { createRescuer } from './rescuer.ts';
import { createSender, type RecordSettlement, type Sender } from './sender.ts';
import { createSetAside, type SetAside } from './set-aside.ts';
import { type Batch, createSettler, type Settler } from './settler.ts';
import { createStoreGuard, type StoreGuard } from './store-guard.ts';
import { createTokenMint, type TokenMint } from './token-mint.ts';
import { createWritePace, type WritePace } from './write-pace.ts';

/** 500 took SQLite 10 ms, twice of what a write may take while sign-ins wait. */
const CLAIM_MAX = 250;
/** The net below all signals. */
const POLL_MS = 1_000;
/** Due rows that nobody may have yet (a shut origin, another one's lease) must not make the loop spin. */
const HELD_POLL_MS = 250;
const ANYTHING: Wish = { exceptOrigins: [], perOrigin: CLAIM_MAX };
/** Holding no more than this it can begin with what it is handed at once. */
const SOME_MAX = 64;
/** Far below that, so that a walk at a slow app keeps nobody's sign-off from being handed over. */
const LITTLE_MAX = 16;
const DRAIN_MS = 10_000;
/** So much is a jump of the clock and not its usual correction. */
const CLOCK_JUMP_MS = 2_000;

/** The engine in this thread (`SIGNOFF_DELIVERY_RUN=inline`), which is also what runs in a thread of its own. */
export function createEngine(parts: EngineParts): KeptRunner {
  return new Engine(parts);
}

class Engine implements KeptRunner {
  readonly #parts: EngineParts;
  readonly #life: EngineLife;
  readonly #alarm: Alarm = createAlarm();
  readonly #pace: WritePace;
  readonly #listeners = new Set<SettledListener>();
  readonly #guard: StoreGuard;
  readonly #aside: SetAside;
  readonly #tokens: TokenMint;
  readonly #sender: Sender;
  readonly #settler: Settler;
  readonly #rescuer: Service;
  readonly #comebacks: Comebacks;
  readonly #atHand: AtHandWatch;
  readonly #recovery = createRecovery({ look: (token) => this.#heldBy(token), hold: (lease) => this.#hold(lease) });
  readonly #reloadClients: () => void;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #loop: Promise<void> = Promise.resolve();
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #unwatch: Unwatch | undefined;
  #lastNow = 0;
  #claimedAt = 0;
  /** On the monotonic clock: when to look for overdue deliveries again. */
  #overdueAt = 0;
  /** The last claim left rows behind, or none was made. */
  #more = false;
  /** The same, as of the last claim that is over. */
  #behind = true;

  constructor(parts: EngineParts) {
    const { store, log, clock, clients } = parts;
    const random = parts.random ?? Math.random;
    this.#parts = parts;
    this.#reloadClients = createReloading(clients, log);
    this.#life = parts.life ?? { processId: randomId(), predecessors: [] };
    this.#pace = createWritePace(parts.writers);
    const elapsed = () => performance.now();
    this.#guard = createStoreGuard({ log, elapsed });
    this.#aside = createSetAside({ log, elapsed });
    this.#settler = createSettler({
      store,
      pace: this.#pace,
      guard: this.#guard,
      aside: this.#aside,
      giveUp: () => this.#state === 'stopped',
      onSettled: (settled, batch) => this.#settled(settled, batch),
    });
    this.#tokens = createTokenMint(parts);
    this.#sender = createSender({
      deliver: createDeliver({ ...parts, tokens: this.#tokens, random }),
      findClient: (clientId) => clients.find(clientId),
      onUnknownClient: () => this.#reloadClients(),
      record: this.#record,
      onHungry: () => this.#more && this.wake(),
      onFreed: () => this.wake(),
      breakerRules: breakerRules(parts.retry),
      clock,
      log,
      random,
    });
    const shared = { store, pace: this.#pace, clock, log };
    this.#comebacks = createComebacks({ ...shared, onDue: () => this.wake() });
    this.#rescuer = createRescuer({ ...shared, ...this.#life, onRescued: () => this.wake() });
    this.#atHand = watchAtHand(() => this.#workAtHand());
  }

  /** Rejects when the store cannot be reached. */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Puts back what waits, drains what is under way for up to 10 s, writes all results down. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  wake(): void {
    this.#alarm.ring();
  }

  reload(): void {
    this.#parts.signer.reload();
    this.#reloadClients();
  }

  idle(): IdleEngine | undefined {
    const atHand = this.#atHand.is();
    if (atHand === 'much') return undefined;
    const { processId } = this.#life;
    const { leaseMs } = this.#parts;
    return {
      processId,
      leaseMs,
      atHand,
      prepare: (deliveries) => this.prepare(deliveries),
      take: (lease) => this.take(lease),
      recover: (token) => this.recover(token),
    };
  }

  onAtHand(listener: (atHand: AtHand) => void): void {
    this.#atHand.onChange(listener);
  }

  prepare(deliveries: readonly Delivery[]): void {
    if (this.#state !== 'running') return;
    for (const delivery of deliveries) {
      const client = this.#parts.clients.find(delivery.clientId);
      if (client?.backchannel_logout_uri !== undefined) this.#tokens.prepare(delivery, client);
    }
  }

  /** Of one that has stopped, its next life or another engine frees what it was handed. */
  take(lease: Lease): void {
    if (this.#state !== 'stopped') this.#hold(lease);
  }

  recover(token: string): void {
    void this.#recovery(token);
  }

  onSettled(listener: SettledListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  healthy(): boolean {
    return this.#state === 'running' && !this.#guard.isStuck() && !this.#aside.isStuck();
  }

  async #run(): Promise<void> {
    while (this.#state === 'running') {
      await this.#heedTheClock();
      await this.#endOverdue();
      const sleepMs = await this.#claim();
      if (this.#state === 'running') await this.#alarm.sleep(sleepMs);
    }
  }

  /** Takes what is due, if there is room for it; answers how long to sleep. */
  async #claim(): Promise<number> {
    const wish = this.#sender.wish();
    // Whoever finishes next asks again.
    this.#more = true;
    if (!wish) {
      this.#foundMore(true);
      return POLL_MS;
    }
    const token = randomId();
    const claim = await this.#persist(() => this.#claimFrom(token, wish));
    if (!claim) return 0;
    this.#more = claim.more;
    this.#sender.learn(claim);
    this.#hold(claim);
    this.#foundMore(claim.more);
    if (claim.more && claim.deliveries.length > 0) return 0;
    return (await this.#persist(() => this.#sleepMs())) ?? 0;
  }

  /** Without those that were answered before, which the store has refused to write down: they are not sent twice. */
  #hold({ token, deliveries }: Lease): void {
    const unsettled = deliveries.filter(({ id }) => !this.#settler.adopt(id, token));
    this.#sender.take({ token, deliveries: unsettled }, performance.now() + this.#parts.leaseMs / 2);
    this.#atHand.look();
  }

  #workAtHand(): AtHand {
    const { size } = this.#sender;
    if (this.#state !== 'running' || this.#behind || size >= SOME_MAX) return 'much';
    return size < LITTLE_MAX ? 'little' : 'some';
  }

  #foundMore(more: boolean): void {
    this.#behind = more;
    this.#atHand.look();
  }

  #heldBy(token: string): Promise<Claim | undefined> {
    return this.#persist(() => this.#parts.store.claim({ ...this.#request(token, ANYTHING), limit: 0 }));
  }

  #claimFrom(token: string, wish: Wish): Promise<Claim> {
    const request = this.#request(token, wish);
    this.#claimedAt = request.now;
    return this.#pace.run(() => this.#parts.store.claim(request), rowsOf);
  }

  /** Each second: a deadline is kept although an origin is left alone. */
  async #endOverdue(): Promise<void> {
    if (performance.now() < this.#overdueAt) return;
    const token = randomId();
    const claimOverdue = () => this.#parts.store.claimOverdue(this.#request(token, ANYTHING));
    const claim = await this.#persist(() => this.#pace.run(claimOverdue, rowsOf));
    if (!claim) return;
    this.#sender.endOverdue(claim);
    this.#overdueAt = claim.more ? 0 : performance.now() + POLL_MS;
    if (claim.more) this.wake();
  }

  #request(token: string, wish: Wish): ClaimRequest {
    const { clock, leaseMs } = this.#parts;
    return { token, limit: CLAIM_MAX, leaseMs, now: clock.now(), processId: this.#life.processId, ...wish };
  }

  async #sleepMs(): Promise<number> {
    const dueAt = await this.#parts.store.nextDueAt();
    if (dueAt === undefined) return POLL_MS;
    return dueAt <= this.#claimedAt ? HELD_POLL_MS : Math.min(dueAt - this.#parts.clock.now(), POLL_MS);
  }

  /** After a backward jump rows that are due look hours away, and shut origins stay shut as long. */
  async #heedTheClock(): Promise<void> {
    const now = this.#parts.clock.now();
    const backMs = this.#lastNow - now;
    this.#lastNow = now;
    if (backMs < CLOCK_JUMP_MS) return;
    this.#parts.log.warn('clock.jumped', { back_ms: backMs });
    this.#sender.forgetBreakers();
    const hasten = () => this.#parts.store.hasten(this.#life.processId, now);
    await this.#persist(() => this.#pace.run(hasten, (rows) => rows));
  }

  readonly #record: RecordSettlement = (item: Queued, settlement, change) => {
    this.#settler.add(item.leaseToken, settlement, { change, urgent: this.#sender.quiet() });
    this.#atHand.look();
  };

  #settled({ lost, logoutIds }: Settled, { settlements, changes }: Batch): void {
    this.#sender.written(changes);
    if (lost.length > 0) this.#parts.log.warn('delivery.lease_lost', { count: lost.length, delivery_ids: lost });
    if (logoutIds.length > 0) for (const listener of this.#listeners) listener(logoutIds);
    const dueLater = settlements.some((one) => 'nextAttemptAt' in one);
    const back = changes.filter((change) => change.kind === 'healthy');
    for (const { origin } of back) this.#comebacks.add(origin);
    if (dueLater || back.length > 0) this.wake();
  }

  #persist<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#guard.persist(work, () => this.#state !== 'running');
  }

  async #start(): Promise<void> {
    this.#state = 'running';
    this.#lastNow = this.#parts.clock.now();
    await this.#rescuer.start();
    this.#unwatch = await this.#parts.store.watch(() => this.wake());
    this.#loop = this.#run();
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => undefined);
    this.#state = 'stopping';
    this.wake();
    await this.#unwatch?.();
    await this.#loop;
    await this.#comebacks.stop();
    await this.#sender.stop(DRAIN_MS);
    await Promise.race([this.#settler.flush(), pause(DRAIN_MS, undefined, { ref: false })]);
    this.#state = 'stopped';
    await this.#rescuer.stop();
    this.#parts.transport.close();
  }
}

function rowsOf(claim: Claim): number {
  return claim.deliveries.length;
}
