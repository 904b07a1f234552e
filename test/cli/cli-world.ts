import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { loadClients } from '../../src/clients/load-clients.ts';
import { createRegistry } from '../../src/clients/registry.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createCryptoBox } from '../../src/ops/crypto-box.ts';
import { randomId } from '../../src/ops/ids.ts';
import { createLog } from '../../src/ops/log.ts';
import { readMasterKey } from '../../src/ops/master-key.ts';
import { createOutbound } from '../../src/ops/outbound.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/store.ts';
import { CLI, type Finished, runNode } from '../support/command.ts';

/** A folder with a SQLite store, apps that listen, and the command line as a process. */
export interface CliWorld {
  readonly folder: string;
  /** The environment of its processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `signoff …`; standard input is closed unless given. */
  run(args: readonly string[], options?: { input?: string; env?: Record<string, string> }): Promise<Finished>;
  /** The same, and each line of standard output read as JSON. Fails unless it ends with `code`. */
  json(args: readonly string[], options?: { input?: string; code?: number }): Promise<Record<string, unknown>[]>;
  /** The store beside the process, as a running server would have it open. */
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** Registers apps as a start of the server would, each at a path of the listening app: `ok`, `refuses`, `breaks`. */
  register(...apps: readonly (readonly [clientId: string, path: string | undefined])[]): Promise<void>;
  /** Writes the file of an app, at a path of the listening app. */
  writeClient(clientId: string, path: string | undefined): void;
  /** Signs an account in at apps; answers the session's uid. */
  signIn(accountId: string, ...clientIds: readonly string[]): Promise<string>;
  /** Claims of the logout tokens that arrived. */
  readonly arrived: { readonly path: string; readonly claims: Record<string, unknown> }[];
  close(): Promise<void>;
}

const ALLOW = '127.0.0.0/8';

export async function aCliWorld(): Promise<CliWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-cli-'));
  const arrived: CliWorld['arrived'] = [];
  const app = createServer((request, response) => void answer(request, response, arrived));
  await new Promise<void>((listening) => app.listen(0, '127.0.0.1', listening));
  const { port } = app.address() as AddressInfo;
  const env = {
    PATH: process.env['PATH'] ?? '',
    SIGNOFF_OUTBOUND_ALLOW: ALLOW,
    SIGNOFF_RETRY_FIRST: '50ms',
    SIGNOFF_REFUSAL_RETRIES: '50ms',
  };
  const run: CliWorld['run'] = (args, { env: more, input = '' } = {}) =>
    runNode(['--disable-warning=ExperimentalWarning', CLI, ...args], { cwd: folder, env: { ...env, ...more }, input });
  const path = join(folder, 'data', 'signoff.db');
  const withStore: CliWorld['withStore'] = async (work) => {
    const store = await openSqliteStore({ path, create: false });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  const clients = join(folder, 'clients');
  mkdirSync(clients);
  // What breaks is an origin of its own: it is left alone after a while, and the others must not be with it.
  const hostOf = (at: string) => (at === 'breaks' ? 'localhost' : '127.0.0.1');
  const writeClient: CliWorld['writeClient'] = (id, at) =>
    writeFileSync(
      join(clients, `${id}.yaml`),
      clientFile(id, at === undefined ? undefined : `http://${hostOf(at)}:${port}/${at}`),
    );
  return {
    folder,
    env,
    arrived,
    writeClient,
    run,
    withStore,
    async json(args, { input, code = 0 } = {}) {
      const finished = await run([...args, '--json'], input === undefined ? {} : { input });
      if (finished.code !== code) throw new Error(`${args.join(' ')} ended with ${finished.code}: ${finished.stderr}`);
      const lines = finished.stdout.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async register(...apps) {
      for (const [id, at] of apps) writeClient(id, at);
      await register(folder, withStore);
    },
    signIn: (accountId, ...clientIds) => withStore((store) => signIn(store, accountId, clientIds)),
    async close() {
      app.closeAllConnections();
      await new Promise((closed) => app.close(closed));
      rmSync(folder, { recursive: true });
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, arrived: CliWorld['arrived']): Promise<void> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const path = request.url?.slice(1) ?? '';
  arrived.push({ path, claims: decodeJwt(new URLSearchParams(body).get('logout_token') ?? '') });
  const status = path === 'ok' ? 200 : path === 'refuses' ? 400 : 503;
  response.writeHead(status).end(status === 400 ? '\u001b[31mno such user\u202e' : '');
}

function clientFile(id: string, logoutUri: string | undefined): string {
  const told = logoutUri === undefined ? '' : `backchannel_logout_uri: ${logoutUri}\n`;
  return `client_id: ${id}\nclient_secret: a secret of ${id} that nobody will ever guess\nredirect_uris: [https://${id}.example.org/cb]\n${told}`;
}

async function register(folder: string, withStore: CliWorld['withStore']): Promise<void> {
  const clients = join(folder, 'clients');
  const outbound = createOutbound({ allow: [ALLOW] });
  const loaded = loadClients({ folder: clients, env: {}, refusal: (url) => outbound.refusal(url), scopes: ['openid'] });
  const box = createCryptoBox(readMasterKey({ keyFile: join(folder, 'data', 'master.key') }, false));
  const log = createLog({ level: 'silent', format: 'json' });
  await withStore(async (store) => {
    await createRegistry({ store: store.clients, box, clock: systemClock, log }).apply(loaded);
    await store.clients.saveOutboundRules(outbound.rules);
  });
}

async function signIn(store: Store, accountId: string, clientIds: readonly string[]): Promise<string> {
  const uid = randomId();
  const now = Date.now();
  const opening = {
    accountId,
    generation: await store.sessions.generation(accountId),
    device: { name: 'Firefox on Linux', key: undefined, place: undefined },
    shared: false,
    startedAt: now,
    idleMs: 3_600_000,
    expiresAt: now + 86_400_000,
  };
  for (const clientId of clientIds) {
    const grantId = randomId();
    const participation = {
      sid: randomId(),
      sessionUid: uid,
      clientId,
      accountId,
      sub: accountId,
      grantId,
      startedAt: now,
    };
    const code = {
      model: 'AuthorizationCode',
      idHash: randomId(),
      sealedPayload: 'sealed',
      grantId,
      sessionUid: uid,
      accountId,
      clientId,
      bound: true,
      generation: undefined,
      createdAt: now,
      expiresAt: now + 60_000,
    };
    await store.sessions.join(participation, code, opening);
  }
  const write = { uid, cookieHash: randomId(), now, payload: {}, authorizations: {}, opening };
  await store.sessions.save(write);
  return uid;
}
