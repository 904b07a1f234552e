/**
 * `trying`, then exactly one of the others. There from the start: `cannot-be-told` (no logout address), `asked-browser` (a
 * page of the browser that ended it calls the app, and nobody hears whether that did anything), `not-asked-for` (the app does
 * not want to hear of such ends).
 */
export type DeliveryState =
  | 'trying'
  | 'told'
  | 'refused'
  | 'given-up'
  | 'moot'
  | 'cannot-be-told'
  | 'asked-browser'
  | 'not-asked-for';

/** ID token algorithms that clients may register (and so those of logout tokens, Back-Channel Logout §2.4). */
export const SIGNING_ALGS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;
export type SigningAlg = (typeof SIGNING_ALGS)[number];

/** The duty to tell one client about one ended participation, or about all that a person had there. */
export interface Delivery {
  /** The `sid` of its participation; where it is about all of a person, another one (`isMerged`). */
  readonly id: string;
  readonly logoutId: string;
  readonly clientId: string;
  readonly accountId: string;
  readonly sessionUid: string;
  readonly sid: string;
  readonly sub: string;
  readonly state: DeliveryState;
  /** Scheme, host and port of the address to call; the key of queue and breaker. Empty when there is none. */
  readonly origin: string;
  /** Its app asked for this end, by the ID token of this very participation: it may have ended its own session first. */
  readonly asked: boolean;
  readonly createdAt: number;
  /** Attempts made so far. */
  readonly attempts: number;
  /** Of those, answers such as 400: they have a schedule of their own. */
  readonly refusals: number;
  /** The wait before the last retry, for the jitter. */
  readonly backoffMs: number;
  readonly nextAttemptAt: number | undefined;
  readonly lastAttemptAt: number | undefined;
  readonly lastStatus: number | undefined;
  /** Ours, one sentence; never an app's words. */
  readonly lastError: string | undefined;
  /** When trying stops, and what it is then. */
  readonly deadline: Deadline;
}

/** In front of the id of a delivery that is about all of a person; a `sid` has no tilde. */
export const MERGED = 'all~';

/** One token without a `sid`, for all sessions of a person at this app. Its own `sid` is that of one of them. */
export function isMerged({ id }: Pick<Delivery, 'id'>): boolean {
  return id.startsWith(MERGED);
}

/** After 24 h a delivery is given up; past a client's declared `max_session` it is moot. */
export interface Deadline {
  readonly at: number;
  readonly becomes: 'given-up' | 'moot';
}

/** What a plan decides about one ended participation; the store makes the row. */
export interface DeliveryPlan {
  readonly sid: string;
  readonly state: Exclude<DeliveryState, 'told' | 'refused' | 'given-up'>;
  readonly origin: string;
  readonly asked: boolean;
  readonly deadline: Deadline;
  /** It stands for all that the person had at this app. */
  readonly merged?: true;
}

/** A batch taken by one engine. A value: whoever lost it is refused (fence). */
export interface Lease {
  readonly token: string;
  readonly deliveries: readonly Delivery[];
}

/** One POST of one freshly signed logout token. */
export interface Attempt {
  readonly at: number;
  readonly ms: number;
  readonly jti: string;
  readonly verdict: 'delivered' | 'retry' | 'refused';
  readonly status: number | undefined;
  /** Ours. */
  readonly error: string | undefined;
  /** The first bytes of what the app answered, control characters removed; for operators only. */
  readonly answer: string | undefined;
}

/** What becomes of a claimed delivery. */
export type Settlement =
  | {
      readonly deliveryId: string;
      readonly kind: 'told' | 'refused' | 'given-up' | 'moot';
      /** Absent where the deadline passed before an attempt was made. */
      readonly attempt?: Attempt;
    }
  | {
      readonly deliveryId: string;
      readonly kind: 'again';
      readonly attempt: Attempt;
      readonly nextAttemptAt: number;
      readonly backoffMs: number;
      /** Whether the answer counts as a refusal. */
      readonly refusal: boolean;
    }
  /** Not attempted: unknown client, half the lease gone, origin shut, stopping. The row is as if it had not been claimed. */
  | { readonly deliveryId: string; readonly kind: 'put-back'; readonly nextAttemptAt: number };

/**
 * Health of one origin; a row only while it fails and something is owed to it. Shut until an instant, then one delivery
 * goes as a probe; whose probe it is and until when stands in the store, beside the lease of that delivery.
 */
export interface Breaker {
  readonly origin: string;
  /** In a row. */
  readonly failures: number;
  /** `claim` leaves the origin alone until then. */
  readonly shutUntil: number;
  /** The last wait of our own making, doubled by the next failure. */
  readonly shutMs: number;
}

/** What attempts taught about an origin, for the store. */
export type BreakerChange =
  | { readonly kind: 'healthy'; readonly origin: string }
  | { readonly kind: 'failing'; readonly breaker: Breaker };
