import { pause } from './pause.ts';

/** Who is being answered goes first; what nobody waits for begins when nobody is. */
export interface RightOfWay {
  /** Does what somebody waits for. */
  first<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody is being answered, and after `mostMs` in any case, or when the signal says so: in a crowd somebody always is. */
  giveWay(mostMs: number, signal: AbortSignal): Promise<void>;
}

export function createRightOfWay(): RightOfWay {
  let underWay = 0;
  let clear = Promise.withResolvers<void>();
  return {
    async first(work) {
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
        if (underWay === 0) {
          clear.resolve();
          clear = Promise.withResolvers();
        }
      }
    },
    async giveWay(mostMs, signal) {
      if (underWay === 0) return;
      const enough = new AbortController();
      await Promise.race([clear.promise, pause(mostMs, AbortSignal.any([signal, enough.signal]))]);
      enough.abort();
    },
  };
}
