import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { aCause, planAll, signIn } from '../../support/builders.ts';
import { aClient, type Bench, createBench } from './engine-bench.ts';

let bench: Bench;
let store: Store;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signoff-engine-'));
  store = await openSqliteStore({ path: join(folder, 'signoff.db'), create: true });
  bench = await createBench();
});
afterEach(async () => {
  await bench.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Ends a session that has these apps; answers the ids of its deliveries. */
async function endSession(origins: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const now = Date.now();
  const { uid } = await signIn(store, { clients: [...origins.keys()], at: now });
  const plan = planAll(({ clientId }) => ({ origin: origins.get(clientId) ?? '' }));
  const id = `logout-of-${uid}`;
  await store.sessions.end(id, { kind: 'session', uid }, aCause(), now, plan);
  return (await store.deliveries.list({ logoutId: id }, { limit: 100 })).map((row) => row.id);
}

describe('the engine on SQLite', () => {
  it('tells every app of every session once, whatever fails on the way', async () => {
    const told = new Map<string, number>();
    const origins = new Map<string, string>();
    for (const clientId of ['wiki', 'mail', 'shop']) {
      let calls = 0;
      const origin = await bench.app(clientId, (_, res) => {
        calls += 1;
        const status = clientId === 'mail' && calls % 3 === 0 ? 503 : 204;
        if (status === 204) told.set(clientId, (told.get(clientId) ?? 0) + 1);
        res.writeHead(status).end();
      });
      origins.set(clientId, origin);
    }
    const logouts = [];
    for (let i = 0; i < 40; i += 1) logouts.push(...(await endSession(origins)));
    expect(logouts).toHaveLength(120);
    const engine = bench.engine({ store: store.deliveries });
    const isDone = async () => (await store.deliveries.list({ state: 'told' }, { limit: 200 })).length === 120;
    const done = new Promise<void>((resolve) => {
      engine.onSettled(() => void isDone().then((all) => all && resolve()));
    });
    await engine.start();
    await done;
    expect(Object.fromEntries(told)).toEqual({ wiki: 40, mail: 40, shop: 40 });
    expect(await store.deliveries.nextDueAt()).toBeUndefined();
  });

  it('hears of a logout that another connection commits', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const origin = await bench.app('wiki', (_, res) => {
      res.writeHead(204).end();
      arrived();
    });
    await bench.engine({ store: store.deliveries }).start();
    await new Promise(setImmediate);
    const startedAt = performance.now();
    await endSession(new Map([['wiki', origin]]));
    await arrival;
    expect(performance.now() - startedAt).toBeLessThan(900);
  });

  it('gives up a whole crowd in time, although its app is so sick that only probes are sent', async () => {
    const { port, close } = await closedPort();
    close();
    bench.clients.set('dead', aClient('dead', `http://127.0.0.1:${port}/logout`));
    const now = Date.now();
    const deadline = { at: now + 700, becomes: 'given-up' } as const;
    const { uid } = await signIn(store, { clients: Array(40).fill('dead'), at: now });
    const plan = planAll(() => ({ origin: `http://127.0.0.1:${port}`, deadline }));
    await store.sessions.end('logout', { kind: 'session', uid }, aCause(), now, plan);
    const engine = bench.engine({ store: store.deliveries, retry: { firstMs: 10_000, maxMs: 60_000, refusalsMs: [] } });
    const over = new Promise<void>((resolve) => {
      const look = async () => (await store.logouts.progress('logout')).trying === 0 && resolve();
      engine.onSettled(() => void look());
    });
    await engine.start();
    await over;
    expect(await store.logouts.progress('logout')).toMatchObject({ total: 40, givenUp: 40 });
    expect(bench.events('delivery.attempted').length).toBeLessThan(20);
    expect(bench.events('delivery.given_up')).toHaveLength(40);
    expect(Date.now() - now).toBeLessThan(5_000);
  });
});

/** A port where nobody listens once it is closed. */
async function closedPort(): Promise<{ port: number; close(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
