import type { Account } from '../accounts/account.ts';
import type { Proof } from '../accounts/proof.ts';
import type { Client } from '../clients/client-file.ts';
import type { Device, Generation } from '../sessions/session.ts';

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
  /** One thing more is asked: after a password that was right, or of whoever is signed in. */
  | (Open & {
      readonly kind: 'second-step';
      readonly client: Client | undefined;
      readonly account: Account;
      readonly proof: Proof | undefined;
      /** The password was right a moment ago; else the app asks for more than this session was begun with. */
      readonly afterPassword: boolean;
      /** The app takes nothing less than a passkey. */
      readonly passkeyOnly: boolean;
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

/** Who proved who they are, and what the new session begins with. */
export interface SignedIn {
  readonly account: Account;
  /** Seen when the password was verified, not now (invariant 7). */
  readonly generation: Generation;
  readonly device: Device;
  /** A shared computer: the cookie goes with the browser, the session rests 15 minutes at most. */
  readonly shared: boolean;
  /** Of the page. */
  readonly locale?: string | undefined;
  /** The password alone where nothing is said. */
  readonly proof?: Proof;
}
