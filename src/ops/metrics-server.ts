import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';

/** The port that Prometheus asks. It has nothing else, and no browser ever needs it. */
export interface MetricsServer {
  readonly port: number;
  /** Safe twice. */
  close(): Promise<void>;
}

export interface MetricsServerParts {
  readonly host: string;
  readonly port: number;
  readonly contentType: string;
  /** The answer to `/metrics`. */
  readonly text: () => Promise<string>;
  readonly onError: (error: unknown) => void;
}

const CONNECTIONS_MAX = 20;
const WITHIN_MS = 10_000;

/** Listens; throws what `listen` throws. All who ask at the same time share one answer. */
export async function startMetricsServer(parts: MetricsServerParts): Promise<MetricsServer> {
  let asked: Promise<string> | undefined;
  const text = () => {
    asked ??= parts.text().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const server = createServer({ headersTimeout: WITHIN_MS, requestTimeout: WITHIN_MS }, (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (request.url?.split('?')[0] !== '/metrics') refuse(response, 404);
    else if (!isRead) refuse(response.setHeader('Allow', 'GET, HEAD'), 405);
    else void answer(response, text, parts);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.listen({ host: parts.host, port: parts.port });
  await once(server, 'listening');
  let closed: Promise<void> | undefined;
  return {
    port: (server.address() as { port: number }).port,
    close() {
      closed ??= closeServer(server);
      return closed;
    },
  };
}

async function answer(response: ServerResponse, text: () => Promise<string>, parts: MetricsServerParts): Promise<void> {
  try {
    const body = await text();
    response.writeHead(200, { 'Content-Type': parts.contentType, 'Cache-Control': 'no-store' }).end(body);
  } catch (error) {
    parts.onError(error);
    refuse(response, 503);
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${status}\n`);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => {
    server.close(() => done());
  });
  server.closeAllConnections();
  await closed;
}
