import type { News, Seat } from '../activity/news.ts';

/** What was asked for: {this app, all apps} × {this device, all devices}. */
export const SCOPES = ['app-here', 'all-here', 'app-everywhere', 'all-everywhere'] as const;
export type Scope = (typeof SCOPES)[number];

/** What is ended. Every trigger names one of these; there is no other way to end anything (invariant 1). */
export type EndTarget =
  /** Everything of one browser: `all-here`, expiry, `sessions end`. */
  | { readonly kind: 'session'; readonly uid: string }
  /**
   * One app in one session, named by any `sid` of it: `app-here`, a reused refresh token. Its offline access goes too,
   * unless it is `kept`: where nothing but an ID token says whose end it is.
   */
  | { readonly kind: 'participation'; readonly sid: string; readonly offline?: 'kept' }
  /** One account: all of it, or all but one session. Raises its generation. */
  | { readonly kind: 'account'; readonly accountId: string; readonly exceptUid?: string }
  /** One app of one account, on all devices: `app-everywhere`. */
  | { readonly kind: 'account-client'; readonly accountId: string; readonly clientId: string }
  /** One app of everybody: `logout --client`, or its removal. Leaves a cut-off behind. */
  | { readonly kind: 'client'; readonly clientId: string }
  /** Everybody, or everybody but one session. Raises the generation of the realm. */
  | { readonly kind: 'everybody'; readonly exceptUid?: string };

/** Why something ended. An app may say of which it wants to hear (`client-file.ts`, which has the same list). */
export type Reason =
  | 'user'
  | 'app'
  | 'other-account'
  | 'superseded'
  | 'idle'
  | 'expired'
  | 'too-many'
  | 'password-changed'
  | 'account-disabled'
  | 'account-deleted'
  | 'operator'
  | 'everybody'
  | 'client-removed'
  | 'consent-revoked'
  | 'not-me'
  | 'factor-changed'
  | 'reuse-detected';

/** Who did it; `id` is an account or a client, where there is one. */
export interface Actor {
  readonly kind: 'user' | 'client' | 'operator' | 'system';
  readonly id?: string;
}

/** Why and by whom, and what becomes of tokens that were meant to outlive the session. */
export interface EndCause {
  readonly reason: Reason;
  readonly actor: Actor;
  /** What was chosen, where a person or an app chose. */
  readonly scope?: Scope;
  /** The client that asked, where one did: the one to continue to. */
  readonly clientId?: string;
  /** Clients whose `offline_access` grants stay (RFC 9700 §4.14.2; DESIGN §5 "what ends when"). */
  readonly keepsOffline: (clientId: string) => boolean;
  readonly receipt?: ReceiptTicket;
  /** Sessions a second that a walk through very many may end; as fast as it goes where it is not said. */
  readonly pace?: number;
  /** What becomes of the account in the same write; only with an `account` target. */
  readonly accountChange?: AccountChange;
  /** Where it was asked for: what the activity says of an end that is about more than one session. */
  readonly from?: Seat;
  /** What it tells people of besides the event of the end itself. */
  readonly news?: News;
  /** The hash of a one-time link that this end spends: with one that is spent, too old or gone there is `nothing` to end. */
  readonly linkHash?: string;
}

/**
 * A change of the account that must never be seen without the end of its sessions. A new password makes every older link
 * to set one worthless, and does what `mustChangePassword` asks for: until then nobody signs in with the old one.
 */
export type AccountChange =
  | { readonly state: 'disabled' | 'deleted' }
  | { readonly passwordHash: string }
  /** One of its passkeys or authenticator apps by its id, or all of them, recovery codes included. */
  | { readonly removeCredentials: string }
  | { readonly mustChangePassword: true };

/** What makes a receipt reachable: the hash of its link's id, and where to go on to. */
export interface ReceiptTicket {
  readonly linkHash: string;
  /** Sealed: it carries the app's `state`. */
  readonly sealedContinueUri?: string;
}

/** The fact that something was ended. */
export interface Logout {
  readonly id: string;
  readonly target: EndTarget;
  readonly scope: Scope | undefined;
  readonly reason: Reason;
  readonly actor: Actor;
  readonly at: number;
  /** Undefined for a client's removal, which is about everybody. */
  readonly accountId: string | undefined;
  readonly clientId: string | undefined;
  readonly sealedContinueUri: string | undefined;
  /** Sessions that this very logout ended (0 for `app-here`). */
  readonly sessionsEnded: number;
  /** More than one write's worth of participations: the rest is dead already and is being walked. */
  readonly walking: boolean;
  /** Nobody goes on with the walk until somebody says so. */
  readonly paused: boolean;
  readonly pace: number | undefined;
}

/** What `end` answers: the logout, or that there was nothing left to end (two racing ends make one logout). */
export type EndResult = { readonly kind: 'ended'; readonly logout: Logout } | { readonly kind: 'nothing' };

/** The states of the deliveries of a logout, counted. */
export interface Progress {
  readonly total: number;
  readonly told: number;
  readonly trying: number;
  /** Of those trying: not attempted even once, and somebody will now; a shut origin is left alone. The bounded wait ends when this is 0. */
  readonly untried: number;
  readonly refused: number;
  readonly givenUp: number;
  readonly moot: number;
  readonly cannotBeTold: number;
  readonly askedBrowser: number;
  readonly notAskedFor: number;
}
