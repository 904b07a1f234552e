import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/store.ts';
import { surroundings } from './command.ts';
import { addAccounts, environment, startApps, type WorldOptions, writeClients } from './product.ts';
import { createLogReader, type ProductChild, startProductChild } from './product-child.ts';
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
  /** How many lines of this event there are, of all of them. */
  logged(event: string): number;
  stop(): Promise<void>;
}

export interface FleetOptions<Name extends string> extends Omit<WorldOptions<Name>, 'clock'> {
  readonly issuer: string;
  readonly ports: readonly number[];
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
    ...options.settings,
  };
  await writeClients(env['SIGNOFF_CLIENTS'] ?? '', Object.values(apps));
  const store = await openStoreAt(env['SIGNOFF_STORE'] ?? `sqlite:${join(folder, 'data', 'signoff.db')}`);
  await addAccounts(store);
  const log = createLogReader();
  const start = (port: number) => startProductChild({ folder, env: { ...env, PORT: String(port) }, log });
  const children: ProductChild[] = [];
  for (const port of ports) children.push(await start(port));

  return {
    issuer,
    apps,
    store,
    async restart(index) {
      await children[index]?.stop();
      children[index] = await start(ports[index] ?? 0);
    },
    logged: (event) => log.count(event),
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
      await store.close();
      await Promise.all(Object.values<RelyingParty>(apps).map((app) => app.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
