import type { Context, Middleware } from 'koa';

/** The logout that this request made. */
const ENDED = 'endedLogoutId';

/** A request that ended something was answered. */
export interface EndAnswer {
  readonly logoutId: string;
  readonly method: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly ms: number;
}

/** Calls `onAnswered` for each request that `markEnded` was called for, when it is answered. */
export function createAnswerTimes({ onAnswered }: { readonly onAnswered: (answer: EndAnswer) => void }): Middleware {
  return async (ctx, next) => {
    const startedAt = Date.now();
    const begun = performance.now();
    try {
      await next();
    } finally {
      const logoutId: unknown = ctx.state[ENDED];
      if (typeof logoutId === 'string') {
        onAnswered({ logoutId, method: ctx.method, startedAt, ms: performance.now() - begun });
      }
    }
  };
}

/** This request ended something. */
export function markEnded(ctx: Context, logoutId: string): void {
  ctx.state[ENDED] = logoutId;
}
