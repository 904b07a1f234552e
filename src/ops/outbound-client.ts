/**
 * Every HTTP call this product makes goes through here (invariant 10): its address judged by spelling, by what its name
 * means and by the connected peer. No redirects, no proxy of the environment, no inflated bodies, small answers only.
 */
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type Outbound, OutboundRefused } from './outbound.ts';
import { connect, STEP_LIMITS, type StepLimits, type Target } from './outbound-connect.ts';
import { CUT_OFF, callError, timedOut } from './outbound-error.ts';
import { createProxy, type ProxySettings } from './outbound-proxy.ts';
import { type Agents, createAgents, createTlsSessions, type TargetedOptions } from './outbound-sockets.ts';
import { createSecureContexts, type SecureContexts, type Trust, trustKey } from './trust.ts';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the first byte written to the end of the answer. */
  readonly answerMs: number;
  /** Cuts the call off, a failure with code `EABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Whom to believe for this app, where that is not the usual. */
  readonly trust?: Trust;
  /** `kept`: an idle socket will do; `fresh`: a new one, for this call alone. */
  readonly sockets: 'kept' | 'fresh';
}

/** What a call led to. `ms` counts from the call to the answer's head or to the failure. */
export type Called =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly ms: number;
      /** Reads so many bytes at most, then the socket is destroyed. Never rejects: what came is what there is. */
      body(bytesMax: number, withinMs?: number): Promise<Body>;
    }
  /** No answer: name, connection, TLS, time-out, broken HTTP. `code` as Node names it, `ETIMEDOUT` for our own limits. */
  | {
      readonly kind: 'failure';
      readonly code: string;
      readonly message: string;
      readonly ms: number;
      /** A kept socket that the other side had closed just then: nothing is known about a fresh one. */
      readonly stale: boolean;
    }
  /** Our own address rules forbid the call. */
  | { readonly kind: 'blocked'; readonly why: string; readonly ms: number };

interface Body {
  readonly bytes: Buffer;
  /** All of it came, and in time. */
  readonly whole: boolean;
}

export interface OutboundClient {
  /** Never rejects. */
  call(call: Call): Promise<Called>;
  /** Idle sockets. */
  idle(): number;
  /** Closes every socket; calls under way fail. */
  close(): void;
}

export interface OutboundClientOptions {
  readonly outbound: Outbound;
  /** PEM of authorities in addition to the usual ones (`SIGNOFF_OUTBOUND_CA`). */
  readonly ca?: string | undefined;
  /** The only way out, where there is one. */
  readonly proxy?: ProxySettings | undefined;
  /** Idle sockets in all, and the limits of each step: less in tests. */
  readonly idleMax?: number;
  readonly limits?: Partial<StepLimits>;
}

const HEADER_BYTES_MAX = 8 * 1024;
const NO_TRUST: Trust = {};
/** Of a call that nobody cuts off. */
const NEVER = new AbortController().signal;

export function createOutboundClient(options: OutboundClientOptions): OutboundClient {
  const { outbound } = options;
  const contexts = createSecureContexts(options.ca);
  const connecting = {
    outbound,
    sessions: createTlsSessions(),
    limits: { ...STEP_LIMITS, ...options.limits },
    proxy: options.proxy && createProxy(options.proxy, contexts.of(NO_TRUST)),
  };
  const agents = createAgents((target) => connect(target, connecting), options.idleMax);
  return {
    idle: () => agents.idle(),
    close: () => agents.close(),
    async call(call) {
      const why = outbound.refusal(call.url);
      if (why !== undefined) return { kind: 'blocked', why, ms: 0 };
      if (call.signal?.aborted) return { kind: 'failure', code: 'EABORTED', message: CUT_OFF, ms: 0, stale: false };
      return send(call, agents, contexts);
    },
  };
}

async function send(call: Call, agents: Agents, contexts: SecureContexts): Promise<Called> {
  const startedAt = performance.now();
  const url = new URL(call.url);
  const target = targetOf(url, call, contexts);
  const request = open(call, url, { agents, target });
  try {
    const response = await head(request, call);
    return {
      kind: 'answer',
      status: response.statusCode ?? 0,
      headers: response.headers,
      ms: elapsed(startedAt),
      body: (bytesMax, withinMs) => readBody(request, response, bytesMax, withinMs),
    };
  } catch (error) {
    // Whichever step was under way has its own word for it.
    const why = call.signal?.aborted ? callError('EABORTED', CUT_OFF) : (error as NodeJS.ErrnoException);
    return failed(why, elapsed(startedAt), request);
  }
}

function targetOf(
  { protocol, hostname, port }: URL,
  { trust = NO_TRUST, signal = NEVER }: Call,
  contexts: SecureContexts,
): Target {
  const overTls = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: Number(port) || (overTls ? 443 : 80),
    tls: overTls ? { context: contexts.of(trust), trust } : undefined,
    name: `${protocol}//${hostname}:${port} ${overTls ? trustKey(trust) : ''}`,
    signal,
  };
}

function open(
  { method, headers, body, sockets }: Call,
  { pathname, search, host }: URL,
  { agents, target }: { readonly agents: Agents; readonly target: Target },
): ClientRequest {
  const options: TargetedOptions = {
    target,
    agent: agents[sockets],
    method,
    path: pathname + search,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: {
      host,
      'user-agent': 'signoff',
      ...headers,
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
  };
  return http.request(options).end(body);
}

/** The head of the answer. Rejects when none came in time; after it, `answerMs` still bounds the body. */
function head(request: ClientRequest, { answerMs, signal }: Call): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let timer: NodeJS.Timeout | undefined;
  const cut = () => request.destroy();
  signal?.addEventListener('abort', cut, { once: true });
  // A socket is handed over when it may be written to: that is the first byte.
  request.once('socket', () => {
    timer = setTimeout(() => request.destroy(timedOut('no answer', answerMs)), answerMs);
  });
  let answered = false;
  request.once('response', (response) => {
    answered = true;
    resolve(response);
  });
  request.on('error', reject).once('close', () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cut);
    // An error knows its stack, which is dear: not one for each call that went well.
    if (!answered) reject(callError('ECONNRESET', 'the connection was closed without an answer'));
  });
  return promise;
}

function readBody(
  request: ClientRequest,
  response: IncomingMessage,
  bytesMax: number,
  withinMs: number | undefined,
): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const timer = withinMs === undefined ? undefined : setTimeout(() => request.destroy(), withinMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) request.destroy();
  });
  response.on('error', () => undefined);
  response.once('close', () => {
    clearTimeout(timer);
    resolve({ bytes: Buffer.concat(chunks).subarray(0, bytesMax), whole: response.complete && bytes <= bytesMax });
  });
  return promise;
}

function failed(error: NodeJS.ErrnoException, ms: number, request: ClientRequest): Called {
  if (error instanceof OutboundRefused) return { kind: 'blocked', why: error.message, ms };
  const { code = 'EUNKNOWN', message } = error;
  return { kind: 'failure', code, message, ms, stale: request.reusedSocket && STALE.has(code) };
}

const STALE = new Set(['ECONNRESET', 'EPIPE']);

function elapsed(since: number): number {
  return Math.round(performance.now() - since);
}
