import type { DeliveryStore, Settled } from '../store/store.ts';
import type { BreakerChange, Settlement } from './delivery.ts';
import { originOf } from './origin-health.ts';
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
  /** Writes all that is waiting; resolves when it is durable, or when the store stayed away and `stopping` says to leave. */
  flush(): Promise<void>;
}

/** 250 with their attempts took SQLite up to 8 ms; 5 are allowed. */
const BATCH_MAX = 125;
const BATCH_MS = 15;

interface Entry {
  readonly leaseToken: string;
  readonly settlement: Settlement;
}

/** One write. */
export interface Batch {
  readonly leaseToken: string;
  readonly settlements: readonly Settlement[];
  readonly changes: readonly BreakerChange[];
}

export function createSettler(parts: {
  readonly store: Pick<DeliveryStore, 'settle'>;
  readonly pace: WritePace;
  readonly guard: StoreGuard;
  readonly giveUp: () => boolean;
  readonly onSettled: (settled: Settled, batch: Batch) => void;
}): Settler {
  let waiting: Entry[] = [];
  let changes = new Map<string, BreakerChange>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

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
    const settled = await parts.guard.persist(() => parts.pace.run(settle, rows), parts.giveUp);
    if (settled) parts.onSettled(settled, batch);
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) await write(takeBatch());
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing ??= writeAll().finally(() => {
      writing = undefined;
      // What came after the last look and before this line.
      return waiting.length > 0 ? flush() : undefined;
    });
    return writing;
  }

  return {
    flush,
    add(leaseToken, settlement, { change, urgent }) {
      waiting.push({ leaseToken, settlement });
      if (change) changes.set(originOf(change), change);
      if (urgent || waiting.length >= BATCH_MAX) void flush();
      else timer ??= setTimeout(() => void flush(), BATCH_MS);
    },
  };
}
