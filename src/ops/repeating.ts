import type { Service } from './service.ts';

/** Work that is done again and again in the background. */
export interface Repeating extends Service {
  /** Aborted when `stop` is called: long work leaves at its next step, and rests no more. */
  readonly stopping: AbortSignal;
}

/**
 * Does `work` each `everyMs`, counted from the end of the round before, so that rounds never overlap. What a round throws
 * goes to `failed`, and the next one comes all the same. `stop` waits for the round under way.
 */
export function createRepeating(parts: {
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  readonly failed: (error: unknown) => void;
}): Repeating {
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  const stopping = new AbortController();

  function schedule(): void {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      round = parts.work().catch(parts.failed).finally(schedule);
    }, parts.everyMs);
    timer.unref();
  }

  return {
    stopping: stopping.signal,
    start() {
      if (isRunning) return;
      isRunning = true;
      schedule();
    },
    async stop() {
      stopping.abort(new Error('this process stops'));
      clearTimeout(timer);
      await round;
    },
  };
}
