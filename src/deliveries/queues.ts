import type { Delivery } from './delivery.ts';

/** A claimed delivery that waits for its turn. */
export interface Queued {
  readonly delivery: Delivery;
  readonly leaseToken: string;
  /** On the monotonic clock, in ms: later than this it is put back instead of sent. */
  readonly sendBy: number;
}

/** First in, first out per origin; origins take turns; none has more than its cap in flight (invariant 5). */
export interface Queues {
  add(item: Queued): void;
  /** The next one whose origin has a free place, which it takes; undefined when there is none. */
  next(): Queued | undefined;
  /** Frees the place that `next` took. */
  done(origin: string): void;
  /** Takes out all that wait, of one origin or of all. */
  drop(origin?: string): readonly Queued[];
  /** How many wait. */
  readonly size: number;
  /** How many wait for this origin. */
  waiting(origin: string): number;
  /** How many wait in lines of at least so many, and whose lines they are. */
  crowded(atLeast: number): { readonly size: number; readonly origins: readonly string[] };
}

interface Line {
  readonly waiting: Queued[];
  inFlight: number;
}

export function createQueues(limits: { readonly inFlightPerOrigin: number }): Queues {
  const lines = new Map<string, Line>();
  /** Origins that have work and a free place, in the order of their turns. */
  const ring = new Set<string>();
  let size = 0;

  function lineOf(origin: string): Line {
    const line = lines.get(origin) ?? { waiting: [], inFlight: 0 };
    lines.set(origin, line);
    return line;
  }

  function place(origin: string): void {
    const line = lineOf(origin);
    if (line.waiting.length > 0 && line.inFlight < limits.inFlightPerOrigin) ring.add(origin);
    if (line.waiting.length === 0 && line.inFlight === 0) lines.delete(origin);
  }

  function dropLine(origin: string): readonly Queued[] {
    const dropped = lines.get(origin)?.waiting.splice(0) ?? [];
    size -= dropped.length;
    ring.delete(origin);
    if (lines.has(origin)) place(origin);
    return dropped;
  }

  return {
    get size() {
      return size;
    },
    add(item) {
      lineOf(item.delivery.origin).waiting.push(item);
      size += 1;
      place(item.delivery.origin);
    },
    next() {
      const origin = ring.values().next().value;
      if (origin === undefined) return undefined;
      ring.delete(origin);
      const line = lineOf(origin);
      const item = line.waiting.shift();
      line.inFlight += 1;
      size -= 1;
      place(origin);
      return item;
    },
    done(origin) {
      lineOf(origin).inFlight -= 1;
      place(origin);
    },
    drop: (origin) => (origin === undefined ? [...lines.keys()].flatMap(dropLine) : dropLine(origin)),
    waiting: (origin) => lines.get(origin)?.waiting.length ?? 0,
    crowded(atLeast) {
      const long = [...lines].filter(([, line]) => line.waiting.length >= atLeast);
      return {
        size: long.reduce((sum, [, line]) => sum + line.waiting.length, 0),
        origins: long.map(([name]) => name),
      };
    },
  };
}
