/**
 * Who may end what without a question: DESIGN §5's table as one pure function. Nothing else decides.
 *
 * The cookie says whose session ends, the hint only how much is asked: a leaked ID token must not be a logout button
 * (RP-Initiated Logout §2, §6).
 */
import type { Scope } from './logout.ts';

/** What is known when an app or a person asks for a logout. */
export interface LogoutFacts {
  /** Somebody is signed in in this browser. */
  readonly signedIn: boolean;
  /** What is wrong with the request, if anything is; such a request never redirects (RP-Initiated Logout §4). */
  readonly fault: string | undefined;
  /** The client that asks, by hint or `client_id`; undefined when it did not say. */
  readonly client: AskingClient | undefined;
  readonly hint: HintWorth;
  /** The hint's own participation has not ended. */
  readonly hintLives: boolean;
  /** `logout_scope`. */
  readonly wished: Scope | undefined;
}

/**
 * `good`: verified, and its `sid` is a participation of the cookie's session. `stale`: verified, of another session of
 * this account, or too old to be known. `other-account`: verified, of somebody else. `none`: no hint.
 */
export type HintWorth = 'none' | 'good' | 'stale' | 'other-account';

/** What the client's file says about it. */
export interface AskingClient {
  readonly party: 'first' | 'third';
  readonly logout: {
    readonly scope: Scope;
    readonly ask: 'never' | 'auto' | 'always';
    readonly allowed_scopes: readonly Scope[];
  };
}

export type LogoutDecision =
  /** End it now, then redirect (or show the receipt). */
  | { readonly kind: 'proceed'; readonly scope: Scope }
  /** Show the page; `redirects` says whether a yes may be followed by the app's address. */
  | {
      readonly kind: 'ask';
      readonly preselected: Scope;
      readonly offered: readonly Scope[];
      readonly redirects: boolean;
    }
  /** Nobody is signed in here, but the participation of the hint lives on: a page that names the app, and nobody else. */
  | { readonly kind: 'ask-own' }
  /** Nobody is signed in here and nothing is left to end (§4: no error). */
  | { readonly kind: 'already-out'; readonly redirects: boolean }
  /** An error page that offers to sign out; never a redirect. */
  | { readonly kind: 'refuse'; readonly code: string };

const WITH_CLIENT: readonly Scope[] = ['app-here', 'all-here', 'app-everywhere', 'all-everywhere'];
const WITHOUT_CLIENT: readonly Scope[] = ['all-here', 'all-everywhere'];

export function decideLogout(facts: LogoutFacts): LogoutDecision {
  if (facts.fault !== undefined) return { kind: 'refuse', code: facts.fault };
  if (!facts.signedIn) return decideForNobody(facts);
  if (facts.hint === 'good' && facts.client) return decideForGoodHint(facts.client, facts.wished);
  return ask(facts.client, defaultScope(facts.client), facts.hint !== 'other-account');
}

/**
 * The browser has no session: ours idled out, or a native app opened a browser without cookies. It may as well be the
 * browser of somebody who found an ID token, so it is asked: a mere visit (an image on any page) ends nothing.
 */
function decideForNobody(facts: LogoutFacts): LogoutDecision {
  if (facts.hint === 'none') return { kind: 'already-out', redirects: false };
  return facts.hintLives ? { kind: 'ask-own' } : { kind: 'already-out', redirects: true };
}

function decideForGoodHint(client: AskingClient, wished: Scope | undefined): LogoutDecision {
  const { ask: asks, scope, allowed_scopes: allowed } = client.logout;
  if (wished !== undefined) {
    return asks !== 'always' && allowed.includes(wished)
      ? { kind: 'proceed', scope: wished }
      : ask(client, wished, true);
  }
  if (asks === 'always') return ask(client, scope, true);
  if (asks === 'auto' && client.party === 'third') return ask(client, defaultScope(client), true);
  return isEverywhere(scope) && !allowed.includes(scope) ? ask(client, scope, true) : { kind: 'proceed', scope };
}

/** What the page preselects when nothing else was said. */
function defaultScope(client: AskingClient | undefined): Scope {
  return client?.party === 'third' ? 'app-here' : 'all-here';
}

function ask(client: AskingClient | undefined, preselected: Scope, redirects: boolean): LogoutDecision {
  return { kind: 'ask', preselected, offered: client ? WITH_CLIENT : WITHOUT_CLIENT, redirects };
}

function isEverywhere(scope: Scope): boolean {
  return scope === 'app-everywhere' || scope === 'all-everywhere';
}
