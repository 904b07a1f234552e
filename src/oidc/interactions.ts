/** The pages between an app's request and its code: which one comes now, and what its answer means. */
import type { InteractionResults } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import type { ActivityEvent } from '../activity/news.ts';
import type { Client } from '../clients/client-file.ts';
import type { Registry } from '../clients/registry.ts';
import { pageOld } from '../errors.ts';
import type { ExtraScopes } from '../extra-scopes.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { MailPlanner } from '../mails/plan-mails.ts';
import type { Clock } from '../ops/clock.ts';
import { randomId } from '../ops/ids.ts';
import type { Device, Generation, Session } from '../sessions/session.ts';
import type { SessionOpening, Store } from '../store/store.ts';
import { allAsked, newlyAsked } from './asked-scopes.ts';
import {
  type Exchange,
  type FoundInteraction,
  hasLostSession,
  type Interaction,
  pageOf,
  startOver,
} from './interaction-lookup.ts';
import { SOMEBODY_ELSE } from './interaction-policy.ts';
import type { Keys } from './keys.ts';
import { ownPlaceOf } from './own-sign-in.ts';
import { passwordLogin } from './password-login.ts';
import type { Oidc } from './provider.ts';
import type { Turn } from './sign-in-turns.ts';
import { isSomebodyElse } from './wanted-person.ts';

/** What an interaction page has to show. */
export type InteractionDetails =
  /** Too old, or of another browser; `cookiesOff` where the browser seems to keep no cookies. */
  | { readonly kind: 'gone'; readonly cookiesOff: boolean; readonly signedIn: boolean }
  /** What it is about is not so any more: another session, or none. The request must be judged anew. */
  | { readonly kind: 'overtaken'; readonly overtaken: true }
  | (Open & {
      readonly kind: 'sign-in';
      /** Undefined: a page of ours asks (`own-sign-in.ts`). */
      readonly client: Client | undefined;
      readonly loginHint: string | undefined;
      /** Who is signed in in this browser now: somebody else's sign-in ends that. */
      readonly account: Account | undefined;
      /** It is this person whom the app wants to be sure of (`prompt=login`, `max_age`), not another. */
      readonly again: boolean;
      /** Somebody has signed in here since it began, and the app did not ask for more. */
      readonly overtaken: boolean;
    })
  | (Open & {
      readonly kind: 'consent';
      readonly client: Client;
      readonly account: Account;
      /** What the app asks for and was not allowed yet; all it asks for when it wants the question (`prompt=consent`). */
      readonly scopes: readonly string[];
    })
  | (Open & { readonly kind: 'continue'; readonly client: Client; readonly account: Account });

interface Open {
  readonly uid: string;
  /** Of its page, and where its form is sent. */
  readonly address: string;
  /** It led on already; a second answer leads on as well. */
  readonly answered: boolean;
  /** Somebody is signed in in this browser now. */
  readonly signedIn: boolean;
}

/** A verified password, and what the new session begins with. */
export interface SignedIn {
  readonly account: Account;
  /** Seen when the password was verified, not now (invariant 7). */
  readonly generation: Generation;
  readonly device: Device;
  /** A shared computer: the cookie goes with the browser, the session rests 15 minutes at most. */
  readonly shared: boolean;
  /** Of the page. */
  readonly locale?: string | undefined;
}

/** The acts answer the address to go to (303) and throw AppError `page_old` when it is too late. */
export interface Interactions {
  details(exchange: Exchange, uid: string): Promise<InteractionDetails>;
  /** Lets the app's request be judged anew, by who is signed in now. */
  startOver(exchange: Exchange, uid: string): Promise<string>;
  finishSignIn(exchange: Exchange, uid: string, signedIn: SignedIn): Promise<string>;
  finishConsent(exchange: Exchange, uid: string, decision: 'allow' | 'deny'): Promise<string>;
  /** `other` answers the address of the same interaction, which then is a sign-in. */
  finishContinue(exchange: Exchange, uid: string, decision: 'continue' | 'other'): Promise<string>;
}

export interface InteractionsParts {
  readonly oidc: Pick<Oidc, 'currentProvider' | 'findInteraction' | 'interactionCookies' | 'signInTurns'>;
  readonly store: Pick<Store, 'accounts'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly keys: Pick<Keys, 'pairwiseSalt'>;
  readonly endSessions: EndSessions;
  readonly mails: Pick<MailPlanner, 'newDevice'>;
  readonly clock: Clock;
  readonly config: { readonly sessionIdleMs: number; readonly sessionMaxMs: number; readonly scopes: ExtraScopes };
}

type Found = Extract<FoundInteraction, { kind: 'found' }>;

const SHARED_IDLE_MS = 15 * 60 * 1000;

