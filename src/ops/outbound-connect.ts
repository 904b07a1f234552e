/**
 * From an address to a socket that may be written to. Each step has a limit of its own: name, connection, TLS. The limit
 * of the answer begins after them, with the first byte written, so that a slow name server costs an app nothing of it.
 */
import { isIP, type Socket } from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import { type Outbound, OutboundRefused } from './outbound.ts';
import { dial, step } from './outbound-dial.ts';
import { callError, timedOut } from './outbound-error.ts';
import type { OutboundProxy } from './outbound-proxy.ts';
import { type Trust, unpinnedKey } from './trust.ts';

/** Where a socket leads, and who waits for it. */
export interface Target {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Undefined for plain HTTP. */
  readonly tls: { readonly context: SecureContext; readonly trust: Trust } | undefined;
  /** Sockets and TLS sessions of the same name may be used for one another. */
  readonly name: string;
  /** Gives up, at whatever step; not heeded any more once the socket is there. */
  readonly signal: AbortSignal;
}

/** How long each step may take. */
export interface StepLimits {
  readonly lookupMs: number;
  readonly connectMs: number;
  readonly handshakeMs: number;
  /** All that a proxy does before the way is open. */
  readonly proxyMs: number;
}

export const STEP_LIMITS: StepLimits = { lookupMs: 5_000, connectMs: 2_000, handshakeMs: 5_000, proxyMs: 5_000 };

/** What it takes to connect. */
export interface Connecting {
  readonly outbound: Outbound;
  readonly sessions: TlsSessions;
  readonly limits: StepLimits;
  /** Undefined: every call is direct. */
  readonly proxy: OutboundProxy | undefined;
}

/** TLS sessions that may be resumed, by the name of their target. */
export interface TlsSessions {
  get(name: string): Buffer | undefined;
  keep(name: string, session: Buffer): void;
  forget(name: string): void;
}

/** Rejects with `OutboundRefused`, `ETIMEDOUT`, `EPROXY`, `EPIN`, the signal's reason, or what the network or TLS had to say. */
export async function connect(target: Target, parts: Connecting): Promise<Socket> {
  const { outbound, limits, proxy } = parts;
  const { host, signal } = target;
  signal.throwIfAborted();
  const addresses = isIP(host) ? [host] : await addressesInTime(target, outbound, limits.lookupMs);
  const socket =
    proxy === undefined || proxy.isPassedBy(host, addresses)
      ? await dialChecked(target, addresses, parts)
      : await tunnel(target, addresses, parts, proxy);
  return target.tls === undefined ? socket : secure(socket, target, target.tls, parts);
}

/** Looks at the connected peer before a byte is sent: the last of the address checks. */
async function dialChecked(
  target: Target,
  addresses: readonly string[],
  { outbound, limits }: Connecting,
): Promise<Socket> {
  const socket = await dial(target, addresses, limits.connectMs);
  const peer = socket.remoteAddress;
  if (peer === undefined || outbound.allowsAddress(peer, target.host)) return socket;
  socket.destroy();
  throw new OutboundRefused(`${target.host} led to ${peer}, which is not allowed`);
}

/** A proxy is told an address that was checked, never a name: what it found behind the name nobody here could judge. */
async function tunnel(
  { host, port, signal }: Target,
  addresses: readonly string[],
  { outbound, limits }: Connecting,
  proxy: OutboundProxy,
): Promise<Socket> {
  const address = addresses.find((one) => isIP(one) === 4) ?? addresses[0];
  if (address === undefined) throw callError('ENOTFOUND', `${host} has no address`);
  if (!outbound.allowsAddress(address, host)) throw new OutboundRefused(`${host} is ${address}, which is not allowed`);
  return proxy.open({ address, port, signal, ms: limits.proxyMs });
}

async function addressesInTime(
  { host, signal }: Target,
  outbound: Outbound,
  lookupMs: number,
): Promise<readonly string[]> {
  const leaving = new AbortController();
  const timer = setTimeout(() => leaving.abort(timedOut('no address for its name', lookupMs)), lookupMs);
  // `AbortSignal.any` holds both weakly, which costs the garbage collector more than a call may.
  const leave = () => leaving.abort(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await outbound.addressesOf(host, leaving.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

async function secure(
  socket: Socket,
  { host, name, signal }: Target,
  { context, trust }: NonNullable<Target['tls']>,
  { sessions, limits }: Connecting,
): Promise<TLSSocket> {
  const session = sessions.get(name);
  const secured = tls.connect({
    socket,
    host,
    servername: isIP(host) ? '' : host.replace(/\.$/, ''),
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    ...(session && { session }),
  });
  const forget = () => sessions.forget(name);
  // A session that the other side chokes on must not fail the next call too.
  secured.once('error', forget);
  let sentAlone = false;
  // Before Node judges: afterwards the certificates are gone. Where it tells us no more, an error only says less.
  (secured as Socket).prependOnceListener('secure', () => {
    // Whoever resumes a session sent none this time.
    sentAlone = !secured.isSessionReused() && secured.getPeerX509Certificate()?.issuerCertificate === undefined;
  });
  let early: Buffer | undefined;
  const keepEarly = (fresh: Buffer) => {
    early = fresh;
  };
  secured.on('session', keepEarly);
  await step(secured, 'secureConnect', { signal, ms: limits.handshakeMs, what: 'no TLS handshake' }).catch((error) => {
    forget();
    throw sentAlone && error.code === 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' ? withoutIntermediate(error) : error;
  });
  const key = unpinnedKey(secured, trust);
  if (key !== undefined) {
    secured.destroy();
    forget();
    throw callError('EPIN', `its key is ${key}, which is not in tls_pin; if the app changed its key, add that`);
  }
  // Only now: whoever resumes a session shows no key again.
  const keep = (fresh: Buffer) => sessions.keep(name, fresh);
  secured.off('session', keepEarly).on('session', keep);
  if (early) keep(early);
  return secured;
}

/** OpenSSL's own code for it, which it does not use while partial chains are allowed. */
function withoutIntermediate(error: Error): NodeJS.ErrnoException {
  return callError('UNABLE_TO_VERIFY_LEAF_SIGNATURE', error.message);
}
