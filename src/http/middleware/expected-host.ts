import type { Context, Middleware } from 'koa';
import { prefersHtml } from '../prefers-html.ts';
import { isProgramPath } from '../program-paths.ts';
import type { Renderer } from '../render.ts';

export interface ExpectedHostOptions {
  readonly issuer: string;
  readonly render: Renderer['render'];
}

/**
 * Scheme and host of every address we print come from the issuer, never from the request (`pinOrigin`): a foreign Host would
 * otherwise end up in discovery, form actions and caches (GHSA-7wfc-4796-gmg5). Pages asked for under another Host answer 421
 * with a link, since their cookies would be set on the wrong host; endpoints for programs answer as if asked by the right
 * name.
 */
export function createExpectedHost({ issuer, render }: ExpectedHostOptions): Middleware {
  const own = new URL(issuer);
  return async (ctx, next) => {
    const asked = askedHost(ctx, own);
    if (asked === own.host || isProgramPath(ctx.path)) return next();
    answerMisdirected(ctx, own.origin, render);
  };
}

/**
 * The host that was asked for, as `URL` spells it. A request line with a whole address (RFC 9112 §3.2.2) counts as its
 * Host and is cut to the path, because Koa's `href` would print it as it came.
 */
function askedHost(ctx: Context, { protocol, host }: URL): string {
  const target = ctx.req.url ?? '/';
  if (!target.startsWith('/')) {
    const whole = URL.canParse(target) ? new URL(target) : new URL('http://invalid.invalid/');
    ctx.req.url = `${whole.pathname}${whole.search}`;
    ctx.originalUrl = ctx.req.url;
    ctx.request.originalUrl = ctx.req.url;
    return hostOf(`${protocol}//${whole.host}`);
  }
  const sent = ctx.get('Host');
  return sent === host ? host : hostOf(`${protocol}//${sent}`);
}

/** Lower case, without the scheme's own port; empty for what is no host. */
function hostOf(address: string): string {
  if (!URL.canParse(address)) return '';
  const { host, username, password, pathname, search } = new URL(address);
  return username || password || pathname !== '/' || search ? '' : host;
}

function answerMisdirected(ctx: Context, origin: string, render: Renderer['render']): void {
  // A form cannot be sent again by a link: then the front page.
  const again = ctx.method === 'GET' || ctx.method === 'HEAD' ? (ctx.req.url ?? '/') : '/';
  const href = `${origin}${again}`;
  if (prefersHtml(ctx)) {
    render(ctx, 'wrong-host', { href }, { status: 421 });
    return;
  }
  ctx.status = 421;
  ctx.body = { error: 'wrong_host', error_description: `This service lives at ${origin}` };
}
