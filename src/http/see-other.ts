import type { Context } from 'koa';

/**
 * 303, never 307: the browser must not send the form again (BP14). The address is written byte for byte, only what no
 * header may hold is encoded; Koa's `redirect` would rewrite all of it.
 */
export function seeOther(ctx: Context, address: string): void {
  ctx.set('Location', address.replace(/[^\x21-\x7e]+/g, encodeURIComponent));
  ctx.status = 303;
  ctx.body = '';
}
