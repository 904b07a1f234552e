/** The delivery thread or process (`SIGNOFF_DELIVERY_RUN`): who keeps it, and what it is made of. */
import { parentPort, workerData } from 'node:worker_threads';
import { createRegistryWatch } from './clients/registry-watch.ts';
import type { Config } from './config.ts';
import { type KeeperLine, serveEngine } from './deliveries/engine-orders.ts';
import { lineOfProcess } from './deliveries/engine-process.ts';
import { lineOfThread } from './deliveries/engine-thread.ts';
import { createDeliveryEngine, openFoundation, type Surroundings } from './wire.ts';

/** What it was started with, and the line to whoever started it. */
export async function hearKeeper(): Promise<{ readonly config: Config; readonly line: KeeperLine }> {
  if (parentPort) return { config: workerData as Config, line: lineOfThread(parentPort) };
  const { settings, line } = await lineOfProcess();
  return { config: settings as Config, line };
}

/** Its own store on the same settings, its engine, until it is told to stop. */
export async function serveDeliveries(config: Config, surroundings: Surroundings, line: KeeperLine): Promise<void> {
  const foundation = await openFoundation(config, surroundings, { create: false });
  const registryWatch = createRegistryWatch(foundation);
  await foundation.registry.refresh();
  await registryWatch.start();
  await serveEngine(await createDeliveryEngine(foundation), line);
  await registryWatch.stop();
  await foundation.store.close();
}
