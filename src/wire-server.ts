/** The server: what runs, in which order it starts and stops. What it is made of is in `wire.ts` and `wire-edge.ts`. */

import { offerFirstLink } from './admin/first-owner.ts';
import { loadClients } from './clients/load-clients.ts';
import { createRegistryWatch } from './clients/registry-watch.ts';
import type { Config } from './config.ts';
import { createEngineCrew } from './deliveries/engine-crew.ts';
import { createEngineKeeper } from './deliveries/engine-keeper.ts';
import { startEngineProcess } from './deliveries/engine-process.ts';
import type { EngineLife, EngineRunner } from './deliveries/engine-runner.ts';
import { startEngineThread } from './deliveries/engine-thread.ts';
import { registrableScopes } from './extra-scopes.ts';
import type { HttpServer } from './http/server.ts';
import { createCleaner } from './logout/cleaner.ts';
import type { EndSessions } from './logout/end-sessions.ts';
import type { Receipts } from './logout/receipt.ts';
import { createSweep } from './logout/sweep.ts';
import { createWalks } from './logout/walks.ts';
import type { Outbox } from './mails/outbox.ts';
import { createKeyAging } from './oidc/key-aging.ts';
import { createKeyWatch } from './oidc/key-watch.ts';
import { openKeys } from './oidc/keys.ts';
import { createOutbound, type Outbound } from './ops/outbound.ts';
import type { Service } from './ops/service.ts';
import { createPlaces } from './sessions/places.ts';
import type { Store } from './store/store.ts';
import {
  createDeliveryEngine,
  type Foundation,
  openFoundation,
  openMetrics,
  type Surroundings,
  wireEnding,
  wireReceipts,
} from './wire.ts';
import type { Kept } from './wire-delivery.ts';
import type { Edge, EdgeParts } from './wire-edge.ts';
import type { MeasuredElsewhere } from './wire-metrics.ts';

/** The whole product behind one port. */
export interface Server {
  readonly port: number;
  readonly foundation: Foundation;
  readonly endSessions: EndSessions;
  readonly receipts: Receipts;
  /** Ends what is due now; tests that move the clock call it. */
  readonly sweep: () => Promise<number>;
  /** Sends the mails that are due now, where this very thread does that; tests that move the clock call it. */
  readonly sendMails: () => Promise<number>;
  /** Reads the client files and the file of places again (SIGHUP). */
  reloadClients(): Promise<void>;
  /** Answers requests in flight, drains deliveries, closes the store. Safe twice. */
  stop(): Promise<void>;
}

