/**
 * The one composition root: who gets what. `main` and the tests build a server with it, `delivery-main` the engine of the
 * delivery thread, `cli` the product as far as commands need it. Read it once and you know the product.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { createPasswords } from './accounts/password.ts';
import { createVerifySignIn } from './accounts/verify-sign-in.ts';
import { loadClients } from './clients/load-clients.ts';
import { createRegistry, type Registry } from './clients/registry.ts';
import { createRegistryWatch } from './clients/registry-watch.ts';
import type { Config } from './config.ts';
import { createCleaner } from './deliveries/cleaner.ts';
import { createEngine } from './deliveries/engine.ts';
import type { EngineRunner } from './deliveries/engine-runner.ts';
import { createEngineThread, serveEngine } from './deliveries/engine-thread.ts';
import { createSigner } from './deliveries/signer.ts';
import { createTransport } from './deliveries/transport.ts';
import { scopeNames } from './extra-scopes.ts';
import { createApp } from './http/app.ts';
import { createEventStreams } from './http/event-streams.ts';
import { answerUnreadableRequests } from './http/header-limit.ts';
import { throwProviderError } from './http/provider-error.ts';
import { createRenderer } from './http/render.ts';
import { type HttpServer, startHttpServer } from './http/server.ts';
import { createEndSessions, type EndSessions } from './logout/end-sessions.ts';
import { createReceipts, type Receipts } from './logout/receipt.ts';
import { createSweep } from './logout/sweep.ts';
import { createWaitForApps } from './logout/wait-for-apps.ts';
import { readEndSessionRequest } from './oidc/end-session-request.ts';
import { createGuardedFetch } from './oidc/guarded-fetch.ts';
import { createInteractions } from './oidc/interactions.ts';
import { createKeyWatch } from './oidc/key-watch.ts';
import { openKeys } from './oidc/keys.ts';
import { createParkedRequests } from './oidc/parked-requests.ts';
import { createOidc } from './oidc/provider.ts';
import type { Clock } from './ops/clock.ts';
import { type CryptoBox, createCryptoBox } from './ops/crypto-box.ts';
import type { Log } from './ops/log.ts';
import { readMasterKey } from './ops/master-key.ts';
import { createOutbound, type Outbound } from './ops/outbound.ts';
import type { Service } from './ops/service.ts';
import type { Store } from './store/store.ts';

/** What every process of the product stands on. */
export interface Foundation {
  readonly config: Config;
  readonly store: Store;
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly log: Log;
  /** What the store remembers of clients; the server also reads their files. */
  readonly registry: Registry;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens the store and the key. `create` makes them where there are none: `start`, `demo`, `accounts add`. */
export async function openFoundation(
  config: Config,
  { clock, log }: Surroundings,
  { create }: { readonly create: boolean },
): Promise<Foundation> {
  const box = createCryptoBox(readMasterKey(config, create && config.store.kind === 'sqlite'));
  const store = await openStore(config, create);
  const registry = createRegistry({ store: store.clients, box, clock, log });
  return { config, store, box, clock, log, registry };
}

/** The adapter is loaded when it is chosen: half a second of MongoDB's driver is not SQLite's to wait for. */
async function openStore({ store: where }: Config, create: boolean): Promise<Store> {
  if (where.kind === 'sqlite') {
    const { openSqliteStore } = await import('./store/sqlite/open.ts');
    return openSqliteStore({ path: where.path, create });
  }
  const { openMongoStore } = await import('./store/mongo/open.ts');
  return openMongoStore({ url: where.url, create });
}

/** The product as commands use it. They act on the store; a running server sees what they wrote. */
export interface Product extends Foundation {
  readonly passwords: ReturnType<typeof createPasswords>;
  readonly endSessions: EndSessions;
  readonly receipts: Receipts;
  /** Not started: for when no process shows a heartbeat. */
  readonly engine: EngineRunner;
  close(): Promise<void>;
}

export async function openProduct(
  config: Config,
  surroundings: Surroundings,
  options: { readonly create: boolean },
): Promise<Product> {
  const foundation = await openFoundation(config, surroundings, options);
  await openKeys({ ...foundation, issuer: config.issuer });
  await foundation.registry.refresh();
  const engine = await createDeliveryEngine(foundation);
  return {
    ...foundation,
    passwords: createPasswords(),
    endSessions: wireEnding(foundation, () => engine.wake()),
    receipts: wireReceipts(foundation),
    engine,
    async close() {
      await engine.stop();
      await foundation.store.close();
    },
  };
}

/**
 * The engine in this thread. Clients and the addresses that may be called come from the store, where the server leaves
 * them: a command was not started with the server's settings.
 */
export async function createDeliveryEngine(foundation: Foundation): Promise<EngineRunner> {
  const { config, store, clock, registry } = foundation;
  const allow = [...new Set([...config.outboundAllow, ...(await store.clients.outboundRules())])];
  const ca = config.outboundCa === undefined ? undefined : readFileSync(config.outboundCa, 'utf8');
  return createEngine({
    ...foundation,
    store: store.deliveries,
    clients: { find: (clientId) => registry.get(clientId)?.client, reload: () => registry.refresh() },
    signer: createSigner({ ...foundation, store: store.keys }),
    transport: createTransport({ outbound: createOutbound({ allow }), clock, ...(ca && { ca }) }),
    issuer: config.issuer,
    retry: { firstMs: config.retryFirstMs, maxMs: config.retryMaxMs, refusalsMs: config.refusalRetriesMs },
    leaseMs: config.deliveryLeaseMs,
  });
}

/** The delivery thread: its own store on the same settings, its engine, until it is told to stop. */
export async function serveDeliveries(config: Config, surroundings: Surroundings, port: MessagePort): Promise<void> {
  const foundation = await openFoundation(config, surroundings, { create: false });
  await foundation.registry.refresh();
  await serveEngine(await createDeliveryEngine(foundation), port);
  await foundation.store.close();
}

/** The whole product behind one port. */
export interface Server {
  readonly port: number;
  readonly foundation: Foundation;
  readonly endSessions: EndSessions;
  readonly receipts: Receipts;
  /** Ends what is due now; tests that move the clock call it. */
  readonly sweep: () => Promise<number>;
  /** Reads the client files again (SIGHUP). */
  reloadClients(): Promise<void>;
  /** Answers requests in flight, drains deliveries, closes the store. Safe twice. */
  stop(): Promise<void>;
}

export async function startServer(
  config: Config,
  surroundings: Surroundings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Server> {
  const foundation = await openFoundation(config, surroundings, { create: true });
  try {
    return await startOn(foundation, env);
  } catch (error) {
    await foundation.store.close();
    throw error;
  }
}

async function startOn(foundation: Foundation, env: Parameters<typeof startServer>[2]): Promise<Server> {
  const { config, store, clock, log } = foundation;
  const keys = await openKeys({ ...foundation, issuer: config.issuer });
  const outbound = createOutbound({ allow: config.outboundAllow });
  await store.clients.saveOutboundRules(outbound.rules);
  const reloadClients = () => loadClientFiles(foundation, outbound, env);
  await reloadClients();
  const engine = await createRunner(foundation);
  const endSessions = wireEnding(foundation, () => engine?.wake());
  const receipts = wireReceipts(foundation);
  const fetch = createGuardedFetch(outbound, config.outboundCa);
  const oidc = createOidc({ ...foundation, keys, endSessions, fetch, renderError: throwProviderError });
  const swapKeys = () => {
    oidc.reload();
    engine?.reload();
  };
  const edge = wireEdge(foundation, { keys, oidc, engine, endSessions, receipts });
  const sweep = createSweep({ ...foundation, endSessions, everyMs: config.sweepMs });
  const background: readonly Service[] = [
    sweep,
    createCleaner({ ...foundation, retentionMs: config.retentionMs }),
    createKeyWatch({ keys, clock, log, changed: swapKeys }),
    createRegistryWatch(foundation),
    ...(engine ? [engine] : []),
  ];
  const http = await startAll(background, edge);
  let stopped: Promise<void> | undefined;
  return {
    port: http.port,
    foundation,
    endSessions,
    receipts,
    sweep: () => sweep.run(),
    async reloadClients() {
      await reloadClients();
      engine?.reload();
    },
    stop() {
      stopped ??= stopAll(http, background, store);
      return stopped;
    },
  };
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

async function stopAll(http: HttpServer, background: readonly Service[], store: Store): Promise<void> {
  await http.close();
  await Promise.all(background.map((service) => service.stop()));
  await store.close();
}

function wireEnding({ store, clock, log, box, registry }: Foundation, wake: () => void): EndSessions {
  return createEndSessions({ store, clock, log, box, wake, clients: (id) => registry.get(id)?.client });
}

function wireReceipts({ store, clock, box, registry }: Foundation): Receipts {
  return createReceipts({ store, clock, box, nameOf: (id) => registry.get(id)?.client.client_name });
}

async function loadClientFiles(
  { config, registry }: Foundation,
  outbound: Outbound,
  env: Parameters<typeof startServer>[2],
): Promise<void> {
  const scopes = scopeNames(config.scopes);
  const refusal = (url: string) => outbound.refusal(url);
  await registry.apply(loadClients({ folder: config.clients, env, scopes, refusal }));
}

/** Undefined where deliveries are another process's work (`SIGNOFF_DELIVERY_RUN=off`). */
async function createRunner(foundation: Foundation): Promise<EngineRunner | undefined> {
  const { config, log } = foundation;
  if (config.deliveryRun === 'off') return undefined;
  if (config.deliveryRun === 'inline') return createDeliveryEngine(foundation);
  // Its ending is ours: `.ts` from the source, `.js` after a build.
  const url = new URL(`./delivery-main${import.meta.url.slice(-3)}`, import.meta.url);
  return createEngineThread({ url, workerData: config, log });
}

interface EdgeParts {
  readonly keys: Awaited<ReturnType<typeof openKeys>>;
  readonly oidc: ReturnType<typeof createOidc>;
  readonly engine: EngineRunner | undefined;
  readonly endSessions: EndSessions;
  readonly receipts: Receipts;
}

function wireEdge(foundation: Foundation, parts: EdgeParts): { listen(): Promise<HttpServer> } {
  const { config, store, registry, clock } = foundation;
  const { keys, oidc, engine, endSessions } = parts;
  const { issuer } = config;
  const onSettled: EngineRunner['onSettled'] = engine
    ? (listener) => engine.onSettled(listener)
    : () => () => undefined;
  const renderer = createRenderer({
    viewsDir: fileURLToPath(new URL('../views', import.meta.url)),
    serviceName: config.name,
    privacyUrl: config.privacyUrl,
    supportUrl: config.supportUrl,
    development: !config.production,
  });
  const streams = createEventStreams();
  const app = createApp({
    ...foundation,
    ...parts,
    issuer,
    cookieKeys: keys.cookieKeys,
    proxies: config.proxy,
    logoutWaitMs: config.logoutWaitMs,
    scopeWords: wordsForScopes(config),
    renderer,
    streams,
    clientOf: (clientId) => registry.get(clientId)?.client,
    interactions: createInteractions({ ...foundation, oidc, endSessions }),
    parked: createParkedRequests(foundation),
    readEndSessionRequest: (parameters, browser) =>
      readEndSessionRequest(parameters, { browser, keys, registry, sessions: store.sessions, issuer }),
    verifySignIn: createVerifySignIn({ store, clock, passwords: createPasswords(), limit: config.signinLimit }),
    waitForApps: createWaitForApps({ store, onSettled }),
    onSettled,
    deliveryTrouble: () => (engine && !engine.healthy() ? 'deliveries are not running' : undefined),
  });
  const listen = () =>
    startHttpServer({
      host: config.host,
      port: config.port,
      handler: app.callback(),
      prepare: (server) => answerUnreadableRequests(server, renderer),
      onClosing: () => streams.closeAll(),
    });
  return { listen };
}

/** What the consent page says about scopes of `signoff.yaml`. */
function wordsForScopes({ scopes }: Config): Record<string, string> {
  const words = (claims: readonly string[]) =>
    `See your ${claims.map((claim) => claim.replaceAll('_', ' ')).join(', ')}`;
  return Object.fromEntries(Object.entries(scopes).map(([scope, claims]) => [scope, words(claims)]));
}
