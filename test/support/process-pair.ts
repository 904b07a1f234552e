import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/store.ts';
import { surroundings } from './command.ts';
import { freePort } from './free-port.ts';
import { startFront } from './front.ts';
import { addAccounts, environment, startApps, type WorldOptions, writeClients } from './product.ts';
import { createLogReader, type LogReader, type ProductChild, startProductChild } from './product-child.ts';
import type { RelyingParty } from './relying-party.ts';
import { openStoreAt } from './stores.ts';

/** Two processes of the product that serve one issuer on one store, as behind a load balancer. */
export interface ProcessPair<Name extends string> {
  readonly issuer: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly apps: Readonly<Record<Name, RelyingParty>>;
  readonly store: Store;
  readonly one: PairedProcess;
  readonly two: PairedProcess;
  stop(): Promise<void>;
}

export interface PairedProcess extends Pick<ProductChild, 'kill'> {
  /** Where it listens itself, behind the front. */
  readonly origin: string;
  readonly log: LogReader;
  /** Lets it serve all new connections to the issuer. */
  serve(): void;
  /** Reads the client files again. */
  hangUp(): void;
}

export async function startProcessPair<Name extends string>(
  options: Omit<WorldOptions<Name>, 'clock'>,
): Promise<ProcessPair<Name>> {
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const folder = await mkdtemp(join(tmpdir(), 'signoff-pair-'));
  const issuer = `http://localhost:${ports[0]}`;
  const apps = await startApps(options.apps, issuer);
  const env: Record<string, string> = {
    ...surroundings(),
    ...(await environment(ports[0], folder)),
    SIGNOFF_ISSUER: issuer,
    SIGNOFF_DELIVERY_RUN: 'thread',
    ...options.settings,
  };
  await writeClients(env['SIGNOFF_CLIENTS'] ?? '', Object.values(apps));
  const store = await openStoreAt(env['SIGNOFF_STORE'] ?? `sqlite:${join(folder, 'data', 'signoff.db')}`);
  await addAccounts(store);
  const front = await startFront(ports[0], ports[1]);
  const children: ProductChild[] = [];

  async function startBehind(port: number): Promise<PairedProcess> {
    const log = createLogReader();
    const child = await startProductChild({ folder, env: { ...env, PORT: String(port) }, log });
    children.push(child);
    return {
      origin: `http://127.0.0.1:${port}`,
      log,
      kill: child.kill,
      serve: () => front.sendTo(port),
      hangUp: () => process.kill(child.pid, 'SIGHUP'),
    };
  }
  const one = await startBehind(ports[1]);
  const two = await startBehind(ports[2]);

  return {
    issuer,
    folder,
    env,
    apps,
    store,
    one,
    two,
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
      await front.close();
      await store.close();
      await Promise.all(Object.values<RelyingParty>(apps).map((app) => app.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
