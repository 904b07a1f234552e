/** The provider behind a swap point: keys and configuration change by a new instance, requests in flight finish on the old. */
import Provider, { type AdapterFactory } from 'oidc-provider';
import type { Proof } from '../accounts/proof.ts';
import type { Registry } from '../clients/registry.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Log } from '../ops/log.ts';
import type { HeldSession, Store } from '../store/store.ts';
import { createAdapterFactory } from './adapter.ts';
import { createBrowserSession } from './browser-session.ts';
import { createCheckClients } from './check-clients.ts';
import { sessionCookieNames } from './cookies.ts';
import { createDeviceCookie, type DeviceCookie } from './device-cookie.ts';
import { createEndOlderSiblings } from './device-siblings.ts';
import { createFrozenDocuments } from './frozen-documents.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { createInteractionCookies, type InteractionCookies } from './interaction-cookies.ts';
import { createInteractionGate, letIn } from './interaction-gate.ts';
import {
  createInteractionLookup,
  type Exchange,
  type Interaction,
  type InteractionLookup,
} from './interaction-lookup.ts';
import type { Keys } from './keys.ts';
import { writeLate } from './late-writes.ts';
import type { Middleware, RenderError } from './library-shapes.ts';
import { createOwnSignIn, type OwnSignIn } from './own-sign-in.ts';
import { pinOrigin } from './pinned-origin.ts';
import { findProgram, type Program } from './programs.ts';
import { type OidcSettings, providerConfiguration } from './provider-configuration.ts';
import { logRefusals } from './refusal-log.ts';
import { factsOf, turnOf } from './request-facts.ts';
import { changeSeams } from './seams.ts';
import { createSessionBegun } from './session-begun.ts';
import { createSessionLookup } from './session-lookup.ts';
import { createSignInTurns, type SignInTurns } from './sign-in-turns.ts';
import { countStrangers, refuseAtTheDoor, type StrangerLimits } from './stranger-limits.ts';
import { createTokenReuse } from './token-reuse.ts';

export interface OidcParts {
  readonly config: OidcSettings;
  readonly store: Pick<Store, 'sessions' | 'provider' | 'accounts' | 'credentials'>;
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly log: Log;
  /** For lines that strangers can cause. */
  readonly boundedLog: Log;
  readonly limits: StrangerLimits;
  readonly registry: Pick<Registry, 'get' | 'all'>;
  readonly keys: Keys;
  readonly endSessions: EndSessions;
  readonly fetch: GuardedFetch;
  readonly renderError: RenderError;
}

export interface Oidc {
  /** All of the library's addresses; mount it last. The host app's `keys` must be `keys.cookieKeys`. */
  readonly middleware: Middleware;
  /** Takes an interaction that this request has answered, as if the browser had followed to its address already. */
  goOn(ctx: Parameters<Middleware>[0], answered: Interaction): Promise<void>;
  /** Swaps in a new instance after a change of keys. Clients are read live from the registry. */
  reload(): void;
  /** Who is signed in in this browser. Saves nothing; a session whose time is over is ended on sight. */
  sessionOf(exchange: Exchange): Promise<HeldSession | undefined>;
  /** Makes the browser forget its session cookie, under its old names too. */
  clearSessionCookie(exchange: Exchange): void;
  currentProvider(): Provider;
  /** Which client calls with this token of its own; undefined when it is none. */
  programOf(token: string): Promise<Program | undefined>;
  readonly findInteraction: InteractionLookup;
  readonly interactionCookies: InteractionCookies;
  readonly device: DeviceCookie;
  readonly signInTurns: SignInTurns;
  /** Signing in at our own pages, with no app that asked. */
  readonly ownSignIn: OwnSignIn;
  /** The person of this session has just proved again who they are, here: `auth_time`, `acr` and `amr` tell of that from now on. */
  provedAgain(exchange: Exchange, held: HeldSession, proof: Proof): Promise<void>;
  /** Logs `client.rejected` for each active client that the library would refuse at its first sign-in. */
  checkClients(): Promise<void>;
}

