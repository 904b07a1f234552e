import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { DeliveryClient } from '../../../src/deliveries/deliver.ts';
import type { Delivery } from '../../../src/deliveries/delivery.ts';
import { createEngine } from '../../../src/deliveries/engine.ts';
import type { KeptRunner } from '../../../src/deliveries/engine-orders.ts';
import type { EngineParts } from '../../../src/deliveries/engine-parts.ts';
import { createTransport } from '../../../src/deliveries/transport.ts';
import type { Facts, Log } from '../../../src/ops/log.ts';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { createOutboundClient } from '../../../src/ops/outbound-client.ts';
import { aDelivery } from './a-delivery.ts';
import { openWatchedStore, type WatchedStore } from './watched-store.ts';

export const KEY = {
  kid: 'k1',
  alg: 'ES256',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
} as const;

/** Log lines as [event, facts]. */
type Line = readonly [string, Facts];

/** Real apps, a real transport, an engine, and a store that can be looked into. */
export interface Bench {
  readonly store: WatchedStore;
  readonly clients: Map<string, DeliveryClient>;
  readonly lines: Line[];
  /** Registers an app under this id. */
  app(clientId: string, handler: RequestListener): Promise<string>;
  engine(but?: Partial<EngineParts>): KeptRunner;
  /** A delivery that is due now, to this app. */
  deliver(clientId: string, but?: Partial<Delivery>): string;
  /** Resolves when the condition holds; looks after each settled batch and each log line. */
  until(condition: () => boolean): Promise<void>;
  events(name: string): readonly Facts[];
  close(): Promise<void>;
}

export async function createBench(): Promise<Bench> {
  const store = await openWatchedStore();
  const clients = new Map<string, DeliveryClient>();
  const origins = new Map<string, string>();
  const lines: Line[] = [];
  const cleanups: (() => void | Promise<void>)[] = [];
  const waiting = new Set<() => void>();
  let count = 0;

  let looking = false;
  const look = () => {
    if (looking) return;
    looking = true;
    setImmediate(() => {
      looking = false;
      for (const one of waiting) one();
    });
  };
  const write = (event: string, facts: Facts = {}) => {
    lines.push([event, facts]);
    look();
  };
  const log: Log = { debug: write, info: write, warn: write, error: write };

  return {
    store,
    clients,
    lines,
    async app(clientId, handler) {
      const { port, close } = await listen(handler);
      cleanups.push(close);
      const origin = `http://127.0.0.1:${port}`;
      origins.set(clientId, origin);
      clients.set(clientId, aClient(clientId, `${origin}/logout`));
      return origin;
    },
    engine(but = {}) {
      const clock = but.clock ?? { now: () => Date.now() };
      const engine = createEngine({
        store: store.engineStore,
        writers: 'one',
        clients: { find: (id) => clients.get(id), reload: async () => undefined },
        signer: { keyFor: async () => KEY, reload: () => undefined },
        transport: createTransport({
          client: createOutboundClient({ outbound: createOutbound({ allow: ['127.0.0.0/8'] }) }),
          clock,
        }),
        issuer: 'https://op.example',
        retry: { firstMs: 20, maxMs: 60, refusalsMs: [20, 30] },
        leaseMs: 60_000,
        log,
        ...but,
        clock,
      });
      engine.onSettled(look);
      cleanups.push(() => engine.stop());
      return engine;
    },
    deliver(clientId, but = {}) {
      count += 1;
      const id = `d${count}`;
      const now = Date.now();
      const deadline = { at: now + 86_400_000, becomes: 'given-up' } as const;
      const origin = origins.get(clientId) ?? `unknown:${clientId}`;
      store.insert(
        aDelivery({ id, clientId, sid: `sid-${id}`, origin, createdAt: now, nextAttemptAt: now, deadline, ...but }),
      );
      return id;
    },
    until(condition) {
      return new Promise((done) => {
        const check = () => {
          if (!condition()) return;
          waiting.delete(check);
          done();
        };
        waiting.add(check);
        check();
      });
    },
    events: (name) => lines.filter(([event]) => event === name).map(([, facts]) => facts),
    async close() {
      // Apps first: calls that hang then end at once, and the engine need not drain them.
      for (const cleanup of cleanups) await cleanup();
      await store.close();
    },
  };
}

export function aClient(clientId: string, uri: string | undefined): DeliveryClient {
  return {
    client_id: clientId,
    backchannel_logout_uri: uri,
    id_token_signed_response_alg: 'ES256',
    logout: {
      scope: 'all-here',
      ask: 'auto',
      allowed_scopes: [],
      after_wait: 'receipt',
      keep_offline_access: true,
      subject: 'sub+sid',
      merge: 'none',
      token_typ: 'logout+jwt',
      token_ttl: 120_000,
    },
  };
}

async function listen(handler: RequestListener): Promise<{ port: number; close: () => void }> {
  const server = http.createServer(handler);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
