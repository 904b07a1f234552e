import type { Context } from 'koa';
import { isProgramPath } from './program-paths.ts';

/** Whether an answer should be a page: not at the addresses of programs, and where the Accept header ranks html first. */
export function prefersHtml(ctx: Context): boolean {
  return !isProgramPath(ctx.path) && ctx.accepts('html', 'json') === 'html';
}
