import type { DeliveryStore, Settled } from '../store/store.ts';
import type { BreakerChange, Settlement } from './delivery.ts';
import { originOf } from './origin-health.ts';
import type { Entry, SetAside } from './set-aside.ts';
import type { StoreGuard } from './store-guard.ts';
import type { WritePace } from './write-pace.ts';

/** Writes down what became of claimed deliveries, in batches: one fsync for many. */
export interface Settler {
  /** `urgent`: nothing else is under way that could share the write. */
  add(
    leaseToken: string,
    settlement: Settlement,
    options: { change: BreakerChange | undefined; urgent: boolean },
  ): void;
  /** A delivery that was claimed again although its result is known; true: it is not to be sent. */
  adopt(deliveryId: string, leaseToken: string): boolean;
  /**
   * Writes all that is waiting; resolves when it is durable or refused, or when the store stayed away and `stopping` says to
   * leave.
   */
  flush(): Promise<void>;
}

/** What the store refused is offered again so often. */
const ASIDE_MS = 5_000;
/** 250 with their attempts took SQLite up to 8 ms; 5 are allowed. */
const BATCH_MAX = 125;
const BATCH_MS = 15;

/** One write. */
export interface Batch {
  readonly leaseToken: string;
  readonly settlements: readonly Settlement[];
  readonly changes: readonly BreakerChange[];
}

export function createSettler(parts: {
  readonly store: Pick<DeliveryStore, 'settle'>;
  readonly pace: WritePace;
  readonly guard: Pick<StoreGuard, 'offer'>;
  readonly aside: SetAside;
  readonly giveUp: () => boolean;
  readonly onSettled: (settled: Settled, batch: Batch) => void;
}): Settler {
  let waiting: Entry[] = [];
  let changes = new Map<string, BreakerChange>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  /** Set aside before, and to be offered once more. */
  const again: Entry[] = [];
  let later: NodeJS.Timeout | undefined;
  const { aside } = parts;

  function takeBatch(): Batch {
    const leaseToken = waiting[0]?.leaseToken ?? '';
    const mine = waiting.filter((entry) => entry.leaseToken === leaseToken).slice(0, BATCH_MAX);
    const taken = new Set(mine);
    waiting = waiting.filter((entry) => !taken.has(entry));
    const batch = { leaseToken, settlements: mine.map((entry) => entry.settlement), changes: [...changes.values()] };
    changes = new Map();
    return batch;
  }

  async function write(batch: Batch): Promise<void> {
    const { leaseToken, settlements } = batch;
    const settle = () => parts.store.settle(leaseToken, settlements, batch.changes);
    const rows = () => settlements.length;
    const offered = await parts.guard.offer(() => parts.pace.run(settle, rows), parts.giveUp);
    if (offered?.kind === 'taken') taken(offered.result, batch);
    if (offered?.kind === 'refused') await refused(batch, offered.error);
  }

  function taken(settled: Settled, batch: Batch): void {
    for (const { deliveryId } of batch.settlements) aside.forget(deliveryId);
    parts.onSettled(settled, batch);
  }

  /** One of the batch cannot be written, nobody knows which: each half is tried alone, and what they taught apart. */
  async function refused({ leaseToken, settlements, changes: taught }: Batch, error: unknown): Promise<void> {
    if (settlements.length === 0) return;
    if (taught.length > 0) {
      await write({ leaseToken, settlements, changes: [] });
      // A hint: what is not written is learnt again.
      await write({ leaseToken, settlements: [], changes: taught });
      return;
    }
    const [only, second] = settlements;
    if (only && !second) return setAside({ leaseToken, settlement: only }, error);
    const middle = Math.ceil(settlements.length / 2);
    for (const half of [settlements.slice(0, middle), settlements.slice(middle)]) {
      if (half.length > 0) await write({ leaseToken, settlements: half, changes: [] });
    }
  }

  function setAside(entry: Entry, error: unknown): void {
    aside.add(entry, error);
    offerAgainSoon();
  }

  function offerAgainSoon(): void {
    if (later) return;
    later = setTimeout(() => {
      later = undefined;
      again.push(...aside.all());
      void flush();
    }, ASIDE_MS).unref();
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) await write(takeBatch());
    // Each alone: one that is still refused would only have the others split again.
    for (const { leaseToken, settlement } of again.splice(0)) {
      await write({ leaseToken, settlements: [settlement], changes: [] });
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing ??= writeAll().finally(() => {
      writing = undefined;
      // What came after the last look and before this line.
      return waiting.length > 0 || again.length > 0 ? flush() : undefined;
    });
    return writing;
  }

  return {
    flush,
    adopt(deliveryId, leaseToken) {
      if (!aside.adopt(deliveryId, leaseToken)) return false;
      offerAgainSoon();
      return true;
    },
    add(leaseToken, settlement, { change, urgent }) {
      waiting.push({ leaseToken, settlement });
      if (change) changes.set(originOf(change), change);
      if (urgent || waiting.length >= BATCH_MAX) void flush();
      else timer ??= setTimeout(() => void flush(), BATCH_MS);
    },
  };
}
