/**
 * The way out of a network that has only a proxy: CONNECT (RFC 9110 §9.3.6), for http:// too, so that what arrives is the
 * request as we wrote it. The proxy is the operator's own word, so no address rule judges where it lives.
 */
import http from 'node:http';
import { isIP, type Socket } from 'node:net';
import tls, { type SecureContext } from 'node:tls';
import { isInRules, parseRules } from './address-rules.ts';
import { createNames } from './names.ts';
import { dial, step } from './outbound-dial.ts';
import { callError } from './outbound-error.ts';

export interface OutboundProxy {
  /** Whether this place is called directly although there is a proxy: its name is listed, or all of its addresses are. */
  isPassedBy(host: string, addresses: readonly string[]): boolean;
  /** A socket that leads there. Rejects with `EPROXY`, whose message never holds the proxy's credentials. */
  open(way: Way): Promise<Socket>;
}

interface Way {
  readonly address: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly ms: number;
}

export interface ProxySettings {
  /** `http://[user:password@]host:port`, or https. */
  readonly url: string;
  /** Networks and hosts that are called directly. */
  readonly except: readonly string[];
}

export function createProxy({ url, except }: ProxySettings, context: SecureContext): OutboundProxy {
  const rules = parseRules(except);
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const resolve = createNames();
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = username === '' ? undefined : `Basic ${Buffer.from(secret).toString('base64')}`;

  async function reach({ signal, ms }: Way): Promise<Socket> {
    const addresses = isIP(host) ? [host] : await resolve(host, signal);
    const place = { host, port: Number(port) || (protocol === 'https:' ? 443 : 80), signal };
    const socket = await dial(place, addresses, ms);
    if (protocol !== 'https:') return socket;
    const secured = tls.connect({ socket, host, servername: isIP(host) ? '' : host, secureContext: context });
    await step(secured, 'secureConnect', { signal, ms, what: 'no TLS handshake' });
    return secured;
  }

  return {
    isPassedBy: (name, addresses) => isInRules(rules, name, addresses),
    async open(way) {
      const socket = await reach(way).catch((error: NodeJS.ErrnoException) => {
        way.signal.throwIfAborted();
        throw callError('EPROXY', `SIGNOFF_OUTBOUND_PROXY cannot be reached (${error.code ?? 'unknown error'})`);
      });
      return ask(socket, way, authorization);
    },
  };
}

/** Asks for the way there; what the proxy answers is a status and nothing else that counts. */
function ask(socket: Socket, { address, port, signal, ms }: Way, authorization: string | undefined): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const authority = `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
  const stop = (error: unknown) => {
    reject(error);
    socket.destroy();
  };
  const fail = (why: string) => stop(callError('EPROXY', why));
  const abort = () => stop(signal.reason);
  const request = http.request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(authorization && { 'proxy-authorization': authorization }) },
    createConnection: () => socket,
    maxHeaderSize: 8 * 1024,
  });
  const timer = setTimeout(() => fail(`SIGNOFF_OUTBOUND_PROXY did not answer within ${Math.ceil(ms / 1000)} s`), ms);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  request.once('connect', ({ statusCode = 0 }, _, early) => {
    if (statusCode < 200 || statusCode > 299) return fail(refusalOf(statusCode, authority));
    // Nobody speaks before us; whoever does is not what we asked for.
    return early.length > 0 ? fail('SIGNOFF_OUTBOUND_PROXY sent more than an answer') : resolve(socket);
  });
  request.on('error', () => fail('SIGNOFF_OUTBOUND_PROXY closed the connection, or its answer is not HTTP'));
  request.end();
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  });
}

function refusalOf(status: number, authority: string): string {
  if (status === 407) return 'SIGNOFF_OUTBOUND_PROXY wants a user name and a password (407); put them into the setting';
  if (status === 403 || status === 405) {
    return `SIGNOFF_OUTBOUND_PROXY does not connect to ${authority} (${status}); allow it there, or list it in SIGNOFF_OUTBOUND_DIRECT`;
  }
  return `SIGNOFF_OUTBOUND_PROXY got no connection to ${authority} (${status})`;
}
