/** `signoff listen`: what an app is told, handed to the one on somebody's own machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet } from 'jose';
import { createReplayGuard, verifyLogoutToken } from '../../src/rp/rp.ts';
import { eventually } from '../spec/scene.ts';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { CLI, runCommand, surroundings } from '../support/command.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('listen', () => {
  let world: World<'wiki' | 'unborn'>;
  let folder: string;
  let mine: Server;
  let forwardTo: string;
  let status = 204;
  let started: ChildProcess | undefined;
  const arrived: string[] = [];

  beforeAll(async () => {
    // Another thread tells the apps; one has no address yet, and is on somebody's desk only.
    world = await startWorld({
      apps: { wiki: {}, unborn: { file: { backchannel_logout_uri: undefined } } },
      settings: { SIGNOFF_DELIVERY_RUN: 'thread' },
    });
    folder = await mkdtemp(join(tmpdir(), 'signoff-desk-'));
    const token = await aTokenFor(world.store, await world.accountId('bob'), 'operator', ['signoff.deliveries']);
    await writeFile(join(folder, 'token'), token);
    mine = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      arrived.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(status).end(status === 204 ? '' : 'no such session');
    });
    await new Promise<void>((listening) => mine.listen(0, '127.0.0.1', listening));
    forwardTo = `http://localhost:${(mine.address() as AddressInfo).port}/backchannel-logout`;
  });
  afterEach(async () => {
    started?.kill('SIGKILL');
    status = 204;
    arrived.length = 0;
  });
  afterAll(async () => {
    mine.closeAllConnections();
    mine.close();
    await world.stop();
    await rm(folder, { recursive: true });
  });

  const remote = () => ['--server', world.issuer, '--token-file', 'token'];

  /** Runs until it listens. */
  async function startListening(clientId: string, ...more: readonly string[]) {
    const args = [CLI, 'listen', '--client', clientId, '--forward-to', forwardTo, '--json', ...more];
    const here = more.length === 0;
    const child = spawn(process.execPath, args, {
      cwd: here ? world.folder : folder,
      env: { ...surroundings(), ...(here && world.env) },
    });
    started = child;
    const rows: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => rows.push(JSON.parse(line)));
    const ended = new Promise<number | null>((closed) => child.once('close', closed));
    let notes = '';
    child.stderr.on('data', (chunk) => {
      notes += chunk;
    });
    await eventually(() => notes.includes('Listening') || child.exitCode !== null);
    return {
      rows,
      notes: () => notes,
      async stop() {
        child.kill('SIGINT');
        return ended;
      },
    };
  }

  describe.each([
    ['at a server', remote],
    ['on the store itself', () => []],
  ] as const)('%s', (_, options) => {
    it('hands over a copy with a jti of its own, which the receiving kit takes; the app is told as ever', async () => {
      const { wiki } = world.apps;
      const before = wiki.received.length;
      const listening = await startListening('wiki', ...options());
      const { claims } = await wiki.signIn(createBrowser());
      const accountId = await world.accountId('alice');
      await world.server.endSessions(
        { kind: 'account', accountId },
        { reason: 'operator', actor: { kind: 'operator' } },
      );
      const [original] = (await wiki.waitForTokens(before + 1)).slice(before);
      await eventually(() => listening.rows.length === 1);
      expect(listening.rows).toMatchObject([
        { client_id: 'wiki', reason: 'operator', taken: true, status: 204, error: null },
      ]);
      const [token = ''] = arrived;
      const copy = await verifyLogoutToken(token, {
        issuer: world.issuer,
        clientId: 'wiki',
        keys: createRemoteJWKSet(new URL(`${world.issuer}/jwks`)),
        replayGuard: createReplayGuard(),
      });
      expect([copy.sid, original?.claims.sid]).toEqual([claims.sid, claims.sid]);
      expect(copy.jti).not.toBe(original?.claims.jti);
      const delivery = async () => (await world.store.deliveries.list({ clientId: 'wiki' }, { limit: 1 }))[0];
      await eventually(async () => (await delivery())?.state === 'told');
      expect(await delivery()).toMatchObject({ id: listening.rows[0]?.['delivery_id'], attempts: 1 });
      expect(await listening.stop()).toBe(0);
      expect(JSON.stringify(world.logged)).not.toContain(token.split('.')[2]);
      expect(listening.notes() + JSON.stringify(listening.rows)).not.toMatch(/(?<![\w-])eyJ/);
    }, 30_000);
  });

  it('hands over what an app would be told that has no address yet, and says what the one here answers', async () => {
    status = 400;
    const listening = await startListening('unborn', ...remote());
    await world.apps.unborn.signIn(createBrowser());
    const accountId = await world.accountId('alice');
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor: { kind: 'operator' } });
    await eventually(() => listening.rows.length === 1);
    expect(listening.rows).toMatchObject([
      { taken: false, status: 400, error: expect.stringMatching(/^400: /), answer: 'no such session' },
    ]);
    expect(await world.store.deliveries.list({ clientId: 'unborn' }, { limit: 9 })).toMatchObject([
      { state: 'cannot-be-told', attempts: 0 },
    ]);
  }, 30_000);

  it('comes again when the server was restarted, and misses nothing of the time in between', async () => {
    const listening = await startListening('unborn', ...remote());
    await world.apps.unborn.signIn(createBrowser());
    await world.restart();
    const accountId = await world.accountId('alice');
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor: { kind: 'operator' } });
    await eventually(() => listening.rows.length === 1, 20_000);
    expect([listening.rows, arrived.length]).toMatchObject([[{ client_id: 'unborn', taken: true }], 1]);
    expect(await listening.stop()).toBe(0);
  }, 40_000);

  it('is for operators who may send deliveries, and for apps that are there', async () => {
    const id = await world.accountId('bob');
    const weak = apiClient(world.issuer, await aTokenFor(world.store, id, 'operator', ['signoff.read']));
    expect((await weak('/clients/wiki/listen')).status).toBe(403);
    const support = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('alice'), 'support'));
    expect((await support('/clients/wiki/listen')).status).toBe(403);
    const of = (client: string, to: string) =>
      runCommand({ folder, env: {} }, ['listen', '--client', client, '--forward-to', to, ...remote()]);
    const [nobody, elsewhere, noAddress] = await Promise.all([
      of('nobody', forwardTo),
      of('wiki', 'https://app.example.org/logout'),
      of('wiki', 'localhost:3000'),
    ]);
    expect([nobody, elsewhere, noAddress].map(({ code }) => code)).toEqual([4, 2, 2]);
    expect(elsewhere.stderr).toContain('--anywhere');
  }, 30_000);

  it('keeps ten at most for one app', async () => {
    const call = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('bob'), 'operator'));
    const address = `${world.issuer}/api/v1/clients/wiki/listen`;
    const leave = new AbortController();
    const headers = {
      authorization: `Bearer ${await aTokenFor(world.store, await world.accountId('bob'), 'operator')}`,
    };
    const open = Array.from({ length: 10 }, () => fetch(address, { headers, signal: leave.signal }));
    expect((await Promise.all(open)).map(({ status: one }) => one)).toEqual(Array(10).fill(200));
    const refused = await call('/clients/wiki/listen');
    expect([refused.status, refused.json.code]).toEqual([503, 'busy']);
    leave.abort();
  });
});
