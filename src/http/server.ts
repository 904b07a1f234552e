import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What listens: one node:http server with limits on everything a stranger may send. */
export interface HttpServer {
  /** The port that was bound; differs from the one asked for when that was 0. */
  readonly port: number;
  /** Takes no new connections, ends event streams, lets requests in flight finish, then cuts what is left. Safe twice. */
  close(): Promise<void>;
}

export interface HttpServerParts {
  readonly host: string;
  readonly port: number;
  readonly handler: RequestListener;
  /** Adds what must sit on the server itself (`answerUnreadableRequests`). */
  readonly prepare: (server: Server) => void;
  /** Called at the start of `close`: long answers (event streams) end themselves. */
  readonly onClosing: () => void;
}

/** All headers of a request; a hint of a few kilobytes in the query still fits, what is larger comes by POST. */
const HEADER_BYTES_MAX = 16 * 1024;
/** Somebody who sends a request byte by byte holds a socket no longer than this. */
const HEADERS_WITHIN_MS = 20_000;
const REQUEST_WITHIN_MS = 60_000;
/** Longer than common proxies keep idle connections, so that it is never us who closes under a request. */
const KEEP_ALIVE_MS = 75_000;
/** How long requests in flight may take to finish once we are asked to stop. */
const GRACE_MS = 5_000;
const CLOSE_IDLE_EVERY_MS = 50;

/** Listens; throws what `listen` throws (`EADDRINUSE` and the like). */
export async function startHttpServer(parts: HttpServerParts): Promise<HttpServer> {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    parts.handler,
  );
  parts.prepare(server);
  server.listen({ host: parts.host, port: parts.port });
  await once(server, 'listening');
  let closed: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      closed ??= closeServer(server, parts.onClosing);
      return closed;
    },
  };
}

async function closeServer(server: Server, onClosing: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  onClosing();
  // A connection whose answer ends now would be kept alive for a next request that never comes.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(grace);
}
