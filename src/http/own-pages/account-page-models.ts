/** What the pages of a person's own account are told, see `page-models.ts`. */
import type { PasswordFault } from '../../accounts/password-rules.ts';
import type { EventKind } from '../../activity/news.ts';
import type { FormTarget, Permission, PersonFace } from '../page-models.ts';
import type { NamedEvent } from './activity-words.ts';

export interface AccountPageModels {
  readonly account: AccountPage;
  readonly 'account-password': AccountPasswordPage;
  readonly 'account-apps': AccountAppsPage;
  readonly activity: ActivityPage;
  readonly 'not-me': NotMePage;
  readonly forgot: ForgotPage;
  readonly reset: ResetPage;
  readonly 'link-used': LinkUsedPage;
}

export interface AccountPage {
  readonly person: PersonFace;
  readonly email?: string;
  readonly now: number;
  readonly passwordChangedAt: number;
  /** what it proves itself with besides the password, in numbers; undefined where that is switched off */
  readonly factors?: FactorNumbers;
  /** the password was changed a moment ago, and every session went on */
  readonly changed: boolean;
}

export interface FactorNumbers {
  /** address of their page */
  readonly href: string;
  readonly passkeys: number;
  readonly authenticatorApps: number;
  readonly recoveryCodes: number;
}

/** Fields `current`, `password`, `others` = `end` | `keep`. */
export interface AccountPasswordPage {
  readonly form: FormTarget;
  readonly person: PersonFace;
  /** sessions other than this one */
  readonly others: number;
  readonly keepOthers: boolean;
  readonly notice?: PasswordNotice;
}

export type PasswordNotice =
  | { readonly kind: 'empty' | 'wrong' | 'same' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'bad'; readonly fault: PasswordFault };

/** Field `client_id`. */
export interface AccountAppsPage {
  readonly person: PersonFace;
  readonly now: number;
  readonly apps: readonly AccessRow[];
  readonly end: FormTarget;
}

/** An app with access to the account. */
export interface AccessRow {
  readonly clientId: string;
  readonly name: string;
  readonly uri?: string;
  readonly permissions: readonly Permission[];
  readonly since: number;
  readonly lastUsedAt?: number;
  /** works while nobody is signed in */
  readonly offline: boolean;
  readonly canBeTold: boolean;
  /** an app of the operator's own: it comes back without a question */
  readonly isOwn: boolean;
}

export interface ActivityPage {
  readonly person: PersonFace;
  readonly now: number;
  readonly kind?: EventKind;
  readonly events: readonly NamedEvent[];
  readonly nextHref?: string;
  readonly isFirst: boolean;
  readonly downloadHref: string;
}

/** From a mail, by somebody who need not be signed in. Field `confirm` = `yes`. */
export interface NotMePage {
  readonly form: FormTarget;
  readonly devices: number;
  readonly signIns: number;
  /** a mail with a link to a new password comes afterwards; else an operator must set one */
  readonly mails: boolean;
}

/** Field `username`. */
export interface ForgotPage {
  readonly form: FormTarget;
  readonly username?: string;
  /** the wish was taken; says nothing about whether the account exists */
  readonly sent: boolean;
  readonly isEmpty: boolean;
}

/** Field `password`. */
export interface ResetPage {
  readonly form: FormTarget;
  /** for password managers */
  readonly username: string;
  readonly fault?: PasswordFault;
}

/** A link of a mail that was used, or is too old. */
export interface LinkUsedPage {
  readonly purpose: 'reset' | 'not-me';
  /** where another one can be asked for */
  readonly forgotHref?: string;
}
