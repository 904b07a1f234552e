import type { Context, Middleware } from 'koa';
import { randomId } from '../../ops/ids.ts';

const BYTES = 9;

/**
 * Gives every request a random id, shown on error pages and in the log. Never taken from the request: a sender who picks
 * ids could make two people's log lines look like one.
 */
export function createRequestId(): Middleware {
  return async (ctx, next) => {
    ctx.state['requestId'] = randomId(BYTES);
    ctx.set('X-Request-Id', requestIdOf(ctx));
    await next();
  };
}

/** The id of this request; empty where the middleware does not run. */
export function requestIdOf(ctx: Pick<Context, 'state'>): string {
  return ctx.state['requestId'] ?? '';
}
