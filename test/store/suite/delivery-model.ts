import type { DeliveryState, Settlement } from '../../../src/deliveries/delivery.ts';
import type { ClaimRequest } from '../../../src/store/store.ts';
import { MINUTE } from '../../support/builders.ts';

export interface ModelRow {
  readonly id: string;
  readonly clientId: string;
  readonly origin: string;
  readonly deadlineAt: number;
  state: DeliveryState;
  dueAt: number;
  refusals: number;
  attempts: number;
  lease?: { readonly token: string; readonly holder: string; readonly isOver: boolean } | undefined;
  /** Whose clock said when it is due. */
  by?: string | undefined;
}

interface Gate {
  failures: number;
  shutUntil: number;
  by?: string | undefined;
  probe?: { readonly token: string; readonly holder: string; readonly isOver: boolean } | undefined;
}

/** The delivery part of the port, in as few words as it can be said. Choices that are the store's are told to it. */
export class DeliveryModel {
  readonly rows: ModelRow[] = [];
  readonly gates = new Map<string, Gate>();
  now: number;

  constructor(now: number) {
    this.now = now;
  }

  trying = (origin: string) => this.rows.some((row) => row.origin === origin && row.state === 'trying');
  free = () => this.rows.filter((row) => row.state === 'trying' && !row.lease);
  isShut = (gate: Gate) => gate.shutUntil > this.now;

  /** For each origin: what a claim may take of it, oldest first, and how much of that. */
  claimable({ exceptOrigins, perOrigin }: ClaimRequest): ReadonlyMap<string, { rows: ModelRow[]; most: number }> {
    const origins = new Set(this.rows.map((row) => row.origin));
    const most = (origin: string) => {
      const gate = this.gates.get(origin);
      if (exceptOrigins.includes(origin) || (gate && (gate.probe || this.isShut(gate)))) return 0;
      return gate ? 1 : perOrigin;
    };
    const due = (origin: string) => this.free().filter((row) => row.origin === origin && row.dueAt <= this.now);
    const byAge = (a: ModelRow, b: ModelRow) => a.dueAt - b.dueAt;
    return new Map([...origins].map((origin) => [origin, { rows: due(origin).sort(byAge), most: most(origin) }]));
  }

  overdue(): ModelRow[] {
    return this.free().filter(({ origin, dueAt, deadlineAt }) => {
      const gate = this.gates.get(origin);
      if (!gate || dueAt > this.now || deadlineAt > this.now) return false;
      return this.isShut(gate) || gate.probe !== undefined || deadlineAt <= this.now - MINUTE;
    });
  }

  lease(rows: readonly ModelRow[], { token, processId, leaseMs }: ClaimRequest, isClaim: boolean): void {
    const lease = { token, holder: processId, isOver: leaseMs < 0 };
    for (const row of rows) {
      row.lease = lease;
      const gate = this.gates.get(row.origin);
      if (gate && isClaim) gate.probe = lease;
    }
  }

  settle(row: ModelRow, one: Settlement): void {
    const gate = this.gates.get(row.origin);
    if (gate?.probe?.token === row.lease?.token) delete gate?.probe;
    const by = row.lease?.holder;
    row.lease = undefined;
    if ('attempt' in one && one.attempt) row.attempts += 1;
    if (one.kind === 'again' && one.refusal) row.refusals += 1;
    if ('nextAttemptAt' in one) Object.assign(row, { dueAt: one.nextAttemptAt, by });
    else row.state = one.kind;
  }

  forgetUnowed(): void {
    for (const origin of this.gates.keys()) if (!this.trying(origin)) this.gates.delete(origin);
  }

  rescue(processId: string, dead: readonly string[], expired: boolean): number {
    const isLost = (lease: ModelRow['lease']) =>
      lease && lease.holder !== processId && (dead.includes(lease.holder) || (expired && lease.isOver));
    const lost = this.rows.filter((row) => isLost(row.lease));
    for (const row of lost) row.lease = undefined;
    for (const gate of this.gates.values()) if (isLost(gate.probe)) delete gate.probe;
    return lost.length;
  }

  nextDueAt(): number | undefined {
    const instants = this.free().flatMap(({ origin, dueAt }) => {
      const gate = this.gates.get(origin);
      return gate?.probe ? [] : [Math.max(dueAt, gate?.shutUntil ?? 0)];
    });
    return instants.length > 0 ? Math.min(...instants) : undefined;
  }
}
