/** Reads and checks an RP-initiated logout; decides nothing (that is `logout/logout-policy.ts`). */
import type { Client } from '../clients/client-file.ts';
import type { Scope } from '../logout/logout.ts';
import type { HintWorth } from '../logout/logout-policy.ts';

/** What is wrong with a request; none of these ever redirects (RP-Initiated Logout §4). */
export type EndSessionFault =
  | 'duplicate_parameter'
  | 'invalid_hint'
  | 'client_mismatch'
  | 'unknown_client'
  | 'unregistered_redirect_uri'
  | 'invalid_scope';

/** An RP-initiated logout, read and checked. */
export interface EndSessionRequest {
  readonly fault: EndSessionFault | undefined;
  /** For the developer of the app: what exactly is wrong with it. */
  readonly faultDetail: string | undefined;
  /** Who asks, by hint or `client_id`. */
  readonly client: Client | undefined;
  readonly hint: HintWorth;
  /** The participation the hint names, where it still lives: what a hint alone may end. */
  readonly liveSid: string | undefined;
  /** `logout_scope`. */
  readonly wished: Scope | undefined;
  /** The registered address to go to afterwards, with `state` when there was one. */
  readonly continueUri: string | undefined;
}
