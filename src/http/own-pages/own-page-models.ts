/** What the pages of a person's own sessions and account are told, see `page-models.ts`. */
import type { PasskeyQuestion } from '../factor-models.ts';
import type { FormTarget, PersonFace } from '../page-models.ts';
import type { ReceiptState } from '../receipt-models.ts';

export interface OwnPageModels {
  readonly devices: DevicesPage;
  readonly confirm: ConfirmPage;
  readonly 'step-up': StepUpPage;
  readonly factors: FactorsPage;
  readonly 'factor-remove': FactorRemovePage;
}

/** What an account proves itself with besides its password. Fields of its forms: `id`, `name`. */
export interface FactorsPage {
  readonly now: number;
  readonly rows: readonly FactorRow[];
  readonly recoveryCodes: number;
  /** no more are possible */
  readonly full: boolean;
  /** address of this page; its forms are sent below it */
  readonly base: string;
}

export interface FactorRow {
  readonly id: string;
  readonly kind: 'passkey' | 'passkey-synced' | 'totp';
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** Fields `decision` = `remove`, `others` = `end`. */
export interface FactorRemovePage {
  readonly form: FormTarget;
  readonly name: string;
  /** it is the last one; `required`: this service asks for one */
  readonly last?: 'last' | 'required';
  readonly backHref: string;
}

/** Where somebody is signed in. Fields of its forms: `what`, `session`, `client_id`; `name`. */
export interface DevicesPage {
  readonly person: PersonFace;
  /** the server's time when this page was made */
  readonly now: number;
  /** this device first, then by last use, then what has ended */
  readonly rows: readonly DeviceRow[];
  /** how many other sessions live, on all pages */
  readonly others: number;
  readonly end: FormTarget;
  readonly name: FormTarget;
  /** event stream of changes; only on the first page */
  readonly events?: string;
  /** the first page, where this is a later one */
  readonly firstHref?: string;
  readonly nextHref?: string;
  /** passkeys and codes, where they are not switched off */
  readonly factorsHref?: string;
}

/** One session of the account. */
export interface DeviceRow {
  readonly id: string;
  /** the one of this browser */
  readonly current: boolean;
  /** "Firefox on Linux" */
  readonly device: string;
  /** what its owner calls it */
  readonly givenName?: string;
  /** the country where it probably was when it signed in, in two letters */
  readonly place?: string;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly shared: boolean;
  readonly apps: readonly DeviceApp[];
  /** undefined while it lives */
  readonly ended?: DeviceEnd;
}

export interface DeviceEnd {
  readonly at: number;
  /** DESIGN §1's reason, as stored; undefined where nobody knows any more */
  readonly reason?: string;
  readonly actor?: 'user' | 'app' | 'operator' | 'system';
  /** path of its receipt */
  readonly receipt?: string;
}

/** An app inside a session. */
export interface DeviceApp {
  readonly clientId: string;
  readonly name: string;
  /** signed in since */
  readonly since: number;
  readonly canBeTold: boolean;
  /** how long it keeps a session of its own at most, in ms, where it says so */
  readonly maxSession?: number;
  /** `live`, or what became of telling it that it is over */
  readonly state: 'live' | ReceiptState;
}

/** What is asked about before it happens. */
export type Drastic = 'others' | 'everywhere' | 'app-everywhere' | 'not-me';

/** Numbers first, then what else it means. The form carries what was asked for, and `confirm=yes`. */
export interface ConfirmPage {
  readonly form: FormTarget;
  readonly what: Drastic;
  /** the app that `app-everywhere` is about */
  readonly appName?: string;
  /** the device that `not-me` is about, where one was pointed at */
  readonly device?: string;
  /** sessions that end, or lose this app */
  readonly devices: number;
  /** sign-ins of apps in them */
  readonly signIns: number;
  /** names of the apps that keep their own sign-in */
  readonly cannotBeTold: readonly string[];
  /** a new proof is wanted too: the last one is too old */
  readonly proof?: ProofAsk;
  readonly backHref: string;
}

/** Before what needs no page of its own. The form carries what was asked for. */
export interface StepUpPage {
  readonly form: FormTarget;
  readonly person: PersonFace;
  readonly proof: ProofAsk;
  readonly backHref: string;
}

/** Fields `password`, and `proof_code` where it is asked for; or `proof_passkey` and `proof_ticket` in a form of their own. */
export interface ProofAsk {
  /** for password managers */
  readonly username: string;
  /** `nothing` where only a passkey will do */
  readonly typed: 'password' | 'password-and-code' | 'nothing';
  readonly passkey?: PasskeyQuestion;
  readonly notice?: ProofNotice;
}

export type ProofNotice =
  | { readonly kind: 'empty' | 'wrong' | 'wrong-code' | 'wrong-passkey' }
  | { readonly kind: 'wait'; readonly seconds: number };
