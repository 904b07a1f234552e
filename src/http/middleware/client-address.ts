import type { Context, Middleware } from 'koa';
import { createNetworks, type Networks, plainAddress } from '../../ops/network.ts';

export interface ClientAddressOptions {
  /** networks (`10.0.0.0/8`) and addresses of our own proxies; empty: nobody's `X-Forwarded-For` is believed */
  readonly proxies: readonly string[];
}

/**
 * Finds out who is asking (BP15). The header is read from the right, one hop at a time, and only as long as the hop before
 * is a proxy of ours; so a sender who brings a header along changes nothing. No other forwarded header is ever read.
 */
export function createClientAddress({ proxies }: ClientAddressOptions): Middleware {
  const ours = createNetworks(proxies);
  return async (ctx, next) => {
    const address = findAddress(ctx.req.socket.remoteAddress ?? '', ctx.get('X-Forwarded-For'), ours);
    ctx.state['clientAddress'] = address;
    ctx.request.ip = address;
    await next();
  };
}

/** The address of whoever asks, IPv4 in its plain form; empty when the socket is gone. */
export function clientAddressOf(ctx: Pick<Context, 'state'>): string {
  return ctx.state['clientAddress'] ?? '';
}

function findAddress(peer: string, header: string, proxies: Networks): string {
  let found = plainAddress(peer);
  if (found === undefined) return '';
  const hops = header === '' ? [] : header.split(',').reverse();
  for (const hop of hops) {
    if (!proxies.has(found)) break;
    const before = plainAddress(hop.trim());
    if (before === undefined) break;
    found = before;
  }
  return found;
}
