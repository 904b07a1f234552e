import { afterCall, afterOutage, type Call, type Cap, FIRST_CAP } from './adaptive-cap.ts';

/** How much an app may be given at once, and whether its calls are known to take long. */
export interface Standing {
  /** Calls under way at most. */
  readonly calls: number;
  readonly pace: Pace;
}

/** `slow`: its last call outlived the fast lane. */
export type Pace = 'quick' | 'slow';

/** What this engine learnt about how much each origin can take. */
export interface Caps {
  of(origin: string): Standing;
  heed(origin: string, call: Call): void;
  /** A call of it has just outlived the fast lane. */
  isSlow(origin: string): void;
  /** Its breaker opened. */
  isAway(origin: string): void;
}

/** Beyond it the one that was heard of longest ago is forgotten, and begins anew. */
const ORIGINS_MAX = 10_000;

interface Known {
  readonly cap: Cap;
  readonly pace: Pace;
}

const STRANGER: Known = { cap: FIRST_CAP, pace: 'quick' };

export function createCaps(): Caps {
  const known = new Map<string, Known>();
  const at = (origin: string) => known.get(origin) ?? STRANGER;

  function learn(origin: string, what: Known): void {
    known.delete(origin);
    known.set(origin, what);
    const [oldest] = known.keys();
    if (known.size > ORIGINS_MAX && oldest !== undefined) known.delete(oldest);
  }

  return {
    of(origin) {
      const { cap, pace } = at(origin);
      return { calls: cap.calls, pace };
    },
    heed(origin, call) {
      const { cap, pace } = at(origin);
      learn(origin, { cap: afterCall(cap, call), pace: call.load === 'quick' ? 'quick' : pace });
    },
    isSlow: (origin) => learn(origin, { ...at(origin), pace: 'slow' }),
    isAway: (origin) => learn(origin, { ...at(origin), cap: afterOutage(at(origin).cap) }),
  };
}
