/** Signing in at our own pages, with no app that asked: the same interactions, and a session that we open ourselves. */
import type { InteractionResults, Provider } from 'oidc-provider';
import { pageOld } from '../errors.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import { randomId } from '../ops/ids.ts';
import type { SessionOpening } from '../store/store.ts';
import type { BrowserSession, Login } from './browser-session.ts';
import type { DeviceCookie } from './device-cookie.ts';
import type { InteractionCookies } from './interaction-cookies.ts';
import {
  type Exchange,
  hasLostSession,
  type Interaction,
  type InteractionLookup,
  pageOf,
  startOver,
} from './interaction-lookup.ts';
import type { SignInTurns, Turn } from './sign-in-turns.ts';

export interface OwnSignIn {
  /** Begins a sign-in that leads back to `to`, a path of ours with its query. Answers the address of its page. */
  begin(exchange: Exchange, wish: { readonly to: string; readonly loginHint: string | undefined }): Promise<string>;
  /**
   * What the page leads to: opens the session, or goes on with the one that this browser holds. Answers where to go on to;
   * throws AppError `page_old` in another browser, or too late.
   */
  complete(exchange: Exchange, uid: string): Promise<string>;
}

export interface OwnSignInParts {
  readonly issuer: string;
  readonly device: DeviceCookie;
  readonly interactionCookies: InteractionCookies;
  readonly findInteraction: InteractionLookup;
  readonly signInTurns: SignInTurns;
  readonly browserSession: BrowserSession;
  readonly endSessions: EndSessions;
  currentProvider(): Provider;
}

/** Seconds; like an app's. */
const LIFE = 60 * 60;

/** Where the page leads to, before the interaction's id. */
const COMPLETE = '/signed-in/';

export function createOwnSignIn(parts: OwnSignInParts): OwnSignIn {
  const { issuer, device, interactionCookies, findInteraction, signInTurns, browserSession, endSessions } = parts;

  /** What was verified on the page, as a session: one more proof for the session that is there, or a new one. */
  async function enter(exchange: Exchange, login: Login, opening: SessionOpening, browser: Held): Promise<void> {
    if (browser?.session.accountId === login.accountId) return browserSession.renew(exchange, browser, login);
    if (browser) {
      const cause = { reason: 'other-account', actor: { kind: 'user', id: login.accountId } } as const;
      await endSessions({ kind: 'session', uid: browser.session.uid }, cause);
    }
    await browserSession.open(exchange, login, opening);
  }

  return {
    async begin(exchange, { to, loginHint }) {
      const provider = parts.currentProvider();
      const jar = provider.createContext(exchange.req, exchange.res).cookies;
      const uid = randomId(32);
      const Begun = provider.Interaction as unknown as NewInteraction;
      const interaction = new Begun(uid, {
        returnTo: `${issuer}${COMPLETE}${uid}`,
        prompt: { name: 'login', reasons: ['own_page'], details: {} },
        params: { to, ...(loginHint !== undefined && { login_hint: loginHint }) },
        deviceKey: device.ensure(jar),
      });
      await interaction.save(LIFE);
      interactionCookies.begin(jar, uid);
      return pageOf(interaction);
    },
    async complete(exchange, uid) {
      const found = await findInteraction(exchange, uid);
      const to = found.kind === 'found' ? ownPlaceOf(found.interaction) : undefined;
      if (found.kind === 'gone' || to === undefined) throw pageOld();
      const { interaction, browser } = found;
      if (hasLostSession(found)) await startOver(interaction);
      const given = verifiedIn(interaction.result);
      if (given === undefined) return to;
      const { turn } = given;
      // The browser has its cookie when it has this answer.
      if (turn) exchange.res.once('close', () => signInTurns.end(turn));
      await interaction.destroy();
      await enter(exchange, given.login, given.opening, browser);
      return to;
    },
  };
}

/** As the library itself makes one; its types do not say so. */
type NewInteraction = new (uid: string, payload: Partial<Interaction>) => Interaction;

type Held = Extract<Awaited<ReturnType<InteractionLookup>>, { kind: 'found' }>['browser'];

/** Where a sign-in without an app leads to; undefined where an app asked, whose id the library always keeps with it. */
export function ownPlaceOf({ params }: Pick<Interaction, 'params'>): string | undefined {
  const { client_id: clientId, to } = params;
  return clientId === undefined && typeof to === 'string' ? to : undefined;
}

/** What `interactions.ts` left. */
function verifiedIn(result: InteractionResults | undefined) {
  const { login, opening, turn } = (result ?? {}) as { login?: Login; opening?: SessionOpening; turn?: Turn };
  return login && opening ? { login, opening, turn } : undefined;
}
