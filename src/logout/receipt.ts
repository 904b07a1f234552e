/**
 * What may be shown of a logout. A receipt never flatters (invariant 11): "told" means the app answered 200 or 204.
 * Names of apps, the reason and the address to go on to are for those who signed off; a list of apps tells a lot about a
 * person, so anybody else with the link sees counts and states (DESIGN §5).
 */
import type { DeliveryState } from '../deliveries/delivery.ts';
import { type Clock, iso } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { sha256 } from '../ops/ids.ts';
import type { LogoutApp, LogoutStore } from '../store/store.ts';
import type { EndTarget, Logout, Scope } from './logout.ts';

/** How long a receipt's link leads anywhere. */
const RECEIPT_LIFE_MS = 24 * 60 * 60 * 1000;

export interface Receipt {
  readonly logout: Logout;
  /** `settled` when nothing is `trying`. */
  readonly state: 'settled' | 'trying';
  readonly apps: readonly ReceiptApp[];
  readonly counts: ReceiptCounts;
  readonly continueUri: string | undefined;
}

export interface ReceiptApp extends LogoutApp {
  readonly name: string;
}

/** Of apps, not of sessions. */
export type ReceiptCounts = Readonly<Record<DeliveryState, number>>;

export interface Receipts {
  /** Undefined when there is no such link, it was closed, or it is older than a day. */
  byLink(linkId: string): Promise<Receipt | undefined>;
  byLogout(logoutId: string): Promise<Receipt | undefined>;
  /** "Done". */
  close(linkId: string): Promise<void>;
}

export function createReceipts(parts: {
  readonly store: { readonly logouts: Pick<LogoutStore, 'find' | 'findByLink' | 'apps' | 'closeReceipt'> };
  readonly clock: Clock;
  readonly box: CryptoBox;
  /** The name people know an app by; undefined for one that is not known any more. */
  readonly nameOf: (clientId: string) => string | undefined;
}): Receipts {
  const { store, clock, box, nameOf } = parts;

  async function compose(logout: Logout | undefined): Promise<Receipt | undefined> {
    if (!logout) return undefined;
    const rows = await store.logouts.apps(logout.id);
    const apps = rows.map((app) => ({ ...app, name: nameOf(app.clientId) ?? app.clientId }));
    const counts = countStates(apps);
    const state = logout.walking || counts.trying > 0 ? 'trying' : 'settled';
    const continueUri = logout.sealedContinueUri === undefined ? undefined : box.open(logout.sealedContinueUri);
    return { logout, state, apps, counts, continueUri };
  }

  return {
    async byLink(linkId) {
      const logout = await store.logouts.findByLink(sha256(linkId));
      return logout && clock.now() - logout.at < RECEIPT_LIFE_MS ? compose(logout) : undefined;
    },
    byLogout: async (logoutId) => compose(await store.logouts.find(logoutId)),
    close: (linkId) => store.logouts.closeReceipt(sha256(linkId)),
  };
}

/** The receipt as JSON (DESIGN §12); `full` for the browser that signed off and for sessions of the account. */
export function receiptJson(receipt: Receipt, full: boolean): Record<string, unknown> {
  const { told, trying, refused, moot, 'asked-browser': askedBrowser, 'not-asked-for': notAskedFor } = receipt.counts;
  const counts = {
    told,
    trying,
    refused,
    given_up: receipt.counts['given-up'],
    moot,
    cannot_be_told: receipt.counts['cannot-be-told'],
    // Only where there are any: most logouts have none, and whoever compares these numbers knows six.
    ...(askedBrowser > 0 && { asked_browser: askedBrowser }),
    ...(notAskedFor > 0 && { not_asked_for: notAskedFor }),
  };
  const open = { at: iso(receipt.logout.at), state: receipt.state, counts };
  return full ? { ...open, ...facts(receipt) } : open;
}

/** What is absent is null, never left out. */
function facts({ logout, continueUri, apps }: Receipt): Record<string, unknown> {
  return {
    scope: logout.scope ?? scopeOf(logout.target) ?? null,
    reason: logout.reason,
    continue_uri: continueUri ?? null,
    apps: apps.map(appJson),
  };
}

/** Which of the four scopes an end is that was not asked for as one; all but one session is none of them. */
function scopeOf(target: EndTarget): Scope | undefined {
  return target.kind === 'account' && target.exceptUid !== undefined ? undefined : SCOPES[target.kind];
}

/** Nor is an app that ends for everybody. */
const SCOPES: Readonly<Record<EndTarget['kind'], Scope | undefined>> = {
  session: 'all-here',
  participation: 'app-here',
  account: 'all-everywhere',
  'account-client': 'app-everywhere',
  client: undefined,
  everybody: undefined,
};

/** The public surface writes these two so, and had the others before. */
const NEWER_STATES: Partial<Record<DeliveryState, string>> = {
  'asked-browser': 'asked_browser',
  'not-asked-for': 'not_asked_for',
};

function appJson(app: ReceiptApp): Record<string, unknown> {
  return {
    client_id: app.clientId,
    name: app.name,
    state: NEWER_STATES[app.state] ?? app.state,
    sessions: app.sessions,
    attempts: app.attempts,
    last_attempt_at: iso(app.lastAttemptAt) ?? null,
    last_status: app.lastStatus ?? null,
  };
}

function countStates(apps: readonly LogoutApp[]): ReceiptCounts {
  const counts = {
    told: 0,
    trying: 0,
    refused: 0,
    'given-up': 0,
    moot: 0,
    'cannot-be-told': 0,
    'asked-browser': 0,
    'not-asked-for': 0,
  };
  for (const app of apps) counts[app.state] += 1;
  return counts;
}
