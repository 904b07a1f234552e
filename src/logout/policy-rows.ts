/** "What would happen if …": every row of the policy table for one client, decided by the table itself. Pure. */
import { SCOPES, type Scope } from './logout.ts';
import { type AskingClient, decideLogout, type HintWorth, type LogoutDecision } from './logout-policy.ts';

/** Who asks, as the rows of the table are called. */
export type Asking =
  /** A good hint: of a participation of the browser's session. */
  | 'good-hint'
  /** `client_id` alone, or a person on our pages. */
  | 'no-hint'
  /** A hint of another session of this account, or too old to be known. */
  | 'old-hint'
  /** A hint of somebody else. */
  | 'foreign-hint'
  /** A good hint, and nobody is signed in in this browser. */
  | 'nobody-here'
  /** The same, and its sign-in is over. */
  | 'nobody-anywhere'
  /** A forged hint, an address that is not registered. */
  | 'bad-request';

export interface PolicyRow {
  readonly asking: Asking;
  /** `logout_scope`; undefined where the request does not say. */
  readonly wished: Scope | undefined;
  readonly decision: LogoutDecision;
}

interface Situation {
  readonly hint: HintWorth;
  readonly signedIn: boolean;
  readonly hintLives: boolean;
  readonly fault?: string;
}

const SITUATIONS: Readonly<Record<Asking, Situation>> = {
  'good-hint': { hint: 'good', signedIn: true, hintLives: true },
  'no-hint': { hint: 'none', signedIn: true, hintLives: false },
  'old-hint': { hint: 'stale', signedIn: true, hintLives: false },
  'foreign-hint': { hint: 'other-account', signedIn: true, hintLives: false },
  'nobody-here': { hint: 'good', signedIn: false, hintLives: true },
  'nobody-anywhere': { hint: 'good', signedIn: false, hintLives: false },
  'bad-request': { hint: 'none', signedIn: true, hintLives: false, fault: 'invalid_hint' },
};

export const ASKINGS = Object.keys(SITUATIONS) as readonly Asking[];

/** All rows that can differ for this client: the scope that is asked for matters with a good hint only. */
export function policyRows(client: AskingClient): readonly PolicyRow[] {
  return ASKINGS.flatMap((asking) => {
    const wishes = asking === 'good-hint' ? [undefined, ...SCOPES] : [undefined];
    return wishes.map((wished) => policyRow(client, asking, wished));
  });
}

export function policyRow(client: AskingClient, asking: Asking, wished: Scope | undefined): PolicyRow {
  const { fault, ...situation } = SITUATIONS[asking];
  return { asking, wished, decision: decideLogout({ ...situation, client, wished, fault }) };
}
