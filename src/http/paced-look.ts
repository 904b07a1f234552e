/** A look at the store that many signals ask for, and that costs too much to follow each of them. */
export interface PacedLook {
  /** Looks now, or as soon as the time since the last look is over; asking again until then changes nothing. */
  ask(): void;
  stop(): void;
}

/**
 * Begins `look` at most once each `everyMs`, never beside itself, first when that time is over from here: whoever makes
 * this has just looked. `look` may not reject.
 */
export function createPacedLook(everyMs: number, look: () => Promise<void>): PacedLook {
  let next: NodeJS.Timeout | undefined;
  let stopped = false;
  let mayBegin = false;
  let wanted = false;

  function rest(): void {
    mayBegin = false;
    next = setTimeout(() => {
      mayBegin = true;
      if (wanted) void begin();
    }, everyMs).unref();
  }

  async function begin(): Promise<void> {
    wanted = false;
    mayBegin = false;
    await look();
    if (!stopped) rest();
  }

  rest();
  return {
    ask() {
      wanted = true;
      if (mayBegin && !stopped) void begin();
    },
    stop() {
      stopped = true;
      clearTimeout(next);
    },
  };
}
