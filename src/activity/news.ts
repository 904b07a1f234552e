/**
 * What a write tells people of: rows of the account's activity and of the outbox of mails, and the one-time links that lead
 * back from a mail. They are made before the write they belong to and stored by it, so that neither is ever seen without
 * the other, and so that a transaction that runs again writes the same.
 */

/** Of an account; oldest kinds first, as pages list them. */
export const EVENT_KINDS = ['sign-in', 'failed', 'logout', 'password', 'credential', 'consent', 'name'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** One row of the activity. */
export interface ActivityEvent {
  readonly id: string;
  readonly accountId: string;
  readonly at: number;
  readonly kind: EventKind;
  readonly actor: 'user' | 'client' | 'operator' | 'system';
  /** The session it happened to, or in. */
  readonly session: string | undefined;
  /** Of that session, or of whoever tried. */
  readonly device: string | undefined;
  readonly place: string | undefined;
  readonly clientId: string | undefined;
  readonly reason: string | undefined;
  /** Whose receipt it has. */
  readonly logoutId: string | undefined;
  readonly detail: EventDetail | undefined;
}

/** What only this kind of event has to say; stored as JSON, never anything secret. */
export type EventDetail = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** Where somebody acted: the session and its browser, as far as they are known. */
export interface Seat {
  readonly session?: string | undefined;
  readonly device?: string | undefined;
  readonly place?: string | undefined;
}

/** Sign-ins that failed at an account, of one address. Tries of the same day are one event. */
export interface FailedTry {
  readonly accountId: string;
  /** Of the address; nobody can read it from the store. */
  readonly addressHash: string;
  readonly device: string | undefined;
  readonly place: string | undefined;
}

// ---------------------------------------------------------------- mails

export const MAIL_KINDS = ['new-device', 'signed-out-everywhere', 'password', 'factor', 'reset'] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/** A mail to be sent. Its words are made when it is sent, from its facts and in its language. */
export interface NewMail {
  readonly id: string;
  readonly accountId: string;
  readonly kind: MailKind;
  /** An e-mail address. */
  readonly to: string;
  /** A language tag; undefined: nobody has said. */
  readonly locale: string | undefined;
  readonly at: number;
  /** After which it is of no use to anybody. */
  readonly giveUpAt: number;
  readonly facts: MailFacts;
  /** Of the link that the mail holds, sealed; gone once it was sent. */
  readonly sealedToken: string | undefined;
  /** Stored with the mail. */
  readonly link: NewLink | undefined;
}

/** As `EventDetail`. */
export type MailFacts = EventDetail;

/** `waiting`, then exactly one of the others; `given-up` may be sent again by hand. */
export type MailState = 'waiting' | 'sent' | 'given-up';

export interface Mail extends Omit<NewMail, 'link'> {
  readonly state: MailState;
  readonly attempts: number;
  /** While it waits. */
  readonly nextAttemptAt: number | undefined;
  readonly lastError: string | undefined;
  /** When it was sent or given up. */
  readonly settledAt: number | undefined;
}

/** What became of an attempt. */
export type MailSettlement =
  | { readonly kind: 'sent'; readonly at: number }
  | { readonly kind: 'retry'; readonly nextAttemptAt: number; readonly error: string }
  | { readonly kind: 'given-up'; readonly at: number; readonly error: string };

// ---------------------------------------------------------------- links

/** What a one-time link lets whoever holds it do, without being signed in. None signs anybody in. */
export type LinkPurpose = 'reset' | 'not-me';

export interface NewLink {
  /** Of the token in its address. */
  readonly hash: string;
  readonly purpose: LinkPurpose;
  readonly accountId: string;
  /** The one that the mail is about. */
  readonly session: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface Link extends NewLink {
  /** Undefined while it may be used. */
  readonly usedAt: number | undefined;
}

// ---------------------------------------------------------------- together

export interface News {
  readonly events: readonly ActivityEvent[];
  readonly mails: readonly NewMail[];
}
