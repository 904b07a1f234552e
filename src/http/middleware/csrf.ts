import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { AppError, cookiesOff, pageOld } from '../../errors.ts';
import { cookieNames } from '../../oidc/cookies.ts';
import { randomId, sha256 } from '../../ops/ids.ts';
import { formOf } from './read-body.ts';

export interface CsrfOptions {
  /** secrets of this service, the same in every process; the first makes tokens, all are believed; may change in place */
  readonly keys: readonly string[];
  readonly issuer: string;
}

export interface Csrf {
  /** Makes tokens available to pages; costs nothing until a page has a form. Runs before every route. */
  readonly issue: Middleware;
  /** Refuses a POST that did not come from a page of ours in this browser. Runs after `read-body`, before the route. */
  readonly check: Middleware;
}

/**
 * Signed double submit (requirements C11, §17 "Forced logout"): the token in the form names a random cookie, under our
 * HMAC, that scripts cannot read and, with its `__Host-` prefix, sibling hosts cannot set. Fetch metadata and Origin are
 * judged too, each alone can be missing.
 */
export function createCsrf({ keys, issuer }: CsrfOptions): Csrf {
  const { origin, protocol } = new URL(issuer);
  const secure = protocol === 'https:';
  const { csrf: cookie } = cookieNames(issuer);
  const signed = (name: string, key = keys[0] ?? '') =>
    createHmac('sha256', key).update(`csrf.v2:${name}`).digest('base64url');

  function token(ctx: Context): string {
    const name = sha256(ctx.cookies.get(cookie, { signed: false }) || fresh(ctx));
    return `${name}.${signed(name)}`;
  }

  /**
   * Two tabs of a new browser that open at once get a cookie each, and the browser keeps one: the other tab's form is ours
   * as well, when the browser itself says that it comes from us. Where it does not say so, only the cookie proves it.
   */
  function isOurs(ctx: Context, value: string): boolean {
    const [name = '', signature = ''] = (formOf(ctx).values.get('csrf') ?? '').split('.');
    if (!keys.some((key) => same(signature, signed(name, key)))) return false;
    return same(name, sha256(value)) || ctx.get('Sec-Fetch-Site') === 'same-origin';
  }

  /** One cookie per answer, however many forms the page has. */
  function fresh(ctx: Context): string {
    const value: string = ctx.state['csrfCookie'] ?? randomId(24);
    ctx.state['csrfCookie'] = value;
    const attributes = { httpOnly: true, sameSite: 'lax', secure, path: '/' } as const;
    ctx.cookies.set(cookie, value, { ...attributes, signed: false, overwrite: true });
    return value;
  }

  return {
    async issue(ctx, next) {
      ctx.state['csrfToken'] = () => token(ctx);
      await next();
    },
    async check(ctx, next) {
      if (ctx.method === 'POST') {
        refuseForeign(ctx, origin);
        const value = ctx.cookies.get(cookie, { signed: false });
        if (!value) throw ctx.get('Cookie') === '' ? cookiesOff() : pageOld();
        if (!isOurs(ctx, value)) throw pageOld();
      }
      await next();
    },
  };
}

/** The token for a form on this page; sets the cookie when the browser has none. */
export function csrfTokenOf(ctx: Pick<Context, 'state'>): string {
  const token: (() => string) | undefined = ctx.state['csrfToken'];
  if (token === undefined) throw new Error('a page with a form needs the csrf middleware before it');
  return token();
}

/**
 * Our own `Referrer-Policy: no-referrer` makes browsers send `Origin: null` with our own forms (Fetch §3.1 "append a request
 * Origin header"), so null says nothing; `Sec-Fetch-Site` does where it is sent. Without both the token decides alone.
 */
function refuseForeign(ctx: Context, own: string): void {
  const from = ctx.get('Origin');
  const site = ctx.get('Sec-Fetch-Site');
  const foreignOrigin = from !== '' && from !== 'null' && from !== own;
  const foreignSite = site !== '' && site !== 'same-origin' && site !== 'none';
  if (foreignOrigin || foreignSite) throw foreignForm();
}

function same(given: string, right: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

function foreignForm(): AppError {
  return new AppError({
    code: 'foreign_form',
    status: 403,
    words: 'error.foreign_form',
  });
}
