import type { Context, Middleware } from 'koa';
import type { Log } from '../../ops/log.ts';
import { createNetworks, type Networks, plainAddress } from '../../ops/network.ts';

export interface ClientAddressOptions {
  /** networks (`10.0.0.0/8`) and addresses of our own proxies; empty: nobody's `X-Forwarded-For` is believed */
  readonly proxies: readonly string[];
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Finds out who is asking (BP15). The header is read from the right, one hop at a time, and only as long as the hop before
 * is a proxy of ours; so a sender who brings a header along changes nothing. No other forwarded header is ever read.
 */
export function createClientAddress({ proxies, log }: ClientAddressOptions): Middleware {
  const ours = createNetworks(proxies);
  let told = false;

  /** Once: a proxy that was forgotten makes all people share its address, and its limits; a stranger may lie all day. */
  function tell(peer: string): void {
    if (told) return;
    told = true;
    const fix = `if ${peer} is a proxy of yours, add it to SIGNOFF_PROXY; else it brought the header along`;
    log.warn('proxy.not_believed', { address: peer, fix });
  }

  return async (ctx, next) => {
    const peer = ctx.req.socket.remoteAddress ?? '';
    const header = ctx.get('X-Forwarded-For');
    if (header !== '' && !ours.has(peer)) tell(plainAddress(peer) ?? peer);
    const address = findAddress(peer, header, ours);
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
    const before = plainAddress(withoutPort(hop.trim()));
    if (before === undefined) break;
    found = before;
  }
  return found;
}

/** Some proxies write the port too: `192.0.2.1:567`, `[2001:db8::1]:80`. */
function withoutPort(hop: string): string {
  const [, inBrackets, beforePort] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(hop) ?? [];
  return inBrackets ?? beforePort ?? hop;
}
