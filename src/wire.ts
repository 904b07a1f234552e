/**
 * The composition root: who gets what. Here is what every process stands on, and what commands need; `wire-delivery.ts` is
 * the delivery thread, `wire-server.ts` the server, `wire-edge.ts` the heavy half of it, which only a server loads. Read
 * the four and you know the product.
 */
import { readFileSync } from 'node:fs';
import type { Passwords } from './accounts/password.ts';
import type { Admin } from './admin/admin.ts';
import { appName } from './clients/app-name.ts';
import type { Client } from './clients/client-file.ts';
import { createRegistry, type Registry } from './clients/registry.ts';
import type { Config } from './config.ts';
import { createEngine } from './deliveries/engine.ts';
import type { KeptRunner } from './deliveries/engine-orders.ts';
import type { EngineLife, EngineRunner } from './deliveries/engine-runner.ts';
import { createProbe, type Probed } from './deliveries/probe.ts';
import { createSigner } from './deliveries/signer.ts';
import { createTokenMint } from './deliveries/token-mint.ts';
import { tracedClaims } from './deliveries/traced-claims.ts';
import { createTransport } from './deliveries/transport.ts';
import { registrableScopes } from './extra-scopes.ts';
import { createEndSessions, type EndSessions } from './logout/end-sessions.ts';
import { createReceipts, type Receipts } from './logout/receipt.ts';
import { createTellApps } from './logout/tell-apps.ts';
import { createNewsOfEnd } from './mails/end-news.ts';
import { createMailPlanner, type MailPlanner } from './mails/plan-mails.ts';
import { openKeys } from './oidc/keys.ts';
import type { Clock } from './ops/clock.ts';
import { type CryptoBox, createCryptoBox } from './ops/crypto-box.ts';
import type { Log } from './ops/log.ts';
import { readMasterKey } from './ops/master-key.ts';
import type { Metrics } from './ops/metrics.ts';
import { createOutbound, type Outbound } from './ops/outbound.ts';
import { createOutboundClient, type OutboundClient } from './ops/outbound-client.ts';
import { createRightOfWay, type RightOfWay } from './ops/right-of-way.ts';
import { deliveriesWait, diskIsFull, keysAreDue } from './standing-warnings.ts';
import { measuredStore } from './store/measured-store.ts';
import type { Store } from './store/store.ts';
import { traceAttempt, traceEnd } from './traced-logouts.ts';
import type { Language } from './words/language.ts';

