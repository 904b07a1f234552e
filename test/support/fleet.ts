import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/store.ts';
import { surroundings } from './command.ts';
import { addAccounts, environment, startApps, type WorldOptions, writeClients } from './product.ts';
import { createLogReader, type LogReader, type ProductChild, startProductChild } from './product-child.ts';
import type { RelyingParty } from './relying-party.ts';
import { openStoreAt } from './stores.ts';

/** Processes of the product on one store, behind a proxy that the test brings. */
export interface Fleet<Name extends string> {
  readonly issuer: string;
  readonly apps: Readonly<Record<Name, RelyingParty>>;
  /** A connection of its own. */
  readonly store: Store;
  /** Stops one as an operator would and starts it again; answers when it listens. */
  restart(index: number): Promise<void>;
  /** The proxy has given it requests of people since its last start. */
  serves(index: number): boolean;
  /** How many lines of this event there are, of all of them. */
  logged(event: string): number;
  stop(): Promise<void>;
}

export interface FleetOptions<Name extends string> extends Omit<WorldOptions<Name>, 'clock'> {
  readonly issuer: string;
  readonly ports: readonly number[];
}

/** One process, from its start to its end. */
interface Run {
  readonly child: ProductChild;
  readonly log: LogReader;
}

export async function startFleet<Name extends string>(options: FleetOptions<Name>): Promise<Fleet<Name>> {
  const { issuer, ports } = options;
  const folder = await mkdtemp(join(tmpdir(), 'signoff-fleet-'));
  const apps = await startApps(options.apps, issuer);
  const env: Record<string, string> = {
    ...surroundings(),
    ...(await environment(0, folder)),
    SIGNOFF_ISSUER: issuer,
    SIGNOFF_DELIVERY_RUN: 'thread',
    SIGNOFF_LOG_LEVEL: 'debug',
    ...options.settings,
  };
  await writeClients(env['SIGNOFF_CLIENTS'] ?? '', Object.values(apps));
  const store = await openStoreAt(env['SIGNOFF_STORE'] ?? `sqlite:${join(folder, 'data', 'signoff.db')}`);
  await addAccounts(store);
  const runs: Run[] = [];
  const start = async (port: number): Promise<Run> => {
    const log = createLogReader();
    return { log, child: await startProductChild({ folder, env: { ...env, PORT: String(port) }, log }) };
  };
  for (const port of ports) runs.push(await start(port));
  const past: LogReader[] = [];

  return {
    issuer,
    apps,
    store,
    async restart(index) {
      await runs[index]?.child.stop();
      past.push(...runs.slice(index, index + 1).map(({ log }) => log));
      runs[index] = await start(ports[index] ?? 0);
    },
    serves: (index) =>
      runs[index]?.log.lines.some(({ event, path }) => event === 'request.served' && path === '/auth') ?? false,
    logged: (event) => [...past, ...runs.map(({ log }) => log)].reduce((sum, log) => sum + log.count(event), 0),
    async stop() {
      await Promise.all(runs.map(({ child }) => child.stop()));
      await store.close();
      await Promise.all(Object.values<RelyingParty>(apps).map((app) => app.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
