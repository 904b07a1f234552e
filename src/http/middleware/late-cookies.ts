import type { Middleware } from 'koa';

/**
 * Sets no cookie in the answer to a request that came in under cookie keys of which none is believed any more (they leaked
 * meanwhile): what was proved by a leaked key would be signed anew with the key that replaced it, and a browser that asks
 * again and again would outlive the leak. `cookieKeys` changes in place.
 */
export function createLateCookies({ cookieKeys }: { readonly cookieKeys: readonly string[] }): Middleware {
  return async (ctx, next) => {
    const believed = [...cookieKeys];
    await next();
    if (!believed.some((key) => cookieKeys.includes(key))) ctx.remove('Set-Cookie');
  };
}
