import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, signOff } from '../spec/scene.ts';
import { createBrowser, send } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';
import { describeFlows, describeOnSqlite } from '../support/product.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';

type Name = 'wiki' | 'mail';

describeFlows.each(['thread', 'process'])('metrics, deliveries in a %s', (run) => {
  let product: ProductProcess<Name>;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    product = await startProductProcess({
      apps: { wiki: {}, mail: {} },
      settings: { SIGNOFF_METRICS_PORT: String(port), SIGNOFF_DELIVERY_RUN: run },
    });
  }, 60_000);
  afterAll(() => product.stop());

  const ask = (path: string, method: 'GET' | 'POST' = 'GET') =>
    send(method, new URL(`http://127.0.0.1:${port}${path}`), {});
  /** The value of a series as it is written, labels included. */
  const value = async (series: string) => {
    const line = (await ask('/metrics')).body.split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };

  it('say what was signed in, ended, tried and told, by this thread and by the other', async () => {
    const { wiki, mail } = product.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    await mail.signIn(browser);
    await signOff(browser, wiki, tokens);

    await eventually(async () => (await value('signoff_delivery_attempts_total{verdict="delivered"}')) === 2);
    await eventually(async () => (await value('signoff_logout_confirmation_seconds_count{reason="app"}')) === 1);
    expect(await value('signoff_logout_answer_seconds_count')).toBe(1);
    expect(await value('signoff_signins_total{result="ok"}')).toBe(1);
    expect(await value('signoff_signins_total{result="refused"}')).toBe(0);
    expect(await value('signoff_store_seconds_count{operation="sessions.end"}')).toBe(1);
    // Only engines claim, and they are elsewhere.
    expect(await value('signoff_store_seconds_count{operation="deliveries.claim"}')).toBeGreaterThan(0);
    for (const thread of ['main', 'delivery']) {
      expect(await value(`signoff_event_loop_lag_seconds{thread="${thread}"}`)).toBeGreaterThanOrEqual(0);
    }
    await eventually(async () => (await value('signoff_deliveries{state="told"}')) === 2, 15_000);
    expect(await value('signoff_deliveries{state="trying"}')).toBe(0);
    expect(await value('signoff_delivery_oldest_seconds')).toBe(0);
    expect(await value('signoff_sessions{state="ended"}')).toBe(1);
    expect(await value('signoff_mails{state="given-up"}')).toBe(0);
    expect(await value('signoff_app_breaker_open{client_id="wiki"}')).toBe(0);
  }, 60_000);

  it('name nobody', async () => {
    const { body } = await ask('/metrics');
    expect(body).toContain('signoff_');
    const accounts = await product.store.accounts.list({}, { limit: 10 });
    for (const { id, username } of accounts) {
      expect(body).not.toContain(id);
      expect(body).not.toContain(username);
    }
    const labels = new Set([...body.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
    expect([...labels].sort()).toEqual([
      'client_id',
      'le',
      'operation',
      'reason',
      'result',
      'state',
      'thread',
      'verdict',
    ]);
  });

  it('are all there is on their port, and not on that of the service', async () => {
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/health/ready')).status).toBe(404);
    expect((await ask('/metrics', 'POST')).status).toBe(405);
    expect((await send('GET', new URL(`${product.issuer}/metrics`), {})).status).toBe(404);
  });
});

describeOnSqlite('a port of metrics that another program has', () => {
  it('is named with its setting, and nothing stays behind', async () => {
    const taken = createServer();
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
    const { port } = taken.address() as AddressInfo;
    const folder = await mkdtemp(join(tmpdir(), 'signoff-port-'));
    const env = { PORT: String(await freePort()), SIGNOFF_METRICS_PORT: String(port), NODE_ENV: 'test' };
    const { code, stderr } = await runCommand({ folder, env }, ['start']);
    taken.close();
    await rm(folder, { recursive: true });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`SIGNOFF_METRICS_PORT=${port + 1000}`)]);
  }, 60_000);
});
