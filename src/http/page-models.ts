import type { Key } from '../words/catalogues.ts';
import type { ErrorKey } from '../words/en/errors.ts';
import type { AdminPageModels } from './admin-pages/admin-page-models.ts';
import type {
  PasskeyNewPage,
  PasskeySignInPage,
  RecoveryCodesPage,
  SecondStepPage,
  TotpNewPage,
} from './factor-models.ts';
import type { AccountPageModels } from './own-pages/account-page-models.ts';
import type { OwnPageModels } from './own-pages/own-page-models.ts';
import type { ReceiptPage } from './receipt-models.ts';

/**
 * What each page is told: facts, never sentences, and never html. The words live in `src/words/`, once a language; only those
 * of operators' pages are in their models.
 * Everything here may come from outside (client files, people, browsers); the templates escape all of it.
 *
 * The renderer adds by itself: the csrf field of every form, names and links of the foot, assets, the request id.
 * Instants are epoch milliseconds. Addresses are complete (`https://…`) or begin with `/`.
 */
export interface PageModels extends OwnPageModels, AccountPageModels, AdminPageModels {
  readonly 'sign-in': SignInPage;
  readonly 'passkey-sign-in': PasskeySignInPage;
  readonly 'second-step': SecondStepPage;
  readonly 'totp-new': TotpNewPage;
  readonly 'passkey-new': PasskeyNewPage;
  readonly 'recovery-codes': RecoveryCodesPage;
  readonly consent: ConsentPage;
  readonly 'continue-as': ContinueAsPage;
  readonly 'sign-off': SignOffPage;
  readonly 'sign-off-app': SignOffAppPage;
  readonly receipt: ReceiptPage;
  readonly home: HomePage;
  readonly 'signed-out': SignedOutPage;
  readonly 'first-owner': FirstOwnerPage;
  readonly error: ErrorPage;
  readonly 'page-old': PageOldPage;
  readonly 'wrong-host': WrongHostPage;
  readonly 'body-too-large': Record<string, never>;
  readonly 'headers-too-large': Record<string, never>;
}

export type ViewName = keyof PageModels;

/** A client as a page shows it. Make it with `appFace(client)` (`app-face.ts`), which decides about logo and links. */
export interface AppFace {
  readonly name: string;
  /** https, on the client's own origin; the renderer lets just this origin through the CSP */
  readonly logoUri?: string;
  /** home page of the app (`client_uri`) */
  readonly uri?: string;
  readonly policyUri?: string;
  readonly tosUri?: string;
}

/** The person who is signed in, as pages name them. */
export interface PersonFace {
  /** the name people know themselves by; the user name when there is no other */
  readonly name: string;
  readonly username: string;
}

/** A value that a form carries along unseen. The csrf field is not one of these: it is always there. */
export interface HiddenField {
  readonly name: string;
  readonly value: string;
}

/** Fields `username`, `password`. */
export interface FirstOwnerPage {
  readonly form: FormTarget;
  /** what was typed before */
  readonly username?: string;
  readonly problem?: FirstOwnerProblem;
  /** it worked, and for whom; no form any more */
  readonly done?: { readonly username: string; readonly commands: readonly string[] };
}

export type FirstOwnerProblem =
  /** there is such an account, with another password */
  | { readonly kind: 'wrong' }
  /** too many tries: 429 */
  | { readonly kind: 'wait'; readonly ms: number }
  /** not a name or password for a new account, and why */
  | { readonly kind: 'invalid'; readonly words: string };

/** Where a form is sent. */
export interface FormTarget {
  readonly action: string;
  readonly hidden?: readonly HiddenField[];
}

/** Fields `username`, `password`, `shared` (`on` when ticked). */
export interface SignInPage {
  readonly form: FormTarget;
  /** the app that sent the person here */
  readonly app?: AppFace;
  /** where a link to a new password can be asked for */
  readonly forgotHref?: string;
  /** filled in: a login_hint, or what was typed before */
  readonly username?: string;
  readonly shared?: boolean;
  readonly already?: SignedInAlready;
  /** address of the page that asks for a passkey instead; none where passkeys are switched off */
  readonly passkeyHref?: string;
  readonly notice?: SignInNotice;
}

export type SignInNotice =
  /** name and password do not match; never says which of them, or whether the account exists */
  | { readonly kind: 'wrong' }
  /** a field was left empty */
  | { readonly kind: 'empty' }
  /** the right password, which opens nothing any more: its owner said that somebody else may know it */
  | { readonly kind: 'locked' }
  /** too many tries: 429 */
  | { readonly kind: 'wait'; readonly seconds: number };

