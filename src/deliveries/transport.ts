import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import type { Clock } from '../ops/clock.ts';
import { type Outbound, OutboundRefused } from '../ops/outbound.ts';
import { answerSnippet } from './answer-snippet.ts';

/** What one POST led to. `ms` counts from the call to the answer's head or to the failure. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly ms: number;
      /** For operators: the first bytes of the body, made harmless; undefined where it is empty or did not matter. */
      readonly snippet: string | undefined;
      /** As the header says, from now; undefined where it says nothing that can be read. */
      readonly retryAfterMs: number | undefined;
      /** The app's `Date` minus our clock; accurate to a second. */
      readonly clockAheadMs: number | undefined;
    }
  /** No answer: DNS, connection, TLS, timeout, broken HTTP. `code` as Node names it, `ETIMEDOUT` for our own limits. */
  | { readonly kind: 'failure'; readonly code: string; readonly message: string; readonly ms: number }
  /** Our own address rules forbid the call (invariant 10). */
  | { readonly kind: 'blocked'; readonly why: string; readonly ms: number };

interface Limits {
  /** From the call to the end of the answer. */
  readonly timeoutMs: number;
  /** Cuts the call off, a failure with code `EABORTED`. */
  readonly signal?: AbortSignal;
}

/** Posts logout tokens. Never follows a redirect, never uses a proxy from the environment, never inflates a body. */
export interface Transport {
  /**
   * POSTs `logout_token=…` to a client's logout address, whose query is kept (B5, B17). `mint` makes a fresh token each
   * time one is sent: the same `jti` twice would be a replay (invariant 8). Rejects only when it cannot make the first.
   */
  post(url: string, mint: () => Promise<string>, limits: Limits): Promise<Outcome>;
  /** Closes every socket; calls under way fail. */
  close(): void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const HEADER_BYTES_MAX = 8 * 1024;
const BODY_BYTES_MAX = 4 * 1024;
/** How long the body of a 200 may take: the answer has been given, only the socket is worth keeping. */
const DRAIN_MS = 1_000;
/** Shorter than the keep-alive of usual proxies (60–75 s), so that they seldom close in front of us. */
const IDLE_SOCKET_MS = 30_000;
/** As many as one app may have in flight. */
const FREE_SOCKETS_PER_APP = 8;
/** Resuming saves a third of a handshake; one entry per app. */
const TLS_SESSIONS_MAX = 20_000;

interface Post extends Limits {
  readonly url: URL;
  readonly token: string;
  readonly mint: () => Promise<string>;
}

/** `ca`: PEM of extra authorities, in addition to the usual ones (`SIGNOFF_OUTBOUND_CA`). */
export function createTransport(options: { outbound: Outbound; clock: Clock; ca?: string }): Transport {
  const { outbound, clock } = options;
  const agents = createAgents(outbound, options.ca);

  async function post(url: string, mint: () => Promise<string>, limits: Limits): Promise<Outcome> {
    const token = await mint();
    const why = outbound.refusal(url);
    if (why !== undefined) return { kind: 'blocked', why, ms: 0 };
    const what = { url: new URL(url), token, mint, ...limits };
    const startedAt = performance.now();
    try {
      return await send(what, 'kept');
    } catch (error) {
      return failure(error as NodeJS.ErrnoException, elapsed(startedAt));
    }
  }

  /**
   * A kept socket may have been closed by the other side just now; then, and only then, a fresh one is tried at once. With
   * a fresh token: the app may have read the first one before it closed.
   */
  async function send(what: Post, sockets: 'kept' | 'fresh'): Promise<Outcome> {
    const startedAt = performance.now();
    const request = open(what, agents[sockets][what.url.protocol === 'https:' ? 'https' : 'http'], outbound);
    try {
      const response = await head(request, what);
      const ms = elapsed(startedAt);
      return { ...readHead(response, clock.now()), ms, snippet: await snippetOf(request, response) };
    } catch (error) {
      const timeoutMs = what.timeoutMs - elapsed(startedAt);
      if (sockets === 'fresh' || timeoutMs <= 0 || !isStale(request, error)) throw error;
      return send({ ...what, timeoutMs, token: await what.mint() }, 'fresh');
    }
  }

  return { post, close: () => agents.close() };
}

/** One secure context for all: making one per socket reads 150 root certificates each time. */
function createAgents(outbound: Outbound, ca: string | undefined) {
  const trusted = ca === undefined ? undefined : [...tls.getCACertificates('default'), ca];
  const secureContext = tls.createSecureContext(trusted ? { ca: trusted } : {});
  const common = { lookup: outbound.lookup, autoSelectFamily: true };
  const kept = { ...common, keepAlive: true, maxFreeSockets: FREE_SOCKETS_PER_APP, timeout: IDLE_SOCKET_MS };
  const overTls = { secureContext, maxCachedSessions: TLS_SESSIONS_MAX };
  const all = {
    kept: { http: new http.Agent(kept), https: new https.Agent({ ...kept, ...overTls }) },
    fresh: { http: new http.Agent(common), https: new https.Agent({ ...common, ...overTls }) },
  };
  const close = () => {
    for (const agent of [...Object.values(all.kept), ...Object.values(all.fresh)]) agent.destroy();
  };
  return { ...all, close };
}

function open(what: Post, agent: http.Agent, outbound: Outbound): ClientRequest {
  const { url, token } = what;
  const body = `logout_token=${token}`;
  const options: RequestOptions = {
    agent,
    method: 'POST',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: url.pathname + url.search,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: {
      host: url.host,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'signoff',
    },
  };
  const request = (url.protocol === 'https:' ? https : http).request(options);
  request.once('socket', (socket) => guard(request, socket, url.hostname, outbound));
  request.end(body);
  return request;
}

/** Limits the connect and looks at the peer before a byte is sent: the last of the three address checks. */
function guard(request: ClientRequest, socket: Socket, host: string, outbound: Outbound): void {
  const check = () => {
    const peer = socket.remoteAddress;
    if (peer === undefined || outbound.allowsAddress(peer, host)) return;
    request.destroy(new OutboundRefused(`${host} led to ${peer}, which is not allowed`));
  };
  if (!socket.connecting) {
    check();
    return;
  }
  const late = () => request.destroy(timedOut(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`));
  const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
  socket.prependOnceListener('connect', () => {
    clearTimeout(timer);
    check();
  });
  socket.once('close', () => clearTimeout(timer));
}

/** The head of the answer. Rejects when none came in time; after it, `timeoutMs` still bounds the body. */
function head(request: ClientRequest, { timeoutMs, signal }: Limits): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const late = () => request.destroy(timedOut(`no answer within ${Math.ceil(timeoutMs / 1000)} s`));
    const timer = setTimeout(late, timeoutMs);
    const cutOff = () => request.destroy(Object.assign(new Error('the call was cut off'), { code: 'EABORTED' }));
    signal?.addEventListener('abort', cutOff, { once: true });
    request.once('response', done);
    request.on('error', fail);
    request.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cutOff);
      fail(Object.assign(new Error('the connection was closed without an answer'), { code: 'ECONNRESET' }));
    });
  });
}

function readHead(response: IncomingMessage, now: number) {
  const date = Date.parse(response.headers.date ?? '');
  return {
    kind: 'answer' as const,
    status: response.statusCode ?? 0,
    retryAfterMs: retryAfter(response.headers['retry-after'], now),
    clockAheadMs: Number.isNaN(date) ? undefined : date - now,
  };
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A 200 or 204 has said all it can say: its body is drained behind the caller's back, within limits. */
async function snippetOf(request: ClientRequest, response: IncomingMessage): Promise<string | undefined> {
  if (response.statusCode !== 200 && response.statusCode !== 204) {
    return answerSnippet(await readBody(request, response));
  }
  const timer = setTimeout(() => request.destroy(), DRAIN_MS);
  void readBody(request, response).finally(() => clearTimeout(timer));
  return undefined;
}

/** At most 4 KiB, then the socket is destroyed. Never rejects: what came until a failure is what there is. */
function readBody(request: ClientRequest, response: IncomingMessage): Promise<Buffer> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) request.destroy();
    });
    response.on('error', () => undefined);
    response.once('close', () => done(Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX)));
  });
}

function isStale(request: ClientRequest, error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

function failure(error: NodeJS.ErrnoException, ms: number): Outcome {
  if (error instanceof OutboundRefused) return { kind: 'blocked', why: error.message, ms };
  return { kind: 'failure', code: error.code ?? 'EUNKNOWN', message: error.message, ms };
}

function timedOut(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

function elapsed(since: number): number {
  return Math.round(performance.now() - since);
}