export async function startServer(
  config: Config,
  surroundings: Surroundings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Server> {
  const metrics = await openMetrics(config, 'main');
  const foundation = await openFoundation(config, surroundings, { create: true, metrics });
  try {
    return await startOn(foundation, env);
  } catch (error) {
    await foundation.store.close();
    throw error;
  }
}

async function startOn(foundation: Foundation, env: Parameters<typeof startServer>[2]): Promise<Server> {
  const { config, store, clock, log, metrics } = foundation;
  const keys = await openKeys({ ...foundation, issuer: config.issuer });
  const outbound = createOutbound({ allow: config.outboundAllow });
  await store.clients.saveOutboundRules(outbound.rules);
  const reloadClients = () => loadClientFiles(foundation, outbound, env);
  await reloadClients();
  // Prometheus' library is loaded where somebody measures only.
  const measuring = metrics && (await import('./wire-metrics.ts'));
  const elsewhere = measuring?.createMeasuredElsewhere();
  const engine = await createRunner(foundation, elsewhere);
  const endSessions = wireEnding(foundation, engine ?? NO_ENGINE);
  const receipts = wireReceipts(foundation);
  const places = createPlaces({ file: config.geo, log });
  const edge = await openEdge(foundation, { keys, outbound, engine, endSessions, receipts, places });
  const swapKeys = () => {
    edge.reload();
    engine?.reload();
  };
  const outbox = await createOutboxHere(foundation);
  const sweep = createSweep({ ...foundation, endSessions, everyMs: config.sweepMs });
  const background: readonly Service[] = [
    sweep,
    createWalks({ ...foundation, endSessions, everyMs: config.sweepMs }),
    createCleaner({ ...foundation, retentionMs: config.retentionMs, auditRetentionMs: config.auditRetentionMs }),
    createKeyAging({ ...foundation, maxMs: config.keyAgeMs }),
    createKeyWatch({ keys, clock, log, changed: swapKeys }),
    createRegistryWatch(foundation),
    ...(engine ? [engine] : []),
    ...(measuring && elsewhere ? [measuring.createMetricsService(foundation, { metrics, elsewhere, engine })] : []),
    ...(outbox ? [outbox] : []),
  ];
  const http = await startAll(background, edge);
  const link = await offerFirstLink({ ...foundation, issuer: config.issuer });
  // Shown once, where only those who run the service look; worth nothing after 15 minutes, or once it was used.
  if (link) log.info('owner.invited', link);
  // Beside everything else: it may ask apps for documents, and nobody waits for those.
  void edge.checkClients();
  let stopped: Promise<void> | undefined;
  return {
    port: http.port,
    foundation,
    endSessions,
    receipts,
    sweep: () => sweep.run(),
    async sendMails() {
      await edge.settled();
      return (await outbox?.run()) ?? 0;
    },
    async reloadClients() {
      places.reload();
      await reloadClients();
      engine?.reload();
      void edge.checkClients();
    },
    stop() {
      stopped ??= stopAll(http, background, { store, endSessions, edge });
      return stopped;
    },
  };
}

/** The thread starts while the heavy half of the product is loaded here; it must not outlive a start that fails. */
async function openEdge(foundation: Foundation, parts: EdgeParts): Promise<Edge> {
  try {
    const [{ wireEdge }] = await Promise.all([import('./wire-edge.ts'), parts.engine?.start()]);
    return wireEdge(foundation, parts);
  } catch (error) {
    await parts.engine?.stop();
    throw error;
  }
}

/** Listens last: whoever is answered finds everything running. */
async function startAll(background: readonly Service[], edge: { listen(): Promise<HttpServer> }): Promise<HttpServer> {
  try {
    for (const service of background) await service.start();
    return await edge.listen();
  } catch (error) {
    await Promise.all(background.map((service) => service.stop()));
    throw error;
  }
}

async function stopAll(
  http: HttpServer,
  background: readonly Service[],
  { store, endSessions, edge }: { store: Store; endSessions: EndSessions; edge: Pick<Edge, 'settled'> },
): Promise<void> {
  await http.close();
  await Promise.all([edge.settled(), endSessions.stop(), ...background.map((service) => service.stop())]);
  await store.close();
}

async function loadClientFiles(
  { config, registry }: Foundation,
  outbound: Outbound,
  env: Parameters<typeof startServer>[2],
): Promise<void> {
  const scopes = registrableScopes(config.scopes);
  const refusal = (url: string) => outbound.refusal(url);
  await registry.apply(loadClients({ folder: config.clients, env, scopes, refusal }));
}

/** Another process looks for what there is to tell. */
const NO_ENGINE: Pick<EngineRunner, 'wake' | 'idle'> = { wake: () => undefined, idle: () => undefined };

/** A thread or process of its own that makes deliveries sends the mails as well. */
async function createOutboxHere(foundation: Foundation): Promise<Outbox | undefined> {
  if (foundation.config.deliveryRun !== 'inline') return undefined;
  const { createMailOutbox } = await import('./wire-mails.ts');
  return createMailOutbox(foundation);
}

/** Undefined where deliveries are another process's work (`SIGNOFF_DELIVERY_RUN=off`). */
async function createRunner(
  foundation: Foundation,
  elsewhere: MeasuredElsewhere | undefined,
): Promise<EngineRunner | undefined> {
  const { config, log } = foundation;
  const { deliveryRun: run, deliveryThreads: count } = config;
  if (run === 'off') return undefined;
  if (run === 'inline') return createDeliveryEngine(foundation);
  // Its ending is ours: `.ts` from the source, `.js` after a build.
  const url = new URL(`./delivery-main${import.meta.url.slice(-3)}`, import.meta.url);
  const begin = (life: EngineLife) => {
    const kept: Kept = { config, life };
    return run === 'process' ? startEngineProcess(url, kept) : startEngineThread(url, kept);
  };
  return createEngineCrew(
    Array.from({ length: count }, () =>
      createEngineKeeper({ begin, log, leaseMs: config.deliveryLeaseMs, onMeasured: elsewhere?.heard }),
    ),
  );
}
