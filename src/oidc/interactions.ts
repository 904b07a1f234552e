/** The pages between an app's request and its code: which one comes now, and what its answer means. */
import type { InteractionResults } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import { BY_PASSWORD, type Proof } from '../accounts/proof.ts';
import { activityEvent, seatOfSession } from '../activity/activity-event.ts';
import { appName } from '../clients/app-name.ts';
import { pageOld } from '../errors.ts';
import type { ExtraScopes } from '../extra-scopes.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { MailPlanner } from '../mails/plan-mails.ts';
import type { Device } from '../sessions/session.ts';
import type { SessionOpening, Store } from '../store/store.ts';
import { DEFAULT_LANGUAGE, languageAmong } from '../words/language.ts';
import { allAsked } from './asked-scopes.ts';
import type { InteractionDetails, SignedIn } from './interaction-details.ts';
import { type Exchange, hasLostSession, type Interaction, pageOf, startOver } from './interaction-lookup.ts';
import { describe, type Found, KINDS, load, type PageKind, type PageParts, pendingFor } from './interaction-pages.ts';
import type { Keys } from './keys.ts';
import { ownPlaceOf } from './own-sign-in.ts';
import { type PendingSignIn, pendingIn } from './pending-sign-in.ts';
import type { Oidc } from './provider.ts';
import type { Turn } from './sign-in-turns.ts';
import { isSomebodyElse } from './wanted-person.ts';

/** What comes after the answer of a page. */
export type Continuation =
  /** The browser goes there (303). */
  | { readonly kind: 'elsewhere'; readonly address: string }
  /** The library takes the answer in the request that brought it: it is kept nowhere, and the browser has a trip less. */
  | { readonly kind: 'at-once'; readonly answered: Interaction };

/** The acts throw AppError `page_old` when it is too late. */
export interface Interactions {
  details(exchange: Exchange, uid: string): Promise<InteractionDetails>;
  /** Lets the app's request be judged anew, by who is signed in now. */
  startOver(exchange: Exchange, uid: string): Promise<Continuation>;
  finishSignIn(exchange: Exchange, uid: string, signedIn: SignedIn): Promise<Continuation>;
  /** Lets a sign-in whose password was right wait; leads to the page that asks for the second step. */
  awaitSecondStep(exchange: Exchange, uid: string, signedIn: Omit<SignedIn, 'proof'>): Promise<Continuation>;
  finishSecondStep(exchange: Exchange, uid: string, proof: Proof): Promise<Continuation>;
  /** Keeps what was proved while the person is shown something; then `finishSecondStep`. */
  keepProof(exchange: Exchange, uid: string, proof: Proof): Promise<void>;
  /** Forgets that the password was right; leads to the sign-in page. */
  dropSecondStep(exchange: Exchange, uid: string): Promise<Continuation>;
  finishConsent(exchange: Exchange, uid: string, decision: 'allow' | 'deny'): Promise<Continuation>;
  /** `other` leads to the same interaction, which then is a sign-in. */
  finishContinue(exchange: Exchange, uid: string, decision: 'continue' | 'other'): Promise<Continuation>;
}

export interface InteractionsParts extends PageParts {
  readonly store: PageParts['store'] & { readonly sessions: Pick<Store['sessions'], 'ofDevice'> };
  readonly oidc: Pick<Oidc, 'currentProvider' | 'findInteraction' | 'interactionCookies' | 'signInTurns'>;
  readonly keys: Pick<Keys, 'pairwiseSalt'>;
  readonly endSessions: EndSessions;
  readonly mails: Pick<MailPlanner, 'newDevice'>;
  readonly config: { readonly sessionIdleMs: number; readonly sessionMaxMs: number; readonly scopes: ExtraScopes };
}

