import type { Middleware } from 'koa';

const TWO_YEARS_S = 63_072_000;

const ALWAYS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  // Addresses here carry codes, states and hints: none may reach another site as a referrer (requirements §17).
  'Referrer-Policy': 'no-referrer',
  // Clickjacking (BP16), for those who do not know frame-ancestors.
  'X-Frame-Options': 'DENY',
  // Spectre-like reading of our answers by pages of other origins; endpoints with CORS are not meant by it.
  'Cross-Origin-Resource-Policy': 'same-origin',
  // The renderer says more for our pages. The library puts the hash of its one script (form_post) into `script-src`.
  'Content-Security-Policy': "default-src 'none'; script-src; frame-ancestors 'none'; base-uri 'none'",
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cache-Control': 'no-store',
};

/**
 * Headers that hold for every answer; what may be cached (assets, discovery, keys) says so itself afterwards. COOP is the
 * renderer's: on a redirect of the sign-in flow it would cut off apps that sign people in in a popup.
 */
export function createSecurityHeaders({ issuer }: { readonly issuer: string }): Middleware {
  const secure = new URL(issuer).protocol === 'https:';
  return async (ctx, next) => {
    ctx.set(ALWAYS);
    if (secure) ctx.set('Strict-Transport-Security', `max-age=${TWO_YEARS_S}`);
    await next();
  };
}
