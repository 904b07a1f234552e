/**
 * The other half of the composition root: the library and our pages in front of it. A file of its own because it is the
 * heavy one: the delivery thread and commands never load it, and a starting server loads it while its thread starts.
 */
import { join } from 'node:path';
import { createEnrolment } from './accounts/enrolment.ts';
import { createForgottenPasswords } from './accounts/forgotten-passwords.ts';
import { createPasskeys } from './accounts/passkeys.ts';
import { createPasswords } from './accounts/password.ts';
import { rehashing } from './accounts/rehash.ts';
import { createSecondStep } from './accounts/second-step.ts';
import { createVerifySignIn } from './accounts/verify-sign-in.ts';
import type { EngineRunner } from './deliveries/engine-runner.ts';
import { createApp } from './http/app.ts';
import { createEventStreams } from './http/event-streams.ts';
import { answerUnreadableRequests } from './http/header-limit.ts';
import { throwProviderError } from './http/provider-error.ts';
import { createRenderer } from './http/render.ts';
import { type HttpServer, startHttpServer } from './http/server.ts';
import type { EndSessions } from './logout/end-sessions.ts';
import type { Receipts } from './logout/receipt.ts';
import { createWaitForApps } from './logout/wait-for-apps.ts';
import { readEndSessionRequest } from './oidc/end-session-request.ts';
import { createGuardedFetch } from './oidc/guarded-fetch.ts';
import { createInteractions } from './oidc/interactions.ts';
import type { Keys } from './oidc/keys.ts';
import { createParkedRequests } from './oidc/parked-requests.ts';
import { createOidc } from './oidc/provider.ts';
import { createStrangerLimits } from './oidc/stranger-limits.ts';
import { createBoundedLog } from './ops/bounded-log.ts';
import type { Metrics } from './ops/metrics.ts';
import type { Outbound } from './ops/outbound.ts';
import { PACKAGE_FOLDER } from './ops/package-folder.ts';
import type { Places } from './sessions/places.ts';
import { deliveriesWait, diskIsFull, keysAreDue } from './standing-warnings.ts';
import { traceAnswer } from './traced-logouts.ts';
import { type Foundation, wireAdmin, wireMails, wireOutboundClient } from './wire.ts';

/** What the edge is made of besides the foundation. */
export interface EdgeParts {
  readonly keys: Keys;
  readonly outbound: Outbound;
  readonly engine: EngineRunner | undefined;
  readonly endSessions: EndSessions;
  readonly receipts: Receipts;
  readonly places: Places;
}

/** What browsers and apps reach. */
export interface Edge {
  listen(): Promise<HttpServer>;
  /** Resolves when nothing is under way that no answer waits for; before the store is closed. */
  settled(): Promise<void>;
  /** Takes over changed keys. */
  reload(): void;
  /** Logs `client.rejected` for each app that the library would refuse at its first sign-in. Never rejects. */
  checkClients(): Promise<void>;
}

export function wireEdge(foundation: Foundation, parts: EdgeParts): Edge {
  const { config, store, registry, clock, log, metrics } = foundation;
  const { keys, outbound, engine, endSessions } = parts;
  const { issuer } = config;
  const onSettled: EngineRunner['onSettled'] = engine
    ? (listener) => engine.onSettled(listener)
    : () => () => undefined;
  const fetch = createGuardedFetch(wireOutboundClient(config, outbound));
  const boundedLog = createBoundedLog(log);
  const limits = createStrangerLimits({ clock, rate: config.requestLimit, log: boundedLog });
  const oidc = createOidc({
    ...foundation,
    boundedLog,
    limits,
    keys,
    endSessions,
    fetch,
    renderError: throwProviderError,
  });
  const renderer = createRenderer({
    viewsDir: join(PACKAGE_FOLDER, 'views'),
    serviceName: config.name,
    privacyUrl: config.privacyUrl,
    supportUrl: config.supportUrl,
    development: !config.production,
  });
  const factors = {
    passkeys: createPasskeys({ issuer, serviceName: config.name }),
    enabled: config.secondFactor !== 'off',
  };
  const streams = createEventStreams();
  let stopping = false;
  const passwords = createPasswords();
  const mails = wireMails(foundation);
  const forgotten = createForgottenPasswords({
    store,
    planReset: (account, at, seat) => mails.reset(account, at, 'asked', seat),
    clock,
    log: boundedLog,
  });
  const app = createApp({
    ...foundation,
    ...parts,
    oidc,
    boundedLog,
    limits,
    issuer,
    cookieKeys: keys.cookieKeys,
    registration: config.registration,
    proxies: config.proxy,
    logoutWaitMs: config.logoutWaitMs,
    extraScopes: config.scopes,
    stepUpMs: config.stepUpMs,
    renderer,
    streams,
    clientOf: (clientId) => registry.get(clientId)?.client,
    interactions: createInteractions({ ...foundation, oidc, keys, endSessions, mails }),
    parked: createParkedRequests(foundation),
    readEndSessionRequest: (parameters, browser) =>
      readEndSessionRequest(parameters, { browser, keys, registry, sessions: store.sessions, issuer }),
    admin: wireAdmin(foundation, { passwords, endSessions, receipts: parts.receipts, engine: undefined }),
    passwords,
    mails,
    forgotten,
    secondStep: createSecondStep({ ...foundation, ...factors, log: boundedLog, limit: config.signinLimit }),
    enrolment: createEnrolment({
      ...foundation,
      ...factors,
      serviceName: config.name,
      planMail: mails.factorChanged,
    }),
    factorRequired: config.secondFactor === 'require',
    verifySignIn: counted(
      rehashing(
        createVerifySignIn({
          store,
          clock,
          log: boundedLog,
          passwords,
          limit: config.signinLimit,
        }),
        { accounts: store.accounts, passwords, log },
      ),
      metrics,
    ),
    onEndAnswered(answer) {
      metrics?.answered(answer.ms / 1_000);
      traceAnswer(answer);
    },
    waitForApps: createWaitForApps({ store, onSettled }),
    onSettled,
    warnings: [deliveriesWait, keysAreDue, diskIsFull].map((look) => () => look(foundation)),
    trouble: () => (stopping ? 'this process is stopping' : deliveryTrouble(engine)),
  });
  const listen = () =>
    startHttpServer({
      host: config.host,
      port: config.port,
      handler: app.callback(),
      drainMs: config.drainMs,
      prepare: (server) => answerUnreadableRequests(server, renderer),
      onClosing() {
        stopping = true;
        streams.closeAll();
      },
    });
  return {
    listen,
    settled: () => forgotten.settled(),
    reload: () => oidc.reload(),
    checkClients: () => oidc.checkClients(),
  };
}

function deliveryTrouble(engine: EngineRunner | undefined): string | undefined {
  return engine && !engine.healthy() ? 'deliveries are not running, or cannot be written down' : undefined;
}

type VerifySignIn = ReturnType<typeof createVerifySignIn>;

function counted(verify: VerifySignIn, metrics: Metrics | undefined): VerifySignIn {
  if (!metrics) return verify;
  return async (given) => {
    const result = await verify(given);
    metrics.signedIn(result.kind);
    return result;
  };
}
