/** What one call told about the load of its app. `unknown`: nothing. */
export type Load = 'quick' | 'slow' | 'overloaded' | 'unknown';

/**
 * How many calls an app may have under way at once, learnt from its answers: one more after each round of quick ones,
 * half as many when it is overloaded (AIMD, as TCP does it). Ten thousand sessions at an app that takes 50 ms are told in
 * 10 s and not in a minute, and an app that cannot take so many is not pushed over.
 */
export interface Cap {
  readonly calls: number;
  /** Quick answers of this round; a round is as many as the cap allows. */
  readonly quick: number;
  /** On the monotonic clock. Calls that began before tell of a load that was lowered since. */
  readonly halvedAt: number;
}

const CALLS_MIN = 2;
const CALLS_MAX = 64;
export const FIRST_CAP: Cap = { calls: 8, quick: 0, halvedAt: 0 };

export interface Call {
  readonly load: Load;
  /** On the monotonic clock. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** As many were under way as the cap allows: only then does an answer tell whether one more would do. */
  readonly atCap: boolean;
}

/** The cap after one more call. Pure. */
export function afterCall(cap: Cap, call: Call): Cap {
  if (call.startedAt < cap.halvedAt) return cap;
  if (call.load === 'overloaded') return halved(cap, call.endedAt);
  if (call.load !== 'quick' || !call.atCap) return cap;
  if (cap.quick + 1 < cap.calls) return { ...cap, quick: cap.quick + 1 };
  return { ...cap, calls: Math.min(CALLS_MAX, cap.calls + 1), quick: 0 };
}

function halved(cap: Cap, halvedAt: number): Cap {
  return { calls: Math.max(CALLS_MIN, Math.floor(cap.calls / 2)), quick: 0, halvedAt };
}

/** Of an app that was away: it begins small again, or all that waited would fall on it at once. */
export function afterOutage(cap: Cap): Cap {
  return { ...cap, calls: CALLS_MIN, quick: 0 };
}
