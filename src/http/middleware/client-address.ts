import ipaddr from 'ipaddr.js';
import type { Context, Middleware } from 'koa';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

export interface ClientAddressOptions {
  /** networks (`10.0.0.0/8`) and addresses of our own proxies; empty: nobody's `X-Forwarded-For` is believed */
  readonly proxies: readonly string[];
}

/**
 * Finds out who is asking (BP15). The header is read from the right, one hop at a time, and only as long as the hop before
 * is a proxy of ours; so a sender who brings a header along changes nothing. No other forwarded header is ever read.
 */
export function createClientAddress({ proxies }: ClientAddressOptions): Middleware {
  const networks = proxies.map(network);
  const isProxy = (address: Address) => networks.some((range) => within(address, range));
  return async (ctx, next) => {
    const address = findAddress(ctx.req.socket.remoteAddress ?? '', ctx.get('X-Forwarded-For'), isProxy);
    ctx.state['clientAddress'] = address;
    ctx.request.ip = address;
    await next();
  };
}

/** The address of whoever asks, IPv4 in its plain form; empty when the socket is gone. */
export function clientAddressOf(ctx: Pick<Context, 'state'>): string {
  return ctx.state['clientAddress'] ?? '';
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 address, since everybody there owns one whole. */
export function limitKeyOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${stripZone(address)}/64`).toString()}/64`;
}

function findAddress(peer: string, header: string, isProxy: (address: Address) => boolean): string {
  let found = parse(peer);
  if (found === undefined) return '';
  const hops = header === '' ? [] : header.split(',').reverse();
  for (const hop of hops) {
    if (!isProxy(found)) break;
    const before = parse(hop.trim());
    if (before === undefined) break;
    found = before;
  }
  return found.toString();
}

function parse(text: string): Address | undefined {
  const plain = stripZone(text);
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : undefined;
}

function stripZone(text: string): string {
  return text.replace(/%.*$/u, '');
}

function network(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function within(address: Address, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}
