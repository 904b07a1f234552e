import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import type { Account } from '../../src/accounts/account.ts';
import { createPasswords } from '../../src/accounts/password.ts';
import { fileNameOf } from '../../src/clients/client-file-name.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type Clock, systemClock } from '../../src/ops/clock.ts';
import { randomId } from '../../src/ops/ids.ts';
import type { Facts, Log } from '../../src/ops/log.ts';
import type { Store } from '../../src/store/store.ts';
import { type Server, startServer } from '../../src/wire-server.ts';
import { freePort } from './free-port.ts';
import { type Behaviour, PASSWORD, type RelyingParty, startRelyingParty } from './relying-party.ts';

/** The whole product on a port of its own, with real apps around it, a temporary folder and two accounts. */
export interface World<Name extends string> {
  readonly issuer: string;
  readonly server: Server;
  readonly store: Store;
  readonly config: Config;
  readonly folder: string;
  /** What the product was started with; commands beside it need the same. */
  readonly env: Readonly<Record<string, string>>;
  /** By their client id. */
  readonly apps: Readonly<Record<Name, RelyingParty>>;
  /** Everything that was logged, in order. */
  readonly logged: readonly LogLine[];
  /** Of every account. */
  readonly password: string;
  accountId(username: string): Promise<string>;
  /** Stops and starts the product; apps, folder and store stay. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface LogLine extends Facts {
  readonly level: string;
  readonly event: string;
}

export interface AppSpec {
  /** Over the defaults of the client file; `undefined` leaves a field out. */
  readonly file?: Readonly<Record<string, unknown>>;
  readonly behaviour?: Behaviour;
  readonly slowMs?: number;
}

export interface WorldOptions<Name extends string> {
  readonly apps: Readonly<Record<Name, AppSpec>>;
  /** Environment variables over `SETTINGS`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** What `signoff.yaml` says. */
  readonly yaml?: string;
}

const onMongo = process.env['SIGNOFF_TEST_STORE'] === 'mongo';

/** For flows: skipped, and shown so, in a MongoDB run without a `mongod`. */
export const describeFlows = onMongo && !process.env['MONGO_URL'] ? describe.skip : describe;

/** For flows that touch the SQLite file itself. */
export const describeOnSqlite = onMongo ? describe.skip : describe;

/** Short waits, so that tests wait for signals and not for minutes. */
const SETTINGS = {
  SIGNOFF_OUTBOUND_ALLOW: '127.0.0.0/8,::1',
  SIGNOFF_RETRY_FIRST: '50ms',
  SIGNOFF_RETRY_MAX: '200ms',
  SIGNOFF_REFUSAL_RETRIES: '50ms,50ms',
  SIGNOFF_SWEEP: '100ms',
  SIGNOFF_SIGNIN_LIMIT: 'off',
  SIGNOFF_DELIVERY_RUN: 'inline',
};

/** One hash for all accounts: they share the password, and a hash costs 20 ms. */
let sharedHash: Promise<string> | undefined;

/** The provider is `localhost`, the apps are 127.0.0.1: other hosts, as in real life, so cookies do not mix. */
export async function startWorld<Name extends string>(options: WorldOptions<Name>): Promise<World<Name>> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'signoff-flow-'));
  const apps = await startApps(options.apps, issuer);
  const surrounding = await environment(port, folder);
  const database = surrounding['SIGNOFF_STORE'];
  const env = { ...surrounding, ...options.settings };
  await writeClients(env['SIGNOFF_CLIENTS'] ?? '', Object.values(apps));
  if (options.yaml !== undefined) await writeFile(join(folder, 'signoff.yaml'), options.yaml);
  const config = configOf(env, folder);
  const logged: LogLine[] = [];
  const surroundings = { clock: options.clock ?? systemClock, log: collectLog(logged) };
  let server = await startServer(config, surroundings, env);
  await addAccounts(server.foundation.store);

  return {
    issuer,
    config,
    folder,
    env,
    apps,
    logged,
    password: PASSWORD,
    get server() {
      return server;
    },
    get store() {
      return server.foundation.store;
    },
    async accountId(username) {
      const account = await server.foundation.store.accounts.findByUsername(username);
      if (account === undefined) throw new Error(`there is no ${username}`);
      return account.id;
    },
    async restart() {
      await server.stop();
      server = await startServer(config, surroundings, env);
    },
    async stop() {
      await server.stop();
      await Promise.all(Object.values<RelyingParty>(apps).map((app) => app.stop()));
      await rm(folder, { recursive: true, force: true });
      if (database !== undefined) await (await leftDatabases()).leaveDatabase(database);
    },
  };
}

export async function startApps<Name extends string>(specs: Readonly<Record<Name, AppSpec>>, issuer: string) {
  const started = await Promise.all(
    Object.entries<AppSpec>(specs).map(async ([clientId, spec]) => {
      return [clientId, await startRelyingParty({ clientId, issuer, ...spec })] as const;
    }),
  );
  return Object.fromEntries(started) as Record<Name, RelyingParty>;
}

/** Of a product on this port. On MongoDB (`npm run test:mongo`) each world has a database of its own on the run's replica set. */
export async function environment(port: number, folder: string): Promise<Record<string, string>> {
  return {
    ...SETTINGS,
    NODE_ENV: 'test',
    PORT: String(port),
    SIGNOFF_HOST: '127.0.0.1',
    SIGNOFF_DATA: join(folder, 'data'),
    SIGNOFF_CLIENTS: join(folder, 'clients'),
    ...(onMongo && {
      SIGNOFF_STORE: await (await leftDatabases()).takeDatabase(),
      SIGNOFF_KEY: Buffer.alloc(32, 7).toString('base64'),
    }),
  };
}

/** MongoDB's driver takes a fifth of a second to load, in each file. */
const leftDatabases = () => import('./left-databases.ts');

function configOf(env: Record<string, string>, cwd: string): Config {
  const result = readConfig({ env, cwd });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.config;
}

/** JSON is YAML. */
export async function writeClients(folder: string, apps: readonly RelyingParty[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(
    apps.map((app) => writeFile(join(folder, fileNameOf(app.clientId)), JSON.stringify(app.file, null, 2))),
  );
}

export async function addAccounts(store: Store): Promise<void> {
  sharedHash ??= createPasswords().hash(PASSWORD);
  for (const username of ['alice', 'bob']) await addAccount(store, username);
}

/** Adds an account that signs in with the shared password; answers its id. */
export async function addAccount(store: Store, username: string, claims: Account['claims'] = {}): Promise<string> {
  sharedHash ??= createPasswords().hash(PASSWORD);
  const now = Date.now();
  const id = randomId();
  await store.accounts.create({
    id,
    username,
    state: 'active',
    generation: 0,
    claims: { email: `${username}@example.test`, email_verified: true, ...claims },
    passwordHash: await sharedHash,
    createdAt: now,
    passwordChangedAt: now,
    mustChangePassword: false,
    locale: undefined,
  });
  return id;
}

function collectLog(lines: LogLine[]): Log {
  const write =
    (level: string) =>
    (event: string, facts: Facts = {}) =>
      void lines.push({ ...facts, level, event });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
