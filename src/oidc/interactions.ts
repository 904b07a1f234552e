/** The pages between an app's request and its code: which one comes now, and what its answer means. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type InteractionResults, type Provider } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import type { Client } from '../clients/client-file.ts';
import type { Registry } from '../clients/registry.ts';
import { AppError } from '../errors.ts';
import { type ExtraScopes, scopeNames } from '../extra-scopes.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { Clock } from '../ops/clock.ts';
import type { Device, Generation } from '../sessions/session.ts';
import type { SessionOpening, Store, StoredSession } from '../store/store.ts';
import { scopesOfClaims } from './claims.ts';
import { PASSWORD_ACR } from './interaction-policy.ts';
import type { SignInTurns } from './sign-in-turns.ts';

/** Node's own pair; Koa's context has it. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** What an interaction page has to show. `gone`: too old, finished, or of another browser. */
export type InteractionDetails =
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'sign-in';
      readonly uid: string;
      readonly client: Client;
      readonly loginHint: string | undefined;
      /** Signed in already, but the app wants to be sure (`prompt=login`, `max_age`). */
      readonly again: boolean;
    }
  | {
      readonly kind: 'consent';
      readonly uid: string;
      readonly client: Client;
      readonly account: Account;
      /** What the app asks for and was not allowed yet; all it asks for when it wants the question (`prompt=consent`). */
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'continue'; readonly uid: string; readonly client: Client; readonly account: Account };

/** A verified password, and what the new session begins with. */
export interface SignedIn {
  readonly account: Account;
  /** Seen when the password was verified, not now (invariant 7). */
  readonly generation: Generation;
  readonly device: Device;
  /** A shared computer: the cookie goes with the browser, the session rests 15 minutes at most. */
  readonly shared: boolean;
}

/** The `finish…` acts answer the address to go to (303) and throw AppError `interaction_gone` (400) when it is too late. */
export interface Interactions {
  details(exchange: Exchange): Promise<InteractionDetails>;
  finishSignIn(exchange: Exchange, signedIn: SignedIn): Promise<string>;
  finishConsent(exchange: Exchange, decision: 'allow' | 'deny'): Promise<string>;
  /** `other` answers the address of the same interaction, which then is a sign-in. */
  finishContinue(exchange: Exchange, decision: 'continue' | 'other'): Promise<string>;
}

