/** Runs work, so many at a time. Rejects with `full()` when too many wait, and with the signal's reason when it is aborted. */
export type Gate = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** `full` makes the error of whoever finds `queueMax` waiting. */
export interface GateLimits {
  readonly slots: number;
  readonly queueMax: number;
  readonly full: () => Error;
}

/**
 * First come, first served. Whoever waits and is aborted leaves the queue at once; work that runs is told by its own
 * signal, and keeps its slot until it is over.
 */
export function createGate({ slots, queueMax, full }: GateLimits): Gate {
  // A set keeps its order, and gives up one from its middle without a search.
  const waiting = new Set<() => void>();
  let running = 0;

  function turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      waiting.delete(go);
      reject(signal?.reason);
    };
    const go = () => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    signal?.addEventListener('abort', leave, { once: true });
    waiting.add(go);
    return promise;
  }

  return async (work, signal) => {
    signal?.throwIfAborted();
    if (running < slots) running += 1;
    else if (waiting.size >= queueMax) throw full();
    else await turn(signal);
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next === undefined) running -= 1;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}
