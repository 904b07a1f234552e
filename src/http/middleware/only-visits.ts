import type { Context, Middleware } from 'koa';
import { AppError } from '../../errors.ts';

/** Link checkers and prefetching browsers look at addresses; where a GET may end something, only a person's visit may. */
export const onlyVisits: Middleware = (ctx, next) => {
  if (ctx.method === 'HEAD') return refuseHead(ctx);
  if (isPrefetch(ctx)) throw lookOnly();
  return next();
};

function refuseHead(ctx: Context): void {
  ctx.set('Allow', 'GET, POST');
  ctx.status = 405;
}

function isPrefetch(ctx: Context): boolean {
  return /prefetch|prerender/.test(ctx.get('Sec-Purpose') || ctx.get('Purpose'));
}

function lookOnly(): AppError {
  return new AppError({
    code: 'visit_needed',
    status: 503,
    words: 'error.visit_needed',
  });
}
