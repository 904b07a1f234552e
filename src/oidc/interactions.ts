/** The pages between an app's request and its code: which one comes now, and what its answer means. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../accounts/account.ts';
import type { Client } from '../clients/client-file.ts';
import type { Device, Generation } from '../sessions/session.ts';

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
