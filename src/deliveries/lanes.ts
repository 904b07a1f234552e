import type { Pace } from './caps.ts';

/** One call under way. */
interface Ticket {
  /** Cuts the call off: the slow lane is full, or the engine stops. */
  readonly signal: AbortSignal;
  leave(): void;
}

/**
 * Two budgets of calls under way. A call begins in the fast lane; after `handOverMs` it keeps its socket but moves to
 * the slow lane, so that 500 hanging apps cost 0.75 s of a fast slot each and not 15 s (engine.md §4 rule 5). When the
 * slow lane is full, its oldest call is cut off and tried again later. Apps that are known to be slow share a part of the
 * fast lane, or forty of them would fill it again and again.
 */
export interface Lanes {
  hasRoom(pace: Pace): boolean;
  /** Takes a fast slot; ask `hasRoom` first. `onSlow` when the call is handed over. */
  enter(pace: Pace, onSlow: () => void): Ticket;
  /** Calls under way in both lanes. */
  readonly size: number;
  /** Those that will soon be over: in the fast lane, and not of an app that is known to be slow. */
  readonly quick: number;
  cutOffAll(): void;
}

/** A call that takes longer is slow, and so is its app until it answers quickly again. */
export const SLOW_MS = 750;

export interface LaneLimits {
  readonly fastMax: number;
  /** Of the fast lane, for apps that are known to be slow. */
  readonly knownSlowMax: number;
  readonly slowMax: number;
  readonly handOverMs: number;
}

export function createLanes(limits: LaneLimits, onRoom: () => void): Lanes {
  const fast: Readonly<Record<Pace, Set<AbortController>>> = { quick: new Set(), slow: new Set() };
  const slow = new Set<AbortController>();
  const fastSize = () => fast.quick.size + fast.slow.size;

  function handOver(call: AbortController, onSlow: () => void): void {
    if (!fast.quick.delete(call) && !fast.slow.delete(call)) return;
    if (slow.size >= limits.slowMax) slow.values().next().value?.abort();
    slow.add(call);
    onSlow();
    onRoom();
  }

  return {
    get size() {
      return fastSize() + slow.size;
    },
    get quick() {
      return fast.quick.size;
    },
    hasRoom: (pace) => fastSize() < limits.fastMax && (pace === 'quick' || fast.slow.size < limits.knownSlowMax),
    enter(pace, onSlow) {
      const call = new AbortController();
      fast[pace].add(call);
      const timer = setTimeout(handOver, limits.handOverMs, call, onSlow);
      const leave = () => {
        clearTimeout(timer);
        for (const lane of [fast.quick, fast.slow, slow]) lane.delete(call);
      };
      return { signal: call.signal, leave };
    },
    cutOffAll() {
      for (const call of [...fast.quick, ...fast.slow, ...slow]) call.abort();
    },
  };
}
