/** One call under way. */
interface Ticket {
  /** Cuts the call off: the slow lane is full, or the engine stops. */
  readonly signal: AbortSignal;
  leave(): void;
}

/**
 * Two budgets of calls under way. A call begins in the fast lane; after `handOverMs` it keeps its socket but moves to
 * the slow lane, so that 500 hanging apps cost 0.75 s of a fast slot each and not 15 s (engine.md §4 rule 5). When the
 * slow lane is full, its oldest call is cut off and tried again later.
 */
export interface Lanes {
  hasRoom(): boolean;
  /** Takes a fast slot; ask `hasRoom` first. */
  enter(): Ticket;
  /** Calls under way in both lanes. */
  readonly size: number;
  cutOffAll(): void;
}

export interface LaneLimits {
  readonly fastMax: number;
  readonly slowMax: number;
  readonly handOverMs: number;
}

export function createLanes(limits: LaneLimits, onRoom: () => void): Lanes {
  const fast = new Set<AbortController>();
  const slow = new Set<AbortController>();

  function handOver(call: AbortController): void {
    if (!fast.delete(call)) return;
    if (slow.size >= limits.slowMax) slow.values().next().value?.abort();
    slow.add(call);
    onRoom();
  }

  return {
    get size() {
      return fast.size + slow.size;
    },
    hasRoom: () => fast.size < limits.fastMax,
    enter() {
      const call = new AbortController();
      fast.add(call);
      const timer = setTimeout(handOver, limits.handOverMs, call);
      const leave = () => {
        clearTimeout(timer);
        fast.delete(call);
        slow.delete(call);
      };
      return { signal: call.signal, leave };
    },
    cutOffAll() {
      for (const call of [...fast, ...slow]) call.abort();
    },
  };
}
