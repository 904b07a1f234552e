import type { Context } from 'koa';

/** Says in the answer's header when to try again; answers the whole seconds until then, one at least, for the page. */
export function retryAfter(ctx: Pick<Context, 'set'>, ms: number): number {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  ctx.set('Retry-After', String(seconds));
  return seconds;
}