export function createOidc(parts: OidcParts): Oidc {
  const { config } = parts;
  const checkClients = createCheckClients(parts);
  const lookup = createSessionLookup(parts);
  const device = createDeviceCookie(config.issuer);
  const interactionCookies = createInteractionCookies(config.issuer, device);
  const begun = createSessionBegun({
    ...parts,
    sessionsPerAccount: config.sessionsPerAccount,
    endOlderSiblings: createEndOlderSiblings(parts),
  });
  const adapter = createAdapterFactory({
    ...parts,
    lookup,
    device,
    begun,
    reuse: createTokenReuse(parts),
    pairwiseSalt: parts.keys.pairwiseSalt,
  });
  const signInTurns = createSignInTurns();
  const configuration = { ...parts, interactionCookies };
  let current = createInstance(configuration, adapter);
  const names = sessionCookieNames(config.issuer);
  const currentProvider = () => current.provider;
  const findInteraction = createInteractionLookup({
    ...parts,
    currentProvider,
    sessionOf,
    device,
    cookies: interactionCookies,
  });
  const gate = createInteractionGate(findInteraction);
  const { issuer, sessionMaxMs } = config;
  const browserSession = createBrowserSession({ ...parts, sessionMaxMs, begun, currentProvider });
  const signIn = { ...parts, issuer, device, interactionCookies, findInteraction, signInTurns, browserSession };

  async function sessionOf({ req, res }: Exchange): Promise<HeldSession | undefined> {
    const { cookies } = current.provider.createContext(req, res);
    const cookie = cookies.get(names[0] ?? '', { signed: true });
    return cookie === undefined ? undefined : lookup.held(cookie);
  }

  async function inTurn(ctx: Parameters<Middleware>[0], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      const turn = turnOf(ctx);
      if (turn) ctx.res.once('close', () => signInTurns.end(turn));
    }
  }

  return {
    async middleware(ctx, next) {
      refuseAtTheDoor(ctx, names, parts.limits);
      await inTurn(ctx, () => gate(ctx, () => current.middleware(ctx, next)));
    },
    async goOn(ctx, answered) {
      const { method, url } = ctx;
      letIn(ctx, answered);
      Object.assign(ctx, { method: 'GET', url: `/auth/${answered.uid}` });
      try {
        await inTurn(ctx, () => current.middleware(ctx, async () => undefined));
      } finally {
        // What is logged is the request that came.
        Object.assign(ctx, { method, url });
      }
    },
    currentProvider,
    programOf: (token) => findProgram(current.provider, parts.registry, token),
    findInteraction,
    interactionCookies,
    device,
    signInTurns,
    ownSignIn: createOwnSignIn({ ...signIn, currentProvider }),
    provedAgain(exchange, held, proof) {
      const { accountId } = held.session;
      const login = { accountId, ts: Math.floor(parts.clock.now() / 1000), remember: true, ...proof };
      return browserSession.renew(exchange, held, login);
    },
    reload() {
      current = createInstance(configuration, adapter);
    },
    sessionOf,
    clearSessionCookie({ req, res }) {
      const { cookies } = current.provider.createContext(req, res);
      const attributes = { httpOnly: true, sameSite: 'lax', path: '/', signed: true, overwrite: true } as const;
      for (const name of names) cookies.set(name, null, attributes);
    },
    checkClients: () => checkClients(current.provider),
  };
}

interface Instance {
  readonly provider: Provider;
  readonly middleware: Middleware;
}

function createInstance(parts: OidcParts & Pick<Oidc, 'interactionCookies'>, adapter: AdapterFactory): Instance {
  const { config } = parts;
  const provider = new Provider(config.issuer, providerConfiguration(parts, adapter));
  provider.proxy = false;
  // The very array, which changes when cookie keys do.
  provider.keys = parts.keys.cookieKeys;
  pinOrigin(provider, config.issuer);
  changeSeams(provider, parts);
  countStrangers(provider, parts);
  logRefusals(provider, parts.registry, parts.boundedLog);
  // One middleware is all it has: the host's context goes straight in, as a mount at the root would do.
  const [library] = provider.middleware;
  if (!library) throw new Error('the library has no middleware');
  const frozen = createFrozenDocuments();
  const sessionCookie = provider.cookieName('session');
  const middleware: Middleware = async (ctx, next) => {
    try {
      await frozen(ctx, () => library(ctx, next));
    } finally {
      await writeLate(ctx, parts.store.provider);
      if (factsOf(ctx).keepCookie) withholdCookie(ctx, sessionCookie);
    }
  };
  return { provider, middleware };
}

/**
 * The library has put an id into the answer that leads nowhere, or only for a minute: the browser must keep what it has,
 * which may be a newer one from another tab.
 */
function withholdCookie(ctx: { readonly res: Exchange['res'] }, name: string): void {
  const set = ctx.res.getHeader('set-cookie');
  const all = Array.isArray(set) ? set : [];
  const others = all.filter((one) => !one.startsWith(`${name}=`) && !one.startsWith(`${name}.sig=`));
  if (others.length > 0) ctx.res.setHeader('set-cookie', others);
  else ctx.res.removeHeader('set-cookie');
}
