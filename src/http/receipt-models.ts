/** What the receipt shows. */
import type { FormTarget, SignOffScope } from './page-models.ts';

/** The receipt of a logout (DESIGN §5): anybody with the link gets the counts, the browser that signed off the rest. */
export interface ReceiptPage {
  /** address of this receipt, without query: `/logout/<id>` */
  readonly href: string;
  /** when the logout was committed */
  readonly at: number;
  /** the server's time when this page was made */
  readonly now: number;
  readonly state: 'settled' | 'trying';
  /** of apps, not of sessions */
  readonly counts: ReceiptCounts;
  /** `?stay=1` was in the address: never continue by itself */
  readonly stay: boolean;
  /** only for the browser that signed off, or a session of that account */
  readonly detail?: ReceiptDetail;
}

export interface ReceiptCounts {
  readonly told: number;
  readonly trying: number;
  readonly refused: number;
  readonly givenUp: number;
  readonly moot: number;
  readonly cannotBeTold: number;
  readonly askedBrowser: number;
  readonly notAskedFor: number;
}

export interface ReceiptDetail {
  /** what ended: a scope of the sign-off page, or what else the logout was about */
  readonly scope: SignOffScope | 'account' | 'others' | 'client' | 'everybody' | 'session' | 'app';
  /** DESIGN §1's reason, as stored: `user`, `app`, `password-changed` … */
  readonly reason: string;
  readonly apps: readonly ReceiptApp[];
  /** exact registered post_logout_redirect_uri with its state */
  readonly continueUri?: string;
  /** name of the app that is continued to */
  readonly continueName?: string;
  /** addresses of apps that this browser calls, each in a frame of its own; empty but for the browser that signed off */
  readonly frames: readonly string[];
  /** the form behind "Done": makes the receipt disappear; none where its owner finds it again by its own id */
  readonly done?: FormTarget;
}

export type ReceiptState =
  | 'told'
  | 'trying'
  | 'refused'
  | 'given-up'
  | 'moot'
  | 'cannot-be-told'
  | 'asked-browser'
  | 'not-asked-for';

export interface ReceiptApp {
  readonly clientId: string;
  readonly name: string;
  readonly state: ReceiptState;
  /** how many ended sign-ins of this app the row stands for */
  readonly sessions: number;
  readonly attempts: number;
  readonly nextAttemptAt?: number;
  /** http status of the last answer; undefined when there was none */
  readonly lastStatus?: number;
  /** home page of the app, offered where somebody has to sign out by hand */
  readonly uri?: string;
}
