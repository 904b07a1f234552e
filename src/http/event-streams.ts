import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import { AppError } from '../errors.ts';
import { limitKeyOf } from '../ops/network.ts';
import { clientAddressOf } from './middleware/client-address.ts';

/** Open event streams of this process (WHATWG HTML §9.2), counted and ended together. */
export interface EventStreams {
  /** Answers with a stream; undefined when this process, this address or what is followed has as many open as it will. */
  open(ctx: Context, followed: string): EventStream | undefined;
  /** Ends all of them: the process is about to stop. */
  closeAll(): void;
}

export interface EventStream {
  /** Sends one message. A reader that does not read is cut off rather than remembered. */
  send(event: string, data: unknown): void;
  close(): void;
  /** Called once, however the stream ends. */
  onClose(listener: () => void): void;
}

/** Each costs a socket and a look at the store now and then; a page that gets none refreshes itself instead. */
const STREAMS_MAX = 500;
/** One person with a receipt that is tried for a day must not use up the places of all others. */
const PER_ADDRESS_MAX = 50;
/** A link that was passed around must not either; a person has a few tabs. */
const PER_FOLLOWED_MAX = 10;
/** Proxies cut connections that are silent for a minute; a comment keeps them open. */
const HEARTBEAT_MS = 15_000;
/** Unread bytes after which a reader is taken for gone. */
const UNREAD_BYTES_MAX = 64 * 1024;

export function createEventStreams(limit = STREAMS_MAX): EventStreams {
  const streams = new Map<EventStream, { readonly address: string; readonly followed: string }>();

  function open(ctx: Context, followed: string): EventStream | undefined {
    const address = limitKeyOf(clientAddressOf(ctx));
    const all = [...streams.values()];
    if (all.length >= limit) return undefined;
    if (all.filter((one) => one.address === address).length >= PER_ADDRESS_MAX) return undefined;
    if (all.filter((one) => one.followed === followed).length >= PER_FOLLOWED_MAX) return undefined;
    const stream = startStream(ctx);
    streams.set(stream, { address, followed });
    stream.onClose(() => streams.delete(stream));
    return stream;
  }

  return {
    open,
    closeAll() {
      for (const stream of [...streams.keys()]) stream.close();
    },
  };
}

function startStream(ctx: Context): EventStream {
  const body = new PassThrough();
  const listeners: (() => void)[] = [];
  const heartbeat = setInterval(() => body.write(': still here\n\n'), HEARTBEAT_MS);
  body.once('close', () => {
    clearInterval(heartbeat);
    for (const listener of listeners) listener();
  });
  ctx.req.socket.setNoDelay(true);
  ctx.res.once('close', () => body.destroy());
  ctx.status = 200;
  ctx.type = 'text/event-stream; charset=utf-8';
  // A proxy that buffers would hold the news back until the stream ends (nginx).
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = body;
  return {
    send(event, data) {
      // A look at the store may come back when the stream was ended meanwhile.
      if (!body.writable) return;
      body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (body.writableLength + ctx.res.writableLength > UNREAD_BYTES_MAX) body.destroy();
    },
    close: () => void body.end(),
    onClose: (listener) => listeners.push(listener),
  };
}

/** The answer where `open` gave none. */
export function tooManyStreams(): AppError {
  return new AppError({
    code: 'busy',
    status: 503,
    words: 'error.busy_streams',
    retryAfterS: 10,
  });
}
