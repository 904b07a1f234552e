import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setImmediate as accepted, setTimeout as pause } from 'node:timers/promises';

/** What listens: one node:http server with limits on everything a stranger may send. */
export interface HttpServer {
  /** The port that was bound; differs from the one asked for when that was 0. */
  readonly port: number;
  /**
   * Serves on for `drainMs`, each answer the last on its connection; then takes no new connections, lets requests in flight
   * finish and cuts what is left. Safe twice.
   */
  close(): Promise<void>;
}

export interface HttpServerParts {
  readonly host: string;
  readonly port: number;
  readonly handler: RequestListener;
  /** `SIGNOFF_DRAIN`. */
  readonly drainMs: number;
  /** Adds what must sit on the server itself (`answerUnreadableRequests`). */
  readonly prepare: (server: Server) => void;
  /** Called when `close` begins and when the port is shut: long answers (event streams) end themselves. */
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
/** A crowd that goes on connecting does not keep the port open. */
const ACCEPTING_TURNS_MAX = 100;
/** Whoever connected just before the port was shut sends a request within this. */
const UNHEARD_MS = 500;

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
  const answers = watchAnswers(server);
  parts.prepare(server);
  server.listen({ host: parts.host, port: parts.port });
  await once(server, 'listening');
  let closed: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      closed ??= closeServer(server, answers, parts);
      return closed;
    },
  };
}

/** Answers under way. */
interface Answers {
  /** From now on each answer is the last on its connection, and says so. */
  beLast(): void;
}

function watchAnswers(server: Server): Answers {
  const underWay = new Set<ServerResponse>();
  let last = false;
  const isLast = (response: ServerResponse) => {
    if (!response.headersSent) response.shouldKeepAlive = false;
  };
  server.prependListener('request', (_, response: ServerResponse) => {
    if (last) isLast(response);
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  return {
    beLast() {
      last = true;
      for (const response of underWay) isLast(response);
    },
  };
}

/**
 * Whoever has connected and was not accepted yet would be reset with the port: goes on to a turn of the event loop in which
 * nobody was, since one turn may accept one of several.
 */
async function allAccepted(server: Server): Promise<void> {
  let heard = true;
  const hear = () => {
    heard = true;
  };
  server.on('connection', hear);
  for (let turns = 0; heard && turns < ACCEPTING_TURNS_MAX; turns += 1) {
    heard = false;
    await accepted();
  }
  server.off('connection', hear);
}

/**
 * First it only says that it stops (`onClosing` turns readiness red, each answer is the last on its connection) and serves on:
 * proxies that look see it in time. Those that do not find the port shut then, and go to the next process; what came just
 * before is still answered. A POST that is cut off nobody may send again.
 */
async function closeServer(server: Server, answers: Answers, { onClosing, drainMs }: HttpServerParts): Promise<void> {
  answers.beLast();
  onClosing();
  if (drainMs > 0) await pause(drainMs);
  const closed = new Promise<void>((resolve) => {
    server.once('close', () => resolve());
  });
  if (drainMs > 0) await allAccepted(server);
  // Node's own `close` cuts at once whom it has not heard yet.
  NetServer.prototype.close.call(server);
  onClosing();
  if (drainMs > 0) await Promise.race([closed, pause(UNHEARD_MS)]);
  // A connection whose answer ends now would be kept alive for a next request that never comes.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  server.close();
  await closed;
  clearInterval(idle);
  clearTimeout(grace);
}
