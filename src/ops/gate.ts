/**
 * Runs work, so many at a time. Rejects with `full()` when too many wait, and with the signal's reason when it is aborted.
 * Who waits is served by turns of lanes; without a name all wait in one.
 */
export type Gate = <T>(work: () => Promise<T>, signal?: AbortSignal, lane?: string) => Promise<T>;

/** `full` makes the error of whoever is turned away when more than `queueMax` wait, all lanes together. */
export interface GateLimits {
  readonly slots: number;
  readonly queueMax: number;
  readonly full: () => Error;
}

/** Somebody who waits. */
interface Waiting {
  readonly go: () => void;
  readonly turnAway: (reason: unknown) => void;
}

/**
 * In a lane first come, first served. When too many wait, the newest of the longest lane is turned away, so that a crowd
 * in one lane closes the gate to no other. Whoever waits and is aborted leaves the queue at once; work that runs is told
 * by its own signal, and keeps its slot until it is over.
 */
export function createGate({ slots, queueMax, full }: GateLimits): Gate {
  const queue = createQueue();
  let running = 0;

  async function turn(lane: string, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const one = { go: resolve, turnAway: reject };
    const leave = () => {
      queue.remove(lane, one);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    queue.add(lane, one);
    if (queue.size() > queueMax) queue.takeNewestOfLongest()?.turnAway(full());
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  return async (work, signal, lane = '') => {
    signal?.throwIfAborted();
    if (running < slots) running += 1;
    else await turn(lane, signal);
    try {
      return await work();
    } finally {
      const next = queue.takeNext();
      if (next === undefined) running -= 1;
      else next.go();
    }
  };
}

/** Lanes with somebody in them, the one whose turn it is first. Sets keep their order, and give one up without a search. */
function createQueue() {
  const lanes = new Map<string, Set<Waiting>>();
  let size = 0;

  function remove(lane: string, one: Waiting): void {
    const crowd = lanes.get(lane);
    if (!crowd?.delete(one)) return;
    size -= 1;
    if (crowd.size === 0) lanes.delete(lane);
  }

  return {
    size: () => size,
    remove,
    add(lane: string, one: Waiting): void {
      const crowd = lanes.get(lane) ?? new Set();
      lanes.set(lane, crowd.add(one));
      size += 1;
    },
    /** The lane that is served goes to the end. */
    takeNext(): Waiting | undefined {
      const [first] = lanes;
      const [lane = '', crowd = new Set<Waiting>()] = first ?? [];
      const [one] = crowd;
      if (one === undefined) return undefined;
      lanes.delete(lane);
      lanes.set(lane, crowd);
      remove(lane, one);
      return one;
    },
    takeNewestOfLongest(): Waiting | undefined {
      const [lane, crowd] = [...lanes].reduce((most, next) => (next[1].size > most[1].size ? next : most));
      const one = [...crowd].at(-1);
      if (one !== undefined) remove(lane, one);
      return one;
    },
  };
}