/** Our pages by the library's prompts. */
type PageKind = 'sign-in' | 'consent' | 'continue';

const KINDS: Readonly<Record<string, PageKind>> = {
  login: 'sign-in',
  consent: 'consent',
  continue: 'continue',
  select_account: 'continue',
};

/** The prompt of a sign-in that was chosen on the page "Continue as …?". */
const OTHER_ACCOUNT = { name: 'login', reasons: ['other_account'], details: {} };

export function createInteractions(parts: InteractionsParts): Interactions {
  const { oidc, store, clock } = parts;

  /** The interaction of this browser, if it is one of these pages. */
  async function open(exchange: Exchange, uid: string, kind: PageKind): Promise<Found> {
    const found = await load(exchange, uid, parts);
    if (found.kind === 'gone' || KINDS[found.interaction.prompt.name] !== kind) throw pageOld();
    return found;
  }

  /** The turn ends when the library has answered the request that this one leads to. */
  async function inTurn({ key }: Device, work: (turn: Turn | undefined) => Promise<string>): Promise<string> {
    if (key === undefined) return work(undefined);
    const turn = await oidc.signInTurns.take(key);
    try {
      return await work(turn);
    } catch (error) {
      oidc.signInTurns.end(turn);
      throw error;
    }
  }

  return {
    details: (exchange, uid) => describe(exchange, uid, parts),
    async startOver(exchange, uid) {
      const found = await load(exchange, uid, parts);
      if (found.kind === 'gone') throw pageOld();
      return startOver(found.interaction);
    },
    async finishSignIn(exchange, uid, signedIn) {
      const found = await open(exchange, uid, 'sign-in');
      if (isWrongPerson(found, signedIn.account, parts)) return finish(found.interaction, wrongPerson());
      await endOthers(found, signedIn.account.id, parts);
      await settleBrowser(exchange, parts);
      return inTurn(signedIn.device, (turn) => finish(found.interaction, signInResult(signedIn, turn, found, parts)));
    },
    async finishConsent(exchange, uid, decision) {
      const { interaction, browser } = await open(exchange, uid, 'consent');
      if (decision === 'deny') return finish(interaction, denied());
      // Nobody may agree for a session that this browser does not hold (any more).
      if (!browser || browser.session.uid !== interaction.session?.uid) return startOver(interaction);
      const { accountId } = browser.session;
      const clientId = String(interaction.params['client_id']);
      const scopes = allAsked(interaction, parts.config.scopes);
      const now = clock.now();
      const news = { events: [consentEvent(browser.session, clientId, scopes, now)], mails: [] };
      await store.accounts.allow(accountId, clientId, scopes, now, news);
      return finish(interaction, { consent: {} });
    },
    async finishContinue(exchange, uid, decision) {
      const found = await open(exchange, uid, 'continue');
      const { interaction } = found;
      if (hasLostSession(found)) return startOver(interaction);
      if (decision === 'continue') return finish(interaction, { continue: {}, select_account: {} });
      interaction.prompt = OTHER_ACCOUNT;
      interaction.answered = false;
      await interaction.persist();
      return pageOf(interaction);
    },
  };
}

/** Hands the answer to the library, together with those to earlier pages of the same request. */
async function finish(interaction: Interaction, result: InteractionResults): Promise<string> {
  interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result };
  await interaction.persist();
  return interaction.returnTo;
}

function consentEvent(session: Session, clientId: string, scopes: readonly string[], at: number): ActivityEvent {
  return {
    id: randomId(),
    accountId: session.accountId,
    at,
    kind: 'consent',
    actor: 'user',
    session: session.uid,
    device: session.device.name,
    place: session.device.place,
    clientId,
    reason: undefined,
    logoutId: undefined,
    detail: { scopes },
  };
}

/** Nothing changes here: the sign-in would be worth nothing to the app, and cost whoever is signed in theirs. */
function wrongPerson(): InteractionResults {
  return { error: 'login_required', error_description: 'somebody else signed in than the request names' };
}

function isWrongPerson({ interaction }: Found, { id }: Account, { registry, keys }: InteractionsParts): boolean {
  const client = registry.get(String(interaction.params['client_id']))?.client;
  return client !== undefined && isSomebodyElse(id, interaction.params, client, keys.pairwiseSalt);
}

function denied(): InteractionResults {
  return { error: 'access_denied', error_description: 'the person said no' };
}

/** A new browser that opens more tabs than this at once has the others begin anew. */
const TABS_AT_ONCE = 20;

/** The browser has shown which name it keeps: looking for them puts all that it began under that one. */
async function settleBrowser(exchange: Exchange, { oidc }: InteractionsParts): Promise<void> {
  const { req, res } = exchange;
  const begun = oidc.interactionCookies.settle(oidc.currentProvider().createContext(req, res).cookies, req);
  for (const uid of begun.slice(0, TABS_AT_ONCE)) await oidc.findInteraction(exchange, uid);
}