export interface InteractionsParts {
  readonly oidc: {
    currentProvider(): Provider;
    sessionOf(exchange: Exchange): Promise<StoredSession | undefined>;
    readonly signInTurns: SignInTurns;
  };
  readonly store: Pick<Store, 'accounts'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly endSessions: EndSessions;
  readonly clock: Clock;
  readonly config: { readonly sessionIdleMs: number; readonly sessionMaxMs: number; readonly scopes: ExtraScopes };
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const SHARED_IDLE_MS = 15 * 60 * 1000;

/** Our pages by the library's prompts. */
const KINDS: Readonly<Record<string, 'sign-in' | 'consent' | 'continue'>> = {
  login: 'sign-in',
  consent: 'consent',
  continue: 'continue',
  select_account: 'continue',
};

/** The prompt of a sign-in that was chosen on the page "Continue as …?". */
const OTHER_ACCOUNT = { name: 'login', reasons: ['other_account'], details: {} };

export function createInteractions(parts: InteractionsParts): Interactions {
  /** The interaction of this browser, if it is one of these pages. */
  async function open(exchange: Exchange, kind: 'sign-in' | 'consent' | 'continue'): Promise<Interaction> {
    const interaction = await load(exchange, parts);
    if (!interaction || KINDS[interaction.prompt.name] !== kind) throw gone();
    return interaction;
  }

  async function finish({ req, res }: Exchange, result: InteractionResults): Promise<string> {
    try {
      return await parts.oidc.currentProvider().interactionResult(req, res, result);
    } catch (error) {
      throw error instanceof errors.SessionNotFound ? gone() : error;
    }
  }

  /** The turn ends when the library has answered the request that this one leads to. */
  async function inTurn({ key }: Device, work: () => Promise<string>): Promise<string> {
    if (key === undefined) return work();
    const { signInTurns } = parts.oidc;
    await signInTurns.take(key);
    try {
      return await work();
    } catch (error) {
      signInTurns.end(key);
      throw error;
    }
  }

  return {
    details: (exchange) => describe(exchange, parts),
    async finishSignIn(exchange, signedIn) {
      const interaction = await open(exchange, 'sign-in');
      await endOthers(exchange, interaction, signedIn.account.id, parts);
      return inTurn(signedIn.device, () => finish(exchange, signInResult(signedIn, parts)));
    },
    async finishConsent(exchange, decision) {
      const interaction = await open(exchange, 'consent');
      if (decision === 'deny') return finish(exchange, denied());
      const session = await sessionOfInteraction(exchange, interaction, parts);
      const { accountId } = session.session;
      const { client_id: clientId } = interaction.params;
      await parts.store.accounts.allow(accountId, String(clientId), allAsked(interaction, parts), parts.clock.now());
      return finish(exchange, { consent: {} });
    },
    async finishContinue(exchange, decision) {
      const interaction = await open(exchange, 'continue');
      if (decision === 'continue') return finish(exchange, { continue: {}, select_account: {} });
      interaction.prompt = OTHER_ACCOUNT;
      await interaction.persist();
      return `/interaction/${interaction.uid}`;
    },
  };
}

function gone(): AppError {
  return new AppError({
    code: 'interaction_gone',
    status: 400,
    publicMessage: 'This page is old. Go back to the app and start again.',
  });
}

function denied(): InteractionResults {
  return { error: 'access_denied', error_description: 'the person said no' };
}

/** Undefined when there is none, when it is over, or when its session or client is not what it began with. */
async function load({ req, res }: Exchange, { oidc, registry }: InteractionsParts): Promise<Interaction | undefined> {
  try {
    const interaction = await oidc.currentProvider().interactionDetails(req, res);
    return registry.get(String(interaction.params['client_id']))?.state === 'active' ? interaction : undefined;
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

async function describe(exchange: Exchange, parts: InteractionsParts): Promise<InteractionDetails> {
  const interaction = await load(exchange, parts);
  const kind = KINDS[interaction?.prompt.name ?? ''];
  const client = parts.registry.get(String(interaction?.params['client_id']))?.client;
  if (!interaction || !kind || !client) return { kind: 'gone' };
  const { uid } = interaction;
  if (kind === 'sign-in') return { kind, uid, client, ...signInFacts(interaction) };
  const account = await parts.store.accounts.find(interaction.session?.accountId ?? '');
  if (account?.state !== 'active') return { kind: 'gone' };
  return kind === 'continue'
    ? { kind, uid, client, account }
    : { kind, uid, client, account, scopes: newlyAsked(interaction, parts) };
}

function signInFacts({ params, prompt, session }: Interaction) {
  const { login_hint: hint } = params;
  const chosen = prompt.reasons.includes('other_account');
  return { loginHint: typeof hint === 'string' ? hint : undefined, again: session !== undefined && !chosen };
}

/** Everything the request asks for, single claims by the scopes that carry them. */
function allAsked({ params }: Interaction, { config }: InteractionsParts): readonly string[] {
  const known = new Set(scopeNames(config.scopes));
  const scopes = String(params['scope'] ?? '').split(' ');
  const carriers = scopesOfClaims(requestedClaims(params['claims']), config.scopes);
  return [...new Set([...scopes.filter((scope) => known.has(scope)), ...carriers])];
}

function newlyAsked(interaction: Interaction, parts: InteractionsParts): readonly string[] {
  const { reasons, details } = interaction.prompt;
  if (reasons.includes('consent_prompt') || reasons.includes('native_client_prompt'))
    return allAsked(interaction, parts);
  const missing = details as { readonly missingOIDCScope?: string[]; readonly missingOIDCClaims?: string[] };
  const carriers = scopesOfClaims(missing.missingOIDCClaims ?? [], parts.config.scopes);
  return [...new Set([...(missing.missingOIDCScope ?? []), ...carriers])];
}

/** The library has checked that it is JSON of the right shape (Core §5.5). */
function requestedClaims(claims: unknown): string[] {
  if (typeof claims !== 'string') return [];
  const { userinfo, id_token: idToken } = JSON.parse(claims) as {
    readonly userinfo?: object;
    readonly id_token?: object;
  };
  return [...Object.keys(userinfo ?? {}), ...Object.keys(idToken ?? {})];
}

/** Nobody may agree for a session that this browser does not hold (any more). */
async function sessionOfInteraction(
  exchange: Exchange,
  interaction: Interaction,
  { oidc }: InteractionsParts,
): Promise<StoredSession> {
  const stored = await oidc.sessionOf(exchange);
  if (!stored || stored.session.uid !== interaction.session?.uid) throw gone();
  return stored;
}

/**
 * Signing in as somebody else ends the session this browser held before (DESIGN §8.8): its apps must not stay signed in as
 * the person who left. The library must not see the old one any more, or it would refuse the interaction.
 */
async function endOthers(
  exchange: Exchange,
  interaction: Interaction,
  accountId: string,
  { oidc, endSessions }: InteractionsParts,
): Promise<void> {
  const held = (await oidc.sessionOf(exchange))?.session;
  const begun = interaction.session;
  const cause = { reason: 'other-account', actor: { kind: 'user', id: accountId } } as const;
  const sessions = [held, begun].filter((one) => one !== undefined);
  for (const uid of new Set(sessions.filter((one) => one.accountId !== accountId).map((one) => one.uid))) {
    await endSessions({ kind: 'session', uid }, cause);
  }
  if (begun && begun.accountId !== accountId) {
    Object.assign(interaction, { session: undefined });
    await interaction.persist();
  }
}

/** What travels to the library, and back to our adapter, which opens the session from it. */
function signInResult(signedIn: SignedIn, { clock, config }: InteractionsParts): InteractionResults {
  const { account, generation, device, shared } = signedIn;
  const now = clock.now();
  const opening: SessionOpening = {
    accountId: account.id,
    generation,
    device,
    startedAt: now,
    idleMs: shared ? Math.min(SHARED_IDLE_MS, config.sessionIdleMs) : config.sessionIdleMs,
    expiresAt: now + config.sessionMaxMs,
  };
  const login = {
    accountId: account.id,
    remember: !shared,
    ts: Math.floor(now / 1000),
    amr: ['pwd'],
    acr: PASSWORD_ACR,
  };
  return { login, opening, continue: {}, select_account: {} };
}
