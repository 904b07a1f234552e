import { randomUUID } from 'node:crypto';
import type { Attempt, Breaker, Delivery, Settlement } from '../../../src/deliveries/delivery.ts';
import type { EngineStore } from '../../../src/deliveries/engine.ts';

interface Row {
  delivery: Delivery;
  attempts: Attempt[];
  lease: { token: string; until: number; processId: string } | undefined;
}

/** The part of a store that an engine sees, kept honestly: leases fence, open breakers are left out, probes are single. */
export class MemoryDeliveries implements EngineStore {
  readonly rows = new Map<string, Row>();
  readonly breakers = new Map<string, Breaker>();
  readonly beats = new Map<string, number>();
  /** Throws from every call while it is set. */
  down = false;
  claims = 0;
  settles: number[] = [];

  insert(delivery: Delivery): void {
    this.rows.set(delivery.id, { delivery, attempts: [], lease: undefined });
  }

  get(id: string): Delivery {
    return this.#row(id).delivery;
  }

  attempts(id: string): readonly Attempt[] {
    return this.#row(id).attempts;
  }

  leases(): number {
    return [...this.rows.values()].filter((row) => row.lease).length;
  }

  async claim(request: Parameters<EngineStore['claim']>[0]): ReturnType<EngineStore['claim']> {
    this.#check();
    this.claims += 1;
    const { limit, leaseMs, now, processId, exceptOrigins, perOrigin } = request;
    const lease = { token: randomUUID(), until: now + leaseMs, processId };
    const breakers = new Map<string, Breaker>();
    const taken: Delivery[] = [];
    for (const row of this.#due(now)) {
      const { origin } = row.delivery;
      if (taken.length === limit) break;
      if (taken.filter((one) => one.origin === origin).length === perOrigin) continue;
      const breaker = this.breakers.get(origin);
      if (exceptOrigins.includes(origin) || (breaker && breaker.openUntil > now)) continue;
      if (breaker) breakers.set(origin, breaker);
      if (breaker) this.breakers.set(origin, { ...breaker, openUntil: lease.until });
      row.lease = lease;
      taken.push(row.delivery);
    }
    const rows = [...breakers.keys()].map((origin) => this.breakers.get(origin) as Breaker);
    const more = taken.length === limit;
    return { token: lease.token, until: lease.until, more, deliveries: taken, breakers: rows };
  }

  async claimOverdue(request: Parameters<EngineStore['claim']>[0]): ReturnType<EngineStore['claim']> {
    this.#check();
    const { leaseMs, now, processId } = request;
    const lease = { token: randomUUID(), until: now + leaseMs, processId };
    const rows = [...this.#due(now)].filter(
      ({ delivery: { origin, deadline } }) => deadline.at <= now && (this.breakers.get(origin)?.openUntil ?? 0) > now,
    );
    for (const row of rows) row.lease = lease;
    return {
      token: lease.token,
      until: lease.until,
      more: false,
      deliveries: rows.map((row) => row.delivery),
      breakers: [],
    };
  }

  async settle(...[token, settlements, breakers, now]: Parameters<EngineStore['settle']>) {
    this.#check();
    this.settles.push(settlements.length);
    const mine = settlements.filter((one) => this.rows.get(one.deliveryId)?.lease?.token === token);
    for (const one of mine) this.#apply(one, now);
    for (const breaker of breakers) {
      if (breaker.failures === 0) this.breakers.delete(breaker.origin);
      else this.breakers.set(breaker.origin, breaker);
    }
    const lost = settlements.filter((one) => !mine.includes(one)).map((one) => one.deliveryId);
    const moved = mine.filter((one) => one.kind !== 'put-back').map((one) => this.get(one.deliveryId).logoutId);
    return { lost, logoutIds: [...new Set(moved)] };
  }

  async nextDueAt(): Promise<number | undefined> {
    this.#check();
    const trying = [...this.rows.values()].filter((row) => row.delivery.state === 'trying');
    const at = trying.map((row) => row.lease?.until ?? row.delivery.nextAttemptAt ?? 0);
    return at.length > 0 ? Math.min(...at) : undefined;
  }

  async hasten(now: number): Promise<number> {
    this.breakers.clear();
    const free = [...this.rows.values()].filter((row) => row.delivery.state === 'trying' && !row.lease);
    for (const row of free) row.delivery = { ...row.delivery, nextAttemptAt: now };
    return free.length;
  }

  async rescue(silentSince: number): Promise<number> {
    this.#check();
    const dead = [...this.rows.values()].filter(
      ({ lease }) => lease && (this.beats.get(lease.processId) ?? 0) < silentSince,
    );
    for (const row of dead) row.lease = undefined;
    return dead.length;
  }

  async heartbeat(processId: string, now: number): Promise<void> {
    this.#check();
    this.beats.set(processId, now);
  }

  async watch() {
    return async () => undefined;
  }

  *#due(now: number): Generator<Row> {
    for (const row of this.rows.values()) {
      const { state, nextAttemptAt } = row.delivery;
      const free = row.lease === undefined || row.lease.until <= now;
      if (state === 'trying' && free && (nextAttemptAt ?? 0) <= now) yield row;
    }
  }

  #apply(one: Settlement, now: number): void {
    const row = this.#row(one.deliveryId);
    row.lease = undefined;
    if (one.kind === 'put-back') {
      row.delivery = { ...row.delivery, nextAttemptAt: one.nextAttemptAt };
      return;
    }
    if (one.attempt) row.attempts.push(one.attempt);
    const attempts = row.attempts.length;
    const last = { lastAttemptAt: now, lastStatus: one.attempt?.status, lastError: one.attempt?.error };
    if (one.kind !== 'again') row.delivery = { ...row.delivery, ...last, attempts, state: one.kind };
    else {
      const refusals = row.delivery.refusals + (one.refusal ? 1 : 0);
      const { nextAttemptAt, backoffMs } = one;
      row.delivery = { ...row.delivery, ...last, attempts, refusals, nextAttemptAt, backoffMs };
    }
  }

  #row(id: string): Row {
    const row = this.rows.get(id);
    if (!row) throw new Error(`no delivery ${id}`);
    return row;
  }

  #check(): void {
    if (this.down) throw new Error('the store is down');
  }
}