/** Who is signed in in this browser: the page says that somebody else's sign-in ends that. */
export interface SignedInAlready {
  readonly name: string;
  /** it is this person whom the app wants to be sure of (prompt=login, max_age), not another */
  readonly again: boolean;
}

/** Field `decision`: `allow` | `deny`. */
export interface ConsentPage {
  readonly form: FormTarget;
  readonly app: AppFace;
  readonly person: PersonFace;
  /** said by `scope-words.ts`; without `openid` */
  readonly permissions: readonly Permission[];
  /** the app has a logout address: Signoff will tell it when the person signs out */
  readonly canBeTold: boolean;
}

export interface Permission {
  readonly scope: string;
  /** of a scope that the operator added (`signoff.yaml`): names of the claims it carries */
  readonly claims?: readonly string[];
}

/** Field `decision`: `continue` | `other`. */
export interface ContinueAsPage {
  readonly form: FormTarget;
  readonly app?: AppFace;
  readonly person: PersonFace;
}

/** Fields `scope` and `decision`: `sign-out` | `stay`. */
export interface SignOffPage {
  readonly form: FormTarget;
  /** the app that asks, when it is known */
  readonly app?: AppFace;
  readonly person: PersonFace;
  /** the rows, in the order in which they are shown; only what may be chosen */
  readonly choices: readonly SignOffChoice[];
  /** the preselected one; must be among the choices */
  readonly chosen: SignOffScope;
  /** names of apps in these sessions that have no logout address */
  readonly cannotBeTold: readonly string[];
  /** why a good-looking request still ends on this page */
  readonly notice?: 'other-account' | 'old-request';
}

/** Nobody is signed in in this browser, but an app proved that somebody still is with it: may that end? */
export interface SignOffAppPage {
  readonly form: FormTarget;
  readonly app: AppFace;
}

export type SignOffScope = 'app-here' | 'all-here' | 'app-everywhere' | 'all-everywhere';

export type SignOffChoice =
  | { readonly scope: 'app-here' }
  /** names of the apps that are signed in on this device */
  | { readonly scope: 'all-here'; readonly apps: readonly string[] }
  /** on how many devices the account is signed in at this app */
  | { readonly scope: 'app-everywhere'; readonly devices: number }
  /** devices = sessions of the account; signIns = participations in all of them */
  | { readonly scope: 'all-everywhere'; readonly devices: number; readonly signIns: number };

export interface HomePage {
  /** undefined: nobody is signed in in this browser */
  readonly person?: PersonFace;
  /** signed in as on a shared computer */
  readonly shared?: boolean;
  /** apps of this session */
  readonly apps: readonly HomeApp[];
  /** address of the sign-off page */
  readonly signOutHref: string;
}

export interface HomeApp {
  readonly name: string;
  readonly uri?: string;
  /** has a logout address */
  readonly canBeTold: boolean;
  /** sign-off page for just this app (`/session/end?client_id=…`) */
  readonly signOutHref?: string;
}

/** Nobody is signed in (any more) in this browser, and there is no receipt to show. */
export interface SignedOutPage {
  readonly app?: AppFace;
}

export interface ErrorPage {
  /** headline; by status when absent */
  readonly title?: Key;
  /** what happened */
  readonly says: ErrorKey;
  /** what to do now */
  readonly advice?: ErrorAdvice;
  /** short and stable, to read out to support */
  readonly code: string;
  /** link back to where it can be tried again */
  readonly startAgain?: { readonly href: string; readonly name: string };
  /** offers to sign out although the request was bad (`/session/end`): fields `scope=all-here`, `decision=sign-out` */
  readonly signOut?: FormTarget;
  /** collapsed box for developers; the renderer shows it in development only */
  readonly developer?: string;
}

export type ErrorAdvice =
  | { readonly kind: 'wait'; readonly seconds: number }
  /** ask those who help, and tell them the codes */
  | { readonly kind: 'support' };

/** "This page is old, start again": a form that came too late. */
export interface PageOldPage {
  /** somebody is signed in in this browser: the page is not needed any more */
  readonly signedIn?: boolean;
  readonly startAgain?: { readonly href: string; readonly name: string };
}

export interface WrongHostPage {
  /** the same page at the right address */
  readonly href: string;
}