/** What every process of the product stands on. */
export interface Foundation {
  readonly config: Config;
  readonly store: Store;
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly log: Log;
  /** What the store remembers of clients; the server also reads their files. */
  readonly registry: Registry;
  /** Where somebody measures (`SIGNOFF_METRICS_PORT`). */
  readonly metrics: Metrics | undefined;
  /** Of this process. */
  readonly rightOfWay: RightOfWay;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens the store and the key. `create` makes them where there are none: `start`, `demo`, `accounts add`. */
export async function openFoundation(
  config: Config,
  { clock, log }: Surroundings,
  { create, metrics }: { readonly create: boolean; readonly metrics?: Metrics | undefined },
): Promise<Foundation> {
  const box = createCryptoBox(readMasterKey(config, create && config.store.kind === 'sqlite'));
  const store = measured(await openStore(config, create), metrics);
  const registry = createRegistry({ store: store.clients, box, clock, log });
  return { config, store, box, clock, log, registry, metrics, rightOfWay: createRightOfWay() };
}

/** Loaded where somebody measures only. */
export async function openMetrics(config: Config, thread: 'main' | 'delivery'): Promise<Metrics | undefined> {
  if (config.metricsPort === undefined) return undefined;
  const { createMetrics } = await import('./ops/metrics.ts');
  return createMetrics(thread);
}

function measured(store: Store, metrics: Metrics | undefined): Store {
  return metrics ? measuredStore(store, metrics.storeCalled) : store;
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
  readonly admin: Admin;
  readonly endSessions: EndSessions;
  close(): Promise<void>;
}

export async function openProduct(
  config: Config,
  surroundings: Surroundings,
  options: { readonly create: boolean },
): Promise<Product> {
  const { createPasswords } = await import('./accounts/password.ts');
  const foundation = await openFoundation(config, surroundings, options);
  await openKeys({ ...foundation, issuer: config.issuer });
  await foundation.registry.refresh();
  const engine = await createDeliveryEngine(foundation);
  const endSessions = wireEnding(foundation, engine);
  return {
    ...foundation,
    endSessions,
    admin: wireAdmin(foundation, {
      passwords: createPasswords(),
      endSessions,
      receipts: wireReceipts(foundation),
      // Not started: for when no process shows a heartbeat.
      engine,
    }),
    async close() {
      await endSessions.settled();
      await engine.stop();
      await foundation.store.close();
    },
  };
}

/** What use cases work with. `engine`: a command's own, for when nobody else delivers. */
export function wireAdmin(
  foundation: Foundation,
  parts: {
    readonly passwords: Passwords;
    readonly endSessions: EndSessions;
    readonly receipts: Receipts;
    readonly engine: EngineRunner | undefined;
  },
): Admin {
  const { config, store, clock, box, log, registry } = foundation;
  const { passwords, endSessions, receipts, engine } = parts;
  const outbound = createOutbound({ allow: config.outboundAllow });
  return {
    issuer: config.issuer,
    store,
    clock,
    box,
    registry,
    passwords,
    endSessions,
    receipts,
    probe: (client) => probe(foundation, client),
    copyToken: createTokenCopies(foundation),
    walkOn(logoutId) {
      // A command would have to stay for all of it; a running server sees what was said within its sweep.
      if (engine) return;
      const failed = (error: unknown) => log.warn('logout.not_walked', { logout_id: logoutId, error });
      endSessions.proceed(logoutId).catch(failed);
    },
    tellApps: createTellApps({ store, clock, engine }),
    claimNames: Object.values(config.scopes).flat(),
    standingWarnings: {
      deliveries: () => deliveriesWait(foundation),
      keys: () => keysAreDue(foundation),
      disk: () => diskIsFull(foundation),
    },
    ruleBook: {
      folder: config.clients,
      env: {},
      scopes: registrableScopes(config.scopes),
      refusal: (url) => outbound.refusal(url),
    },
  };
}

/** For those who listen: signed as deliveries are, and handed to nobody else. */
function createTokenCopies(foundation: Foundation): Admin['copyToken'] {
  const { config, store } = foundation;
  const signer = createSigner({ ...foundation, store: store.keys });
  const mint = createTokenMint({ ...foundation, issuer: config.issuer, signer });
  return async (delivery, client) => (await mint.make(delivery, client)).token;
}

/** A transport for one check-up: it leaves no socket behind. */
async function probe(foundation: Foundation, client: Client): Promise<Probed> {
  const { config, store, clock } = foundation;
  const allow = [...new Set([...config.outboundAllow, ...(await store.clients.outboundRules())])];
  const outbound = createOutbound({ allow });
  const transport = createTransport({ client: wireOutboundClient(config, outbound), clock });
  try {
    return await createProbe({
      issuer: config.issuer,
      signer: createSigner({ ...foundation, store: store.keys }),
      transport,
      refusal: (url) => outbound.refusal(url),
      addressesOf: config.outboundProxy === undefined ? (host) => outbound.addressesOf(host) : undefined,
      clock,
    })(client);
  } finally {
    transport.close();
  }
}

/**
 * The engine in this thread. Clients and the addresses that may be called come from the store, where the server leaves
 * them: a command was not started with the server's settings.
 */
export async function createDeliveryEngine(foundation: Foundation, life?: EngineLife): Promise<KeptRunner> {
  const { config, store, clock, registry, metrics } = foundation;
  const allow = [...new Set([...config.outboundAllow, ...(await store.clients.outboundRules())])];
  return createEngine({
    ...foundation,
    store: tracedClaims(store.deliveries),
    writers: store.writers,
    clients: { find: (clientId) => registry.get(clientId)?.client, reload: () => registry.refresh() },
    signer: createSigner({ ...foundation, store: store.keys }),
    transport: createTransport({ client: wireOutboundClient(config, createOutbound({ allow })), clock }),
    issuer: config.issuer,
    retry: { firstMs: config.retryFirstMs, maxMs: config.retryMaxMs, refusalsMs: config.refusalRetriesMs },
    leaseMs: config.deliveryLeaseMs,
    life,
    onAttempt(delivery, attempt) {
      metrics?.attempted(attempt.verdict);
      traceAttempt(delivery, attempt);
    },
  });
}

/** What calls out, by the settings of this process. */
export function wireOutboundClient(config: Config, outbound: Outbound): OutboundClient {
  const ca = config.outboundCa === undefined ? undefined : readFileSync(config.outboundCa, 'utf8');
  const { outboundProxy: url, outboundDirect: except } = config;
  return createOutboundClient({ outbound, ca, proxy: url === undefined ? undefined : { url, except } });
}

export function wireEnding(foundation: Foundation, engine: Pick<EngineRunner, 'wake' | 'idle'>): EndSessions {
  const { store, registry } = foundation;
  const clients = (id: string) => registry.get(id)?.client;
  const nameOf = (id: string, language: Language) => {
    const client = clients(id);
    return client && appName(client, language);
  };
  const newsOf = createNewsOfEnd({ store, mails: wireMails(foundation), nameOf });
  return createEndSessions({ ...foundation, engine, newsOf, clients, onCommitted: traceEnd });
}

/** What may be mailed, by the settings of this process. */
export function wireMails({ config, box }: Foundation): MailPlanner {
  const canMail = config.smtp !== undefined || config.smtpFile !== undefined || !config.production;
  return createMailPlanner({ box, kinds: canMail ? config.mails : [] });
}

export function wireReceipts({ store, clock, box, registry }: Foundation): Receipts {
  return createReceipts({ store, clock, box, nameOf: (id) => registry.get(id)?.client.client_name });
}
