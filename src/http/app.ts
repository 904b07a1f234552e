import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import Koa from 'koa';
import type { Enrolment } from '../accounts/enrolment.ts';
import type { ForgottenPasswords } from '../accounts/forgotten-passwords.ts';
import type { Passwords } from '../accounts/password.ts';
import type { SecondStep } from '../accounts/second-step.ts';
import type { SignInResult, SignInTry } from '../accounts/verify-sign-in.ts';
import type { Admin } from '../admin/admin.ts';
import type { Client } from '../clients/client-file.ts';
import type { ExtraScopes } from '../extra-scopes.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { Receipts } from '../logout/receipt.ts';
import type { OnSettled, WaitForApps } from '../logout/wait-for-apps.ts';
import type { MailPlanner } from '../mails/plan-mails.ts';
import type { EndSessionRequest } from '../oidc/end-session-request.ts';
import type { Interaction } from '../oidc/interaction-lookup.ts';
import type { Interactions } from '../oidc/interactions.ts';
import type { ParkedRequests } from '../oidc/parked-requests.ts';
import { pinOrigin } from '../oidc/pinned-origin.ts';
import type { Oidc } from '../oidc/provider.ts';
import type { StrangerLimits } from '../oidc/stranger-limits.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Log } from '../ops/log.ts';
import type { RightOfWay } from '../ops/right-of-way.ts';
import type { Places } from '../sessions/places.ts';
import type { HeldSession, Store } from '../store/store.ts';
import { mountAdminPages } from './admin-pages/admin-pages.ts';
import { createApi } from './api/api.ts';
import { mountRegistration, type RegistrationParts } from './api/registration.ts';
import type { EventStreams } from './event-streams.ts';
import { knowPages } from './language.ts';
import { createAnswerTimes, type EndAnswer } from './middleware/answer-times.ts';
import { createClientAddress } from './middleware/client-address.ts';
import { createCsrf } from './middleware/csrf.ts';
import { createErrorPage } from './middleware/error-page.ts';
import { createExpectedHost } from './middleware/expected-host.ts';
import { createLanguageSwitch } from './middleware/language-switch.ts';
import { createLateCookies } from './middleware/late-cookies.ts';
import { createRateLimit } from './middleware/rate-limit.ts';
import { createBodyLimit, createReadBody } from './middleware/read-body.ts';
import { createRequestId } from './middleware/request-id.ts';
import { createRequestLog } from './middleware/request-log.ts';
import { createSecurityHeaders } from './middleware/security-headers.ts';
import { createAskFirst } from './own-pages/ask-first.ts';
import { createSignedInOnly } from './own-pages/signed-in.ts';
import type { Warning } from './readiness.ts';
import type { Renderer } from './render.ts';
import { mountAccount } from './routes/account.ts';
import { mountAccountApps } from './routes/account-apps.ts';
import { mountActivity } from './routes/activity.ts';
import { mountDevices } from './routes/devices.ts';
import { mountEndSession } from './routes/end-session.ts';
import { mountFactors } from './routes/factors.ts';
import { mountFirstOwner } from './routes/first-owner.ts';
import { mountForgot } from './routes/forgot.ts';
import { mountHealth } from './routes/health.ts';
import { mountHome } from './routes/home.ts';
import { mountInteraction } from './routes/interaction.ts';
import { mountMailLinks } from './routes/mail-links.ts';
import { mountNotMe } from './routes/not-me.ts';
import { mountPostToGet, parametersOf, parkAgain } from './routes/post-to-get.ts';
import { mountReceipt } from './routes/receipt.ts';
import { createSignOffTickets } from './routes/sign-off-ticket.ts';

/** Everything the edge needs, by name; `wire.ts` puts it together. */
export interface AppParts {
  readonly registration: RegistrationParts['registration'];
  /** What operators can do. */
  readonly admin: Admin;
  readonly issuer: string;
  /** The very array of the library: both sign cookies that the other reads. Changes in place when keys rotate. */
  readonly cookieKeys: string[];
  /** Networks whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  readonly logoutWaitMs: number;
  /** Scopes that the operator added, and the claims they carry. */
  readonly extraScopes: ExtraScopes;
  /** `SIGNOFF_STEP_UP`. */
  readonly stepUpMs: number;
  readonly store: Store;
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly log: Log;
  /** For lines that strangers can cause. */
  readonly boundedLog: Log;
  readonly limits: StrangerLimits;
  readonly renderer: Renderer;
  readonly streams: EventStreams;
  readonly clientOf: (clientId: string) => Client | undefined;
  readonly oidc: Oidc;
  readonly interactions: Interactions;
  readonly parked: ParkedRequests;
  readonly readEndSessionRequest: (
    parameters: URLSearchParams,
    browser: HeldSession | undefined,
  ) => Promise<EndSessionRequest>;
  readonly places: Pick<Places, 'countryOf'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly mails: MailPlanner;
  readonly forgotten: ForgottenPasswords;
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  readonly secondStep: SecondStep;
  readonly enrolment: Enrolment;
  /** `SIGNOFF_SECOND_FACTOR` is `require`. */
  readonly factorRequired: boolean;
  readonly endSessions: EndSessions;
  readonly rightOfWay: Pick<RightOfWay, 'first'>;
  readonly waitForApps: WaitForApps;
  readonly receipts: Receipts;
  readonly onSettled: OnSettled;
  readonly onEndAnswered: (answer: EndAnswer) => void;
  /** What somebody should see to before it is trouble. */
  readonly warnings: readonly Warning[];
  /** Why this process is to get no requests, beside its store; undefined while it may. */
  readonly trouble: () => string | undefined;
}

