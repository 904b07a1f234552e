/** Any number of apps that only receive, each an origin of its own, behind one server that costs as little as it can. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createListener, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../test/support/authority.ts';

/** How an app answers: 200 at once, 500 at once, or never. */
export type Answer = 'ok' | 'fails' | 'hangs';

export interface LoopbackCrowd {
  /** One logout address each. */
  readonly addresses: readonly string[];
  /** A PEM file for `SIGNOFF_OUTBOUND_CA`; undefined without TLS. */
  readonly caFile: string | undefined;
  /** Forgets who was told; resolves when `count` apps have been answered 200 since, with the instants, by app. */
  told(count: number): Promise<readonly number[]>;
  stop(): void;
}

export interface CrowdOptions {
  readonly tls: boolean;
  readonly answerOf?: (index: number) => Answer;
}

/** Starts `count` of them. All connections end in one HTTP server: ten thousand with a TLS context each would take 1 GB. */
export async function startLoopbackCrowd(count: number, options: CrowdOptions): Promise<LoopbackCrowd> {
  const { tls, answerOf = () => 'ok' } = options;
  const pair = selfSigned('localhost');
  const folder = mkdtempSync(join(tmpdir(), 'signoff-bench-crowd-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, pair.cert);
  const ports = new Map<number, number>();
  const sockets = new Set<Socket>();
  let tally = newTally(count);

  const answer: RequestListener = (incoming, response) => {
    const index = ports.get(incoming.socket.localPort ?? 0) ?? 0;
    incoming.resume().on('end', () => {
      const kind = answerOf(index);
      if (kind === 'hangs') return;
      response.statusCode = kind === 'ok' ? 200 : 500;
      response.end();
      if (kind === 'ok') tally.told(index);
    });
  };
  const server = tls ? createTlsServer(pair, answer) : createPlainServer(answer);
  const listeners = Array.from({ length: count }, () =>
    createListener((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      server.emit('connection', socket);
    }),
  );
  await Promise.all(listeners.map(listen));
  listeners.forEach((one, index) => void ports.set(portOf(one), index));
  const scheme = tls ? 'https' : 'http';
  return {
    addresses: listeners.map((one) => `${scheme}://localhost:${portOf(one)}/backchannel`),
    caFile: tls ? caFile : undefined,
    told(wanted) {
      tally = newTally(wanted);
      return tally.all;
    },
    stop() {
      for (const one of listeners) one.close();
      for (const socket of sockets) socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Who has been told, and when: the first time counts. */
function newTally(wanted: number) {
  const at = new Map<number, number>();
  const { promise, resolve } = Promise.withResolvers<readonly number[]>();
  return {
    all: promise,
    told(index: number): void {
      if (!at.has(index)) at.set(index, performance.now());
      if (at.size === wanted) resolve([...at.values()]);
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((up, fail) => {
    server.once('error', fail).listen(0, '127.0.0.1', up);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
