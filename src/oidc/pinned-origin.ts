/**
 * Scheme and host come from the issuer, always. The library builds every address it prints from `ctx.href`, and Koa takes
 * that from the Host header or from an absolute request target: one request could poison what others are shown.
 * The host app and the library's own both need it, since each makes contexts of its own.
 */
export function pinOrigin(app: { readonly request: object }, issuer: string): void {
  const { protocol, host, origin } = new URL(issuer);
  Object.defineProperties(app.request, {
    protocol: { get: () => protocol.slice(0, -1), configurable: true },
    host: { get: () => host, configurable: true },
    href: {
      get(this: { readonly originalUrl: string }) {
        return origin + pathOf(this.originalUrl);
      },
      configurable: true,
    },
  });
}

/** `GET http://elsewhere/path` is allowed in HTTP/1.1 (RFC 9112 §3.2.2); only its path counts here. */
function pathOf(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, '') || '/';
}
