import type { Service } from './service.ts';

/** Work that is done again and again in the background. */
export interface Repeating extends Service {
  /** `stop` was called: long work leaves at its next step. */
  stopping(): boolean;
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
  let state: 'new' | 'running' | 'stopping' = 'new';

  function schedule(): void {
    if (state !== 'running') return;
    timer = setTimeout(() => {
      round = parts.work().catch(parts.failed).finally(schedule);
    }, parts.everyMs);
    timer.unref();
  }

  return {
    stopping: () => state === 'stopping',
    start() {
      if (state !== 'new') return;
      state = 'running';
      schedule();
    },
    async stop() {
      state = 'stopping';
      clearTimeout(timer);
      await round;
    },
  };
}
