import { setTimeout as sleep, setImmediate as yieldTurn } from 'node:timers/promises';
import { isBusy, toStoreError } from './errors.ts';

/**
 * Writes of one connection, first come first served. Only the first asks for the lock: SQLite waits for it inside of our
 * event loop, and a thousand that ask in turns would leave the process no time for anything else.
 */
export interface Line {
  /** Does `attempt` at once where nobody waits, else in its turn; `storeUnavailable` when that has not come in time. */
  write<T>(attempt: () => T): Promise<T>;
}

interface Waiting {
  attempt(): void;
  reject(error: unknown): void;
  readonly giveUpAt: number;
}

/** `waitMs` counts from when a write was asked for: in an outage everybody hears of it in that time. */
export function createLine(waitMs: number): Line {
  const waiting: Waiting[] = [];

  async function serve(): Promise<void> {
    for (;;) {
      const held = serveFirst();
      if (held) dismissLate(held);
      if (waiting.length === 0) return;
      await (held ? sleep(1 + Math.random() * 2) : yieldTurn());
    }
  }

  /** Answers what SQLite says when somebody else holds the lock. */
  function serveFirst(): Error | undefined {
    const [first] = waiting;
    try {
      first?.attempt();
    } catch (error) {
      if (isBusy(error)) return error as Error;
      first?.reject(toStoreError(error));
    }
    waiting.shift();
    return undefined;
  }

  function dismissLate(held: Error): void {
    const now = performance.now();
    while (waiting[0] && waiting[0].giveUpAt <= now) waiting.shift()?.reject(toStoreError(held));
  }

  return {
    write<T>(attempt: () => T): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      waiting.push({ attempt: () => resolve(attempt()), reject, giveUpAt: performance.now() + waitMs });
      if (waiting.length === 1) void serve();
      return promise;
    },
  };
}