/** `gone` also when the app may not sign anybody in any more. */
async function load(exchange: Exchange, uid: string, { oidc, registry }: InteractionsParts): Promise<FoundInteraction> {
  const found = await oidc.findInteraction(exchange, uid);
  if (found.kind === 'gone' || ownPlaceOf(found.interaction) !== undefined) return found;
  const isActive = registry.get(String(found.interaction.params['client_id']))?.state === 'active';
  return isActive ? found : { kind: 'gone', cookiesOff: false, browser: found.browser };
}

async function describe(exchange: Exchange, uid: string, parts: InteractionsParts): Promise<InteractionDetails> {
  const found = await load(exchange, uid, parts);
  const signedIn = found.browser !== undefined;
  if (found.kind === 'gone') return { kind: 'gone', cookiesOff: found.cookiesOff, signedIn };
  const { interaction } = found;
  const kind = KINDS[interaction.prompt.name];
  const client = parts.registry.get(String(interaction.params['client_id']))?.client;
  const common = { uid, address: pageOf(interaction), answered: interaction.answered ?? false, signedIn };
  if (kind === 'sign-in') return { kind, ...common, client, ...(await signInFacts(found, parts)) };
  if (!kind || !client) return { kind: 'gone', cookiesOff: false, signedIn };
  if (hasLostSession(found)) return { kind: 'overtaken', overtaken: true };
  const account = await parts.store.accounts.find(interaction.session?.accountId ?? '');
  if (account?.state !== 'active') return { kind: 'overtaken', overtaken: true };
  return kind === 'continue'
    ? { kind, ...common, client, account }
    : { kind, ...common, client, account, scopes: newlyAsked(interaction, parts.config.scopes) };
}

/** Reasons for which a password is wanted although somebody may be signed in. */
const WANTS_PASSWORD: readonly string[] = ['login_prompt', 'other_account'];

async function signInFacts({ interaction, browser }: Found, { store }: InteractionsParts) {
  const { params, prompt, session } = interaction;
  const { login_hint: hint } = params;
  const isAnother = prompt.reasons.some((reason) => reason === 'other_account' || reason === SOMEBODY_ELSE);
  const wanted = prompt.reasons.some((reason) => WANTS_PASSWORD.includes(reason));
  const account = browser && (await store.accounts.find(browser.session.accountId));
  return {
    loginHint: typeof hint === 'string' ? hint : undefined,
    account,
    again: account !== undefined && !isAnother,
    overtaken: !wanted && browser !== undefined && browser.session.uid !== session?.uid,
  };
}

/**
 * Signing in as somebody else ends the session this browser held before (DESIGN §8.8): its apps must not stay signed in as
 * the person who left. The library must not see the old one any more, or it would refuse the interaction.
 */
async function endOthers(found: Found, accountId: string, { endSessions }: InteractionsParts): Promise<void> {
  const { interaction, browser } = found;
  const begun = interaction.session;
  const cause = { reason: 'other-account', actor: { kind: 'user', id: accountId } } as const;
  const sessions = [browser?.session, begun].filter((one) => one !== undefined);
  for (const uid of new Set(sessions.filter((one) => one.accountId !== accountId).map((one) => one.uid))) {
    await endSessions({ kind: 'session', uid }, cause);
  }
  // The answer of an earlier page was given in a session that is over.
  if (hasLostSession(found)) await startOver(interaction);
  else if (begun && begun.accountId !== accountId) Object.assign(interaction, { session: undefined });
}

/** What travels to the library, and back to our adapter, which opens the session from it. */
function signInResult(
  signedIn: SignedIn,
  turn: Turn | undefined,
  { interaction }: Found,
  { clock, config, registry, mails }: InteractionsParts,
): InteractionResults {
  const { account, generation, device, shared, locale } = signedIn;
  const now = clock.now();
  const client = registry.get(String(interaction.params['client_id']))?.client;
  const seat = { device: device.name, place: device.place };
  const opening: SessionOpening = {
    accountId: account.id,
    generation,
    device,
    shared,
    startedAt: now,
    idleMs: shared ? Math.min(SHARED_IDLE_MS, config.sessionIdleMs) : config.sessionIdleMs,
    expiresAt: now + config.sessionMaxMs,
    clientId: client?.client_id,
    locale,
    ifNewDevice: mails.newDevice({ ...account, locale: locale ?? account.locale }, now, seat, client?.client_name),
  };
  const login = { ...passwordLogin(account.id, now), remember: !shared };
  return { login, opening, turn, continue: {}, select_account: {} };
}
