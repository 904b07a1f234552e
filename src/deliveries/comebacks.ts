import type { Clock } from '../ops/clock.ts';
import type { DeliveryStore } from '../store/store.ts';
import type { WritePace } from './write-pace.ts';

/** Apps that were away and are back: what waits for them by its own schedule need not wait any longer. */
export interface Comebacks {
  add(origin: string): void;
  /** Begins no more slices, and waits for the one under way. */
  stop(): Promise<void>;
}

/** Rows of one write: what stays under 5 ms. */
const SLICE = 125;

/**
 * One app after the other, in slices that take their turn among the engine's other writes: 10⁶ rows must not be one. What
 * is left when the app fails again, the store is away or the process ends keeps its own time.
 */
export function createComebacks(parts: {
  readonly store: Pick<DeliveryStore, 'bringForward'>;
  readonly pace: WritePace;
  readonly clock: Clock;
  /** Some are due now. */
  readonly onDue: () => void;
}): Comebacks {
  const { store, pace, clock, onDue } = parts;
  const origins = new Set<string>();
  let working: Promise<void> | undefined;
  let stopping = false;

  async function bringForward(origin: string): Promise<void> {
    for (let count = SLICE; count === SLICE && !stopping; ) {
      const write = () => store.bringForward(origin, clock.now(), SLICE);
      count = await pace.run(write, (rows) => rows);
      if (count > 0) onDue();
    }
  }

  async function workThrough(): Promise<void> {
    for (const origin of origins) {
      origins.delete(origin);
      await bringForward(origin).catch(() => undefined);
    }
    working = undefined;
  }

  return {
    add(origin) {
      origins.add(origin);
      working ??= workThrough();
    },
    async stop() {
      stopping = true;
      await working;
    },
  };
}
