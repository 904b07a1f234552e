import { readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import type { Outbound } from '../ops/outbound.ts';

/** The little the library fetches: an app's `jwks_uri` and `sector_identifier_uri`. */
export type GuardedFetch = (
  url: string | URL | Request,
  options?: { readonly headers?: RequestInit['headers']; readonly signal?: AbortSignal | null },
) => Promise<Response>;

const HEADER_BYTES_MAX = 8 * 1024;
const BODY_BYTES_MAX = 64 * 1024;
const TIMEOUT_MS = 2_500;

/**
 * GET by our own address rules (invariant 10): judged by spelling, by what the name resolves to, and by the peer. No
 * redirects, no proxy of the environment, small answers only. `caFile`: PEM of extra authorities.
 */
export function createGuardedFetch(outbound: Outbound, caFile?: string): GuardedFetch {
  const ca = caFile === undefined ? undefined : [...tls.getCACertificates('default'), readFileSync(caFile, 'utf8')];
  return async (url, options = {}) => {
    const target = String(url instanceof Request ? url.url : url);
    const why = outbound.refusal(target);
    if (why !== undefined) throw new Error(`${new URL(target).host} may not be called: ${why}`);
    const response = await get(new URL(target), options, outbound, ca);
    const headers = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
    return new Response(await bodyOf(response), { status: response.statusCode ?? 502, headers });
  };
}

function get(
  url: URL,
  options: Parameters<GuardedFetch>[1] & object,
  outbound: Outbound,
  ca: string[] | undefined,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? https.get : http.get;
  const request = send(
    url,
    {
      lookup: outbound.lookup,
      headers: Object.fromEntries(new Headers(options.headers)),
      signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS),
      maxHeaderSize: HEADER_BYTES_MAX,
      agent: false,
      ...(ca && { ca }),
    },
    resolve,
  );
  request.on('socket', (socket) => {
    socket.on('connect', () => {
      const peer = socket.remoteAddress ?? '';
      if (!outbound.allowsAddress(peer, url.hostname)) socket.destroy(new Error(`${peer} is not a public address`));
    });
  });
  request.on('error', reject);
  return promise;
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