/** The edge: middleware from the outside in, our routes, then the library's. */
export function createApp(parts: AppParts): Koa {
  const { issuer, log, clock, renderer, oidc, cookieKeys } = parts;
  const { render } = renderer;
  const app = new Koa();
  app.keys = cookieKeys;
  pinOrigin(app, issuer);
  // Koa's own handler writes whole errors to stderr; ours has answered and logged before it is asked.
  app.silent = true;
  const csrf = createCsrf({ keys: cookieKeys, issuer });

  // An event stream is answered when it has begun: nobody who looks on is in a walk's way.
  app.use((_ctx, next) => parts.rightOfWay.first(next));
  app.use(createRequestId());
  app.use(createRequestLog({ log, clock }));
  app.use(createAnswerTimes({ onAnswered: parts.onEndAnswered }));
  app.use(createSecurityHeaders({ issuer }));
  app.use(createLateCookies({ cookieKeys }));
  app.use(createErrorPage({ render, log: parts.boundedLog }));
  app.use(createClientAddress({ proxies: parts.proxies, log }));
  app.use(createExpectedHost({ issuer, render }));
  app.use(createApi({ ...parts, programOf: (token) => oidc.programOf(token) }));
  app.use(renderer.serveAssets);
  app.use(createLanguageSwitch({ issuer }));
  app.use(csrf.issue);
  app.use(createRoutes(parts, csrf.check));
  app.use(oidc.middleware as Middleware);
  return app;
}

function createRoutes(parts: AppParts, checkCsrf: Middleware): Middleware {
  const { oidc, box, clock, parked, renderer } = parts;
  const readBody = createReadBody();
  const sessionOf = (ctx: Context) => oidc.sessionOf(ctx);
  const provedAgain: typeof oidc.provedAgain = (ctx, held, proof) => oidc.provedAgain(ctx, held, proof);
  const rateLimit = createRateLimit({ limits: parts.limits, sessionOf });
  const guard = { ...parts, ownSignIn: oidc.ownSignIn, rateLimit, sessionOf };
  const shared = {
    ...parts,
    render: renderer.render,
    signedInOnly: createSignedInOnly(guard),
    provedAgain,
    goOn: (ctx: Context, answered: Interaction) => oidc.goOn(ctx as Parameters<Oidc['goOn']>[0], answered),
    askFirst: createAskFirst({ ...parts, render: renderer.render, provedAgain }),
    readBody,
    checkCsrf,
    takeForm: inOrder(readBody, checkCsrf),
    device: oidc.device,
    offersReset: parts.mails.sends('reset'),
    ownSignIn: oidc.ownSignIn,
    tickets: createSignOffTickets({ box, clock }),
    rateLimit,
    sessionOf,
    clearSessionCookie: (ctx: Context) => oidc.clearSessionCookie(ctx),
    readRequest: parts.readEndSessionRequest,
    parametersOf: (ctx: Context) => parametersOf(ctx, parked),
    parkAgain: (ctx: Context) => parkAgain(ctx, parked),
  };
  const router = new Router();
  mountHealth(router, shared);
  mountHome(router, shared);
  mountPostToGet(router, shared);
  // A pushed request is kept for whoever sends it. The library would read 56 KB, as it does at its other addresses.
  router.post('/request', createBodyLimit());
  mountInteraction(router, shared);
  mountEndSession(router, shared);
  mountReceipt(router, shared);
  mountDevices(router, shared);
  mountNotMe(router, shared);
  mountAccount(router, shared);
  mountAccountApps(router, shared);
  mountActivity(router, shared);
  mountForgot(router, shared);
  mountMailLinks(router, shared);
  mountFactors(router, shared);
  mountFirstOwner(router, shared);
  mountAdminPages(router, shared);
  mountRegistration(router, shared);
  const hasPage = (path: string) => router.match(path, 'GET').route;
  return inOrder((ctx, next) => {
    knowPages(ctx, hasPage);
    return next();
  }, router.routes() as Middleware);
}

function inOrder(first: Middleware, second: Middleware): Middleware {
  return (ctx, next) => first(ctx, async () => second(ctx, next));
}
