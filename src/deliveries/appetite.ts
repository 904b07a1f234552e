import type { Queues } from './queues.ts';

/** How much more to claim, and of whom: enough that calls never wait for the store, and no more (engine.md §4 rule 3). */
export interface Appetite {
  /** What a claim is to bring; undefined while enough may be sent now. */
  next(): Wish | undefined;
  /** Little is left that may be sent now. */
  isHungry(): boolean;
  /** Whether an origin that the last claim left out has room again; true once. */
  isFreed(origin: string): boolean;
}

export interface Wish {
  /** Origins of which enough waits here. */
  readonly exceptOrigins: readonly string[];
  /** At most so many of each other one. */
  readonly perOrigin: number;
}

/** Of rows that may be sent now: below it more is claimed. A buffer of hundreds: rows are the backlog. */
const LOW_WATER = 100;
/** Of a slow app this is 12 s of work, well below half a lease; a quick one asks again before it is through. */
const PER_ORIGIN = 32;
/** A few KiB each. Beyond it an app that cannot be told now may have one waiting here; the others stay in the store. */
const WAITING_MANY = 2_000;

export function createAppetite(queues: Pick<Queues, 'sendable' | 'size' | 'served' | 'hasEnough'>): Appetite {
  let leftOut = new Set<string>();
  const isHungry = () => queues.sendable < LOW_WATER;
  const perOrigin = () => (queues.size < WAITING_MANY ? PER_ORIGIN : 1);
  return {
    isHungry,
    next() {
      if (!isHungry()) return undefined;
      const most = perOrigin();
      leftOut = new Set(queues.served(most));
      return { exceptOrigins: [...leftOut], perOrigin: most };
    },
    isFreed: (origin) => leftOut.has(origin) && !queues.hasEnough(origin, perOrigin()) && leftOut.delete(origin),
  };
}
