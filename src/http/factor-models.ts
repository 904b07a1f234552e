/** What the pages of second factors show. */
import type { AppFace, FormTarget, PersonFace } from './page-models.ts';

/** What the browser is asked for (`views/assets/passkey.js`): its options as JSON, and our question, sealed. */
export interface PasskeyQuestion {
  readonly options: string;
  readonly ticket: string;
}

/** Fields `passkey` (the browser's answer as JSON), `ticket`. */
export interface PasskeySignInPage {
  readonly form: FormTarget;
  readonly app?: AppFace;
  readonly passkey: PasskeyQuestion;
  /** address of the sign-in page */
  readonly instead: string;
  /** the last answer was none of ours, or came too late */
  readonly wrong: boolean;
}

/** Fields `code`, or `passkey` and `ticket`, or `decision` = `other`. */
export interface SecondStepPage {
  readonly form: FormTarget;
  readonly app?: AppFace;
  readonly person: PersonFace;
  /** codes of an authenticator app, or recovery codes, are taken */
  readonly takesCode: boolean;
  readonly passkey?: PasskeyQuestion;
  /** else the app asks for more than the sign-in that is there */
  readonly afterPassword: boolean;
  readonly notice?: SecondStepNotice;
}

export type SecondStepNotice =
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'passkey-wrong' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** A key for an authenticator app; fields `code`, `name`, `ticket`, `others` (= `end`). */
export interface TotpNewPage {
  readonly form: FormTarget;
  readonly totp: TotpFace;
  /** the last code was not one of the key */
  readonly wrong: boolean;
  /** on the way in, where second factors are required */
  readonly entering: boolean;
  /** address of the page that makes a passkey instead, or of where this was asked for */
  readonly otherHref: string;
}

export interface TotpFace {
  readonly key: string;
  /** `otpauth:`, for an app on this device */
  readonly address: string;
  /** the `d` of a path in a square of this size */
  readonly qr: { readonly d: string; readonly size: number };
  readonly ticket: string;
}

/** Fields `passkey`, `ticket`, `name`, `others` (= `end`). */
export interface PasskeyNewPage {
  readonly form: FormTarget;
  readonly passkey: PasskeyQuestion;
  readonly wrong: boolean;
  readonly entering: boolean;
  readonly otherHref: string;
}

/** Shown once, as the answer to the form that made them. */
export interface RecoveryCodesPage {
  readonly codes: readonly string[];
  readonly onward: { readonly form: FormTarget } | { readonly href: string };
}
