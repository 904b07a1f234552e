import type { Pace, Standing } from './caps.ts';
import type { Delivery } from './delivery.ts';

/** A claimed delivery that waits for its turn. */
export interface Queued {
  readonly delivery: Delivery;
  readonly leaseToken: string;
  /** On the monotonic clock, in ms: later than this it is put back instead of sent. */
  readonly sendBy: number;
}

/** First in, first out per origin; origins of the same pace take turns; none has more than its cap in flight (invariant 5). */
export interface Queues {
  add(item: Queued): void;
  /** The next one of this pace whose origin has a free place, which it takes; undefined when there is none. */
  next(pace: Pace): Queued | undefined;
  /** Frees the place that `next` took. */
  done(origin: string): void;
  /** The origin's standing changed. */
  review(origin: string): void;
  /** Takes out all that wait, of one origin or of all. */
  drop(origin?: string): readonly Queued[];
  /** How many wait. */
  readonly size: number;
  /** How many of quick origins may be sent now. What waits behind a cap is no work at hand. */
  readonly sendable: number;
  isAtCap(origin: string): boolean;
  /**
   * Whether what waits for the origin is enough for now: it cannot be sent yet, and it is as much as the origin's cap, or
   * `few` where that is less.
   */
  hasEnough(origin: string, few: number): boolean;
  /** All of which that is true. */
  served(few: number): readonly string[];
}

interface Line {
  readonly waiting: Queued[];
  inFlight: number;
  standing: Standing;
  /** Of a quick origin: how many of those that wait have a free place. */
  sendable: number;
}

export function createQueues(standingOf: (origin: string) => Standing): Queues {
  const lines = new Map<string, Line>();
  /** Origins that have work and a free place, in the order of their turns. */
  const rings: Readonly<Record<Pace, Set<string>>> = { quick: new Set(), slow: new Set() };
  let size = 0;
  let sendable = 0;

  function lineOf(origin: string): Line {
    const line = lines.get(origin) ?? { waiting: [], inFlight: 0, standing: standingOf(origin), sendable: 0 };
    lines.set(origin, line);
    return line;
  }

  /** Puts an origin where it belongs after anything about it changed. */
  function place(origin: string): void {
    const line = lineOf(origin);
    line.standing = standingOf(origin);
    const { calls, pace } = line.standing;
    const free = Math.max(0, Math.min(line.waiting.length, calls - line.inFlight));
    rings[pace === 'quick' ? 'slow' : 'quick'].delete(origin);
    if (free > 0) rings[pace].add(origin);
    else rings[pace].delete(origin);
    sendable -= line.sendable;
    line.sendable = pace === 'quick' ? free : 0;
    sendable += line.sendable;
    if (line.waiting.length === 0 && line.inFlight === 0) lines.delete(origin);
  }

  function dropLine(origin: string): readonly Queued[] {
    const dropped = lines.get(origin)?.waiting.splice(0) ?? [];
    size -= dropped.length;
    if (lines.has(origin)) place(origin);
    return dropped;
  }

  function hasEnough(line: Line | undefined, few: number): boolean {
    if (!line) return false;
    const { waiting, inFlight, standing } = line;
    const mustWait = inFlight >= standing.calls || standing.pace === 'slow';
    return mustWait && waiting.length >= Math.min(few, standing.calls);
  }

  return {
    get size() {
      return size;
    },
    get sendable() {
      return sendable;
    },
    add(item) {
      lineOf(item.delivery.origin).waiting.push(item);
      size += 1;
      place(item.delivery.origin);
    },
    next(pace) {
      const origin = rings[pace].values().next().value;
      if (origin === undefined) return undefined;
      rings[pace].delete(origin);
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
    review(origin) {
      if (lines.has(origin)) place(origin);
    },
    drop: (origin) => (origin === undefined ? [...lines.keys()].flatMap(dropLine) : dropLine(origin)),
    isAtCap(origin) {
      const line = lines.get(origin);
      return line !== undefined && line.inFlight >= line.standing.calls;
    },
    hasEnough: (origin, few) => hasEnough(lines.get(origin), few),
    served: (few) => [...lines].filter(([, line]) => hasEnough(line, few)).map(([origin]) => origin),
  };
}
