import { createMachineLoad } from '../ops/machine-load.ts';
import { pause } from '../ops/pause.ts';
import type { RightOfWay } from '../ops/right-of-way.ts';
import type { Logout } from './logout.ts';

/** How fast a walk may go. One for each walk of a process. */
export interface WalkPace {
  /**
   * Waits until the next write may be made, by what the logout says now. Cut short by the signal, silently. Answers how many
   * sessions it may end; undefined where there is no pace.
   */
  beforeWrite(logout: Pick<Logout, 'pace' | 'sessionsEnded'>): Promise<number | undefined>;
}

/**
 * The apps of a write's sessions are told as soon as it is written, all at once, and a sign-in waits for that: 70 ms for those
 * of forty sessions. So it goes by many writes of few, and when it is slower by smaller ones, not by as large ones more seldom.
 */
const WRITES_PER_S = 25;
/** Whoever gives way holds its pace by larger writes, so many times as large at most. */
const MADE_UP_MAX = 2;

/** Busier than this, a machine has too little left for those who sign in again meanwhile. */
const BUSY = 0.5;
const LOOK_MS = 250;
const SLOWER = 0.75;
const FASTER = 1.1;
/** A machine that others keep busy must not keep a walk from its end, and who asked for a slow one has asked for that. */
const SHARE_MIN = 0.1;
const SLOWEST_PER_S = 30;

/**
 * Counts what all processes ended since the last write of this one: two that walk the same logout are as fast as one, and
 * one that was away for an hour has nothing to catch up. The logout's pace is the most it goes: what a session's end costs
 * depends on its apps, and people sign in again meanwhile, so it begins at the smallest share of that, and a busy machine
 * keeps it there.
 */
export function createWalkPace(
  rightOfWay: Pick<RightOfWay, 'giveWay'>,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
  load: () => number = createMachineLoad(),
): WalkPace {
  let last: { readonly at: number; readonly sessionsEnded: number } | undefined;
  let share = SHARE_MIN;
  let lookedAt = now();

  function look(): void {
    if (now() - lookedAt < LOOK_MS) return;
    lookedAt = now();
    share = load() > BUSY ? Math.max(share * SLOWER, SHARE_MIN) : Math.min(share * FASTER, 1);
  }

  /** Sessions a second, by now. */
  function rateOf(pace: number): number {
    look();
    return Math.max(pace * share, Math.min(pace, SLOWEST_PER_S));
  }

  /** What a write ends is told at once, and for some 30 ms both cores of a small machine are busy with that. Answers how long it was. */
  async function giveWay(): Promise<number> {
    const from = now();
    await rightOfWay.giveWay(signal);
    return now() - from;
  }

  return {
    async beforeWrite({ pace, sessionsEnded }) {
      const rate = pace && rateOf(pace);
      let gaveWayMs = 0;
      if (rate !== undefined && last !== undefined) {
        const dueAt = last.at + ((sessionsEnded - last.sessionsEnded) / rate) * 1_000;
        if (dueAt > now()) await pause(dueAt - now(), signal);
        gaveWayMs = await giveWay();
      }
      last = { at: now(), sessionsEnded };
      return rate && Math.ceil(rate * Math.min(1 / WRITES_PER_S + gaveWayMs / 1_000, MADE_UP_MAX / WRITES_PER_S));
    },
  };
}
