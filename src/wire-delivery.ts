/** The delivery thread or process (`SIGNOFF_DELIVERY_RUN`): who keeps it, and what it is made of. */
import { parentPort, workerData } from 'node:worker_threads';
import { createRegistryWatch } from './clients/registry-watch.ts';
import type { Config } from './config.ts';
import { type KeeperLine, serveEngine } from './deliveries/engine-orders.ts';
import { lineOfProcess } from './deliveries/engine-process.ts';
import type { EngineLife } from './deliveries/engine-runner.ts';
import { lineOfThread } from './deliveries/engine-thread.ts';
import { giveBackStart } from './ops/start-garbage.ts';
import { createDeliveryEngine, openFoundation, openMetrics, type Surroundings } from './wire.ts';
import { createMailOutbox } from './wire-mails.ts';

/** What it is started with. */
export interface Kept {
  readonly config: Config;
  readonly life: EngineLife;
}

/** What it was started with, and the line to whoever started it. */
export async function hearKeeper(): Promise<Kept & { readonly line: KeeperLine }> {
  if (parentPort) return { ...(workerData as Kept), line: lineOfThread(parentPort) };
  const { settings, line } = await lineOfProcess();
  return { ...(settings as Kept), line };
}

/** Its own store on the same settings, its engine, until it is told to stop. */
export async function serveDeliveries(
  { config, life }: Kept,
  surroundings: Surroundings,
  line: KeeperLine,
): Promise<void> {
  const metrics = await openMetrics(config, 'delivery');
  const foundation = await openFoundation(config, surroundings, { create: false, metrics });
  const registryWatch = createRegistryWatch(foundation);
  await foundation.registry.refresh();
  await registryWatch.start();
  const outbox = createMailOutbox(foundation);
  await outbox.start();
  const engine = await createDeliveryEngine(foundation, life);
  await giveBackStart();
  await serveEngine(engine, line, metrics?.measurements);
  await outbox.stop();
  metrics?.stop();
  await registryWatch.stop();
  await foundation.store.close();
}
