import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Koa, { type Middleware } from 'koa';

export interface Question {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A body that is framed already (chunks). */
  readonly framed?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One request over a real socket to a Koa app made of these middlewares. */
export async function ask(question: Question, ...middlewares: readonly Middleware[]): Promise<Answer> {
  const app = anApp(middlewares);
  const { method = 'GET', path = '/', headers = {}, body, framed } = question;
  return withServer(app, async (port) => {
    const raw = Object.entries({ host: `localhost:${port}`, connection: 'close', ...headers });
    if (body !== undefined) raw.push(['content-length', String(Buffer.byteLength(body))]);
    const head = raw.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return readAnswer(await exchange(port, `${method} ${path} HTTP/1.1\r\n${head}\r\n${body ?? framed ?? ''}`));
  });
}

function anApp(middlewares: readonly Middleware[]): Koa {
  const app = new Koa();
  app.silent = true;
  for (const middleware of middlewares) app.use(middleware);
  return app;
}

async function withServer<T>(app: Koa, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Sends bytes as they are, so that a test can say what no http client would. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  return text(socket);
}

/** Reads an answer that is there whole; takes chunks apart where it came in some. */
export function readAnswer(raw: string): Answer {
  const end = raw.indexOf('\r\n\r\n');
  const [first = '', ...lines] = raw.slice(0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  return { status: Number(first.split(' ')[1]), headers, text: raw.slice(end + 4) };
}
