/** Waits for signs of life of something that must not hang. */
export interface Watchdog {
  /** A sign of life. */
  heard(): void;
  /** Looks since then. */
  readonly missed: number;
  stop(): void;
}

/**
 * Calls `bite` when nothing was heard for `misses` looks. Looks are counted, not time: a process that was stopped for 30 s
 * (SIGSTOP, a machine that slept) makes up for none of them, so what slept with it has time to speak.
 */
export function createWatchdog(parts: {
  readonly lookEveryMs: number;
  readonly misses: number;
  readonly bite: () => void;
}): Watchdog {
  let missed = 0;
  const timer = setInterval(() => {
    missed += 1;
    if (missed === parts.misses) parts.bite();
  }, parts.lookEveryMs);
  return {
    heard() {
      missed = 0;
    },
    get missed() {
      return missed;
    },
    stop: () => clearInterval(timer),
  };
}
