import type { Called, OutboundClient } from '../ops/outbound-client.ts';

/** The little the library fetches: an app's `jwks_uri` and `sector_identifier_uri`. */
export type GuardedFetch = (
  url: string | URL | Request,
  options?: { readonly headers?: RequestInit['headers']; readonly signal?: AbortSignal | null },
) => Promise<Response>;

const BODY_BYTES_MAX = 64 * 1024;
const TIMEOUT_MS = 2_500;

/** GET by our own rules for outgoing calls. Rejects where there is no whole answer, as `fetch` does. */
export function createGuardedFetch(client: OutboundClient): GuardedFetch {
  return async (url, options = {}) => {
    const target = String(url instanceof Request ? url.url : url);
    const called = await client.call({
      method: 'GET',
      url: target,
      headers: Object.fromEntries(new Headers(options.headers)),
      // Somebody's request waits for this one, name and connection included.
      signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS),
      answerMs: TIMEOUT_MS,
      sockets: 'fresh',
    });
    if (called.kind === 'answer') return responseOf(called);
    const host = URL.parse(target)?.host ?? 'the address';
    if (called.kind === 'blocked') throw new Error(`${host} may not be called: ${called.why}`);
    throw new Error(`${host} could not be called: ${called.message} (${called.code})`);
  };
}

async function responseOf(called: Extract<Called, { kind: 'answer' }>): Promise<Response> {
  const { bytes, whole } = await called.body(BODY_BYTES_MAX);
  if (!whole) throw new Error('the answer is too large, or was broken off');
  const headers = Object.entries(called.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Response(bytes, { status: called.status || 502, headers });
}
