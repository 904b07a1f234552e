import { pause } from './pause.ts';

/** Who is being answered goes first; what nobody waits for begins when nobody is. */
export interface RightOfWay {
  /** Does what somebody waits for. */
  first<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody is being answered, and after a tenth of a second in any case. Waits no more once the signal is aborted. */
  giveWay(signal: AbortSignal): Promise<void>;
}

/** In a crowd somebody is being answered at any time. */
const MOST_MS = 100;
/** Who was sent on is back within a moment: a sign-in is three requests. */
const BACK_MS = 10;

export function createRightOfWay(): RightOfWay {
  let underWay = 0;
  let clearSince = Number.NEGATIVE_INFINITY;
  let clear = Promise.withResolvers<void>();

  /** Until nobody is being answered, or so long. */
  async function answered(ms: number): Promise<void> {
    const enough = new AbortController();
    await Promise.race([clear.promise, pause(ms, enough.signal)]);
    enough.abort();
  }

  return {
    async first(work) {
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
        if (underWay === 0) {
          clearSince = performance.now();
          clear.resolve();
          clear = Promise.withResolvers();
        }
      }
    },
    async giveWay(signal) {
      const from = performance.now();
      while (!signal.aborted) {
        const left = from + MOST_MS - performance.now();
        const backMs = clearSince + BACK_MS - performance.now();
        if (left <= 0 || (underWay === 0 && backMs <= 0)) return;
        if (underWay > 0) await answered(left);
        else await pause(Math.min(left, backMs), signal);
      }
    },
  };
}
