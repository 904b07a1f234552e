/** An app that writes down which sessions it was told of, and when. */
import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';

export interface CountingApp {
  readonly clientId: string;
  readonly origin: string;
  /** Its client file. */
  readonly file: Readonly<Record<string, unknown>>;
  /** By `sid`, on `performance.now()`. */
  readonly arrivals: ReadonlyMap<string, readonly number[]>;
  stop(): void;
}

/** Answers 200 after a few milliseconds up to `slowestMs`. */
export async function startCountingApp(clientId: string, slowestMs: number): Promise<CountingApp> {
  const arrivals = new Map<string, number[]>();
  const server = createServer((incoming, response) => {
    void sidOf(incoming).then((sid) => {
      const times = arrivals.get(sid) ?? [];
      times.push(performance.now());
      arrivals.set(sid, times);
      setTimeout(() => response.end(), randomInt(2, slowestMs));
    });
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    clientId,
    origin,
    arrivals,
    file: {
      client_id: clientId,
      client_name: clientId,
      client_secret: 'a secret that is long enough for everybody',
      redirect_uris: [`${origin}/callback`],
      backchannel_logout_uri: `${origin}/backchannel`,
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function sidOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = await incoming.toArray();
  const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('logout_token') ?? '';
  return String(decodeJwt(token)['sid']);
}
