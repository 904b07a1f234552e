import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/store.ts';
import { surroundings } from './command.ts';
import { freePort } from './free-port.ts';
import { addAccounts, environment, startApps, type WorldOptions, writeClients } from './product.ts';
import { createLogReader, type LineFacts, type ProcessLine, type ProductChild, spawnProduct } from './product-child.ts';
import type { RelyingParty } from './relying-party.ts';
import { openStoreAt } from './stores.ts';

/** The product as a process of its own, which a test may kill; its apps, folder and store stay. */
export interface ProductProcess<Name extends string> {
  readonly issuer: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly apps: Readonly<Record<Name, RelyingParty>>;
  /** A second connection, as another process has it; it outlives the process. */
  readonly store: Store;
  /** Everything the process has logged, of all its lives. */
  readonly logged: readonly ProcessLine[];
  readonly pid: number;
  /** Waits for `count` lines of this event with these facts, those before this call included. */
  waitForLines(event: string, facts?: LineFacts, count?: number): Promise<readonly ProcessLine[]>;
  /** kill -9; answers when it is gone. */
  kill(): Promise<void>;
  /** Resolves when its present life is over, whoever ended it. */
  gone(): Promise<void>;
  /** Starts it again; answers when it listens. */
  start(): Promise<void>;
  /** Stops it as an operator would, and removes everything. */
  stop(): Promise<void>;
}

export interface ProcessOptions<Name extends string> extends Omit<WorldOptions<Name>, 'clock'> {
  /** A module that its first life loads before the product. */
  readonly preload?: URL;
  /** The command line, where it is not the source's. */
  readonly program?: string;
}

/** Starts it with these apps and the accounts alice and bob. Deliveries run in their thread. */
export async function startProductProcess<Name extends string>(
  options: ProcessOptions<Name>,
): Promise<ProductProcess<Name>> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'signoff-process-'));
  const issuer = `http://localhost:${port}`;
  const apps = await startApps(options.apps, issuer);
  const env: Record<string, string> = {
    ...surroundings(),
    ...(await environment(port, folder)),
    SIGNOFF_DELIVERY_RUN: 'thread',
    ...options.settings,
  };
  await writeClients(env['SIGNOFF_CLIENTS'] ?? '', Object.values(apps));
  const store = await openStoreAt(env['SIGNOFF_STORE'] ?? `sqlite:${join(folder, 'data', 'signoff.db')}`);
  await addAccounts(store);
  const log = createLogReader();
  let child: ProductChild;

  async function start(preload?: URL): Promise<void> {
    const spawned = spawnProduct({ folder, env, log, preload, program: options.program });
    child = spawned;
    await spawned.ready();
  }
  await start(options.preload);

  return {
    issuer,
    folder,
    env,
    apps,
    store,
    logged: log.lines,
    get pid() {
      return child.pid;
    },
    waitForLines: log.waitFor,
    kill: () => child.kill(),
    gone: () => child.exited,
    start: () => start(),
    async stop() {
      await child.stop();
      await store.close();
      await Promise.all(Object.values<RelyingParty>(apps).map((app) => app.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