const SHARED_IDLE_MS = 15 * 60 * 1000;

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
  async function inTurn<T>({ key }: Device, work: (turn: Turn | undefined) => Promise<T>): Promise<T> {
    if (key === undefined) return work(undefined);
    const turn = await oidc.signInTurns.take(key);
    try {
      return await work(turn);
    } catch (error) {
      oidc.signInTurns.end(turn);
      throw error;
    }
  }

  /**
   * Where no app asked, the library has nothing to take. Of two tabs that sign in at once, the later one must come with the
   * cookie that the earlier one was answered with: its own request was on the way by then.
   */
  async function mayGoOn({ interaction, browser }: Found, { key }: Device): Promise<boolean> {
    if (ownPlaceOf(interaction) !== undefined) return false;
    if (key === undefined) return true;
    return (await store.sessions.ofDevice(key)).every(({ uid }) => uid === browser?.session.uid);
  }

  async function finishSignIn(exchange: Exchange, uid: string, signedIn: SignedIn): Promise<Continuation> {
    const found = await open(exchange, uid, 'sign-in');
    if (isWrongPerson(found, signedIn.account, parts)) return finish(found.interaction, wrongPerson());
    await endOthers(found, signedIn.account.id, parts);
    await settleBrowser(exchange, uid, parts);
    return inTurn(signedIn.device, async (turn) => {
      const result = signInResult(signedIn, turn, found, parts);
      return (await mayGoOn(found, signedIn.device))
        ? finish(found.interaction, result)
        : finishElsewhere(found.interaction, result);
    });
  }

  return {
    details: (exchange, uid) => describe(exchange, uid, parts),
    async startOver(exchange, uid) {
      const found = await load(exchange, uid, parts);
      if (found.kind === 'gone') throw pageOld();
      return elsewhere(await startOver(found.interaction));
    },
    finishSignIn,
    async awaitSecondStep(exchange, uid, { account, generation, device, shared, locale }) {
      const found = await open(exchange, uid, 'sign-in');
      if (isWrongPerson(found, account, parts)) return finish(found.interaction, wrongPerson());
      return wait(found.interaction, { accountId: account.id, generation, device, shared, locale, at: clock.now() });
    },
    async finishSecondStep(exchange, uid, proof) {
      const pending = pendingFor(await open(exchange, uid, 'sign-in'), clock.now());
      const account = pending && (await store.accounts.find(pending.accountId));
      if (!pending || account?.state !== 'active') throw pageOld();
      return finishSignIn(exchange, uid, { ...pending, account, proof });
    },
    async keepProof(exchange, uid, proof) {
      const { interaction } = await open(exchange, uid, 'sign-in');
      const pending = pendingIn(interaction, clock.now());
      if (!pending) throw pageOld();
      await wait(interaction, { ...pending, proof });
    },
    async dropSecondStep(exchange, uid) {
      const { interaction } = await open(exchange, uid, 'sign-in');
      if (interaction.pending === undefined) interaction.prompt = OTHER_ACCOUNT;
      return wait(interaction, undefined);
    },
    async finishConsent(exchange, uid, decision) {
      const { interaction, browser } = await open(exchange, uid, 'consent');
      if (decision === 'deny') return finish(interaction, denied());
      // Nobody may agree for a session that this browser does not hold (any more).
      if (!browser || browser.session.uid !== interaction.session?.uid) return elsewhere(await startOver(interaction));
      const { accountId } = browser.session;
      const clientId = String(interaction.params['client_id']);
      const scopes = allAsked(interaction, parts.config.scopes);
      const now = clock.now();
      const agreed = { accountId, at: now, kind: 'consent', clientId, detail: { scopes } } as const;
      const news = { events: [activityEvent(agreed, seatOfSession(browser.session))], mails: [] };
      await store.accounts.allow(accountId, clientId, scopes, now, news);
      return finish(interaction, { consent: {} });
    },
    async finishContinue(exchange, uid, decision) {
      const found = await open(exchange, uid, 'continue');
      const { interaction } = found;
      if (hasLostSession(found)) return elsewhere(await startOver(interaction));
      if (decision === 'continue') return finish(interaction, { continue: {}, select_account: {} });
      interaction.prompt = OTHER_ACCOUNT;
      interaction.answered = false;
      await interaction.persist();
      return elsewhere(pageOf(interaction));
    },
  };
}

/** Leads to the same interaction, which then asks for another thing. */
async function wait(interaction: Interaction, pending: PendingSignIn | undefined): Promise<Continuation> {
  interaction.pending = pending;
  await interaction.persist();
  return elsewhere(pageOf(interaction));
}

/** Hands the answer to the library. */
function finish(interaction: Interaction, result: InteractionResults): Continuation {
  answer(interaction, result);
  return { kind: 'at-once', answered: interaction };
}

/** Keeps the answer until the browser has followed. */
async function finishElsewhere(interaction: Interaction, result: InteractionResults): Promise<Continuation> {
  answer(interaction, result);
  await interaction.persist();
  return elsewhere(interaction.returnTo);
}

/** Together with those to earlier pages of the same request. */
function answer(interaction: Interaction, result: InteractionResults): void {
  interaction.pending = undefined;
  interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result };
}

function elsewhere(address: string): Continuation {
  return { kind: 'elsewhere', address };
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

/** The browser has shown which name it keeps: looking for them puts all that it began under that one, as it has put `uid`. */
async function settleBrowser(exchange: Exchange, uid: string, { oidc }: InteractionsParts): Promise<void> {
  const { req, res } = exchange;
  const begun = oidc.interactionCookies.settle(oidc.currentProvider().createContext(req, res).cookies, req);
  const others = begun.filter((other) => other !== uid);
  for (const other of others.slice(0, TABS_AT_ONCE)) await oidc.findInteraction(exchange, other);
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
  const { account, generation, device, shared, locale, proof = BY_PASSWORD } = signedIn;
  const now = clock.now();
  const client = registry.get(String(interaction.params['client_id']))?.client;
  const reader = { ...account, locale: locale ?? account.locale };
  const app = client && appName(client, languageAmong(reader.locale) ?? DEFAULT_LANGUAGE);
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
    ifNewDevice: mails.newDevice(reader, now, seat, app),
  };
  const login = {
    accountId: account.id,
    remember: !shared,
    ts: Math.floor(now / 1000),
    amr: [...proof.amr],
    acr: proof.acr,
  };
  return { login, opening, turn, continue: {}, select_account: {} };
}
