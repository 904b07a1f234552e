/**
 * The sentences of the receipt (invariant 11: it never flatters). An app that answered has "confirmed"; that it signed
 * anybody out is its own business, so no word here says so.
 */
import type { ReceiptApp, ReceiptCounts, ReceiptDetail, ReceiptPage, ReceiptState } from './page-models.ts';
import { ago, count, short, span } from './page-words.ts';

/** What ended, as a headline. */
export function headline(page: ReceiptPage): string {
  const { detail } = page;
  if (detail === undefined) return 'Receipt of a sign-off';
  const app = short(detail.apps[0]?.name ?? detail.continueName ?? 'this app');
  switch (detail.scope) {
    case 'app-here':
      return `Your sign-in at ${app} has ended on this device`;
    case 'all-here':
      return 'You are signed out of this device';
    case 'app-everywhere':
      return `Your sign-ins at ${app} have ended on all devices`;
    case 'all-everywhere':
      return 'You are signed out everywhere';
    case 'session':
      return 'This sign-in has ended';
    case 'account':
      return 'All sign-ins of this account have ended';
    case 'client':
      return `All sign-ins at ${app} have ended`;
    case 'everybody':
      return 'Everybody is signed out';
  }
}

const WHY: Readonly<Record<string, string>> = {
  'other-account': 'Somebody else signed in in the same browser.',
  idle: 'It had not been used for a while.',
  expired: 'Its time was over.',
  'password-changed': 'The password was changed.',
  'account-disabled': 'The account was switched off.',
  'account-deleted': 'The account was deleted.',
  operator: 'An operator ended it.',
  'client-removed': 'The app was removed.',
  'consent-revoked': 'Its access was ended.',
  'not-me': 'Somebody said that it was not them.',
  'reuse-detected': 'A key of it was used twice, which can mean that somebody copied it.',
};

/** Why it ended, where nobody who reads this asked for it; empty otherwise. */
export function why(detail: ReceiptDetail | undefined): string {
  return detail && Object.hasOwn(WHY, detail.reason) ? (WHY[detail.reason] as string) : '';
}

/** How many apps of how many have confirmed; those that cannot or need not be told do not count. */
export function confirmed(counts: ReceiptCounts): { readonly told: number; readonly of: number } {
  return { told: counts.told, of: counts.told + counts.trying + counts.refused + counts.givenUp };
}

/** The sentence that screen readers hear whenever it changes. */
export function summary(page: ReceiptPage): string {
  const { told, of } = confirmed(page.counts);
  const first = confirmation(told, of, page.counts);
  if (page.counts.trying > 0) {
    const others = told > 0 ? 'the others' : of === 1 ? 'it' : 'them';
    return `${first} You may close this page; we keep telling ${others}.`;
  }
  if (told === of) return first;
  return told > 0 ? `${first} The rest did not; see below what you can do.` : `${first} See below what you can do.`;
}

function confirmation(told: number, of: number, counts: ReceiptCounts): string {
  if (of === 0) return counts.cannotBeTold > 0 ? 'No app could be told.' : 'No app had to be told.';
  if (of === 1) return told === 1 ? 'The app has confirmed.' : 'The app has not confirmed.';
  if (told === of) return `All ${of} apps have confirmed.`;
  return `${told} of ${of} apps ${told === 1 ? 'has' : 'have'} confirmed.`;
}

/** The second line of an app's row. */
export function rowDetail(app: ReceiptApp, now: number): string {
  const several = app.sessions > 1 ? count(app.sessions, 'sign-in') : '';
  return [several, rowSentence(app, now)].filter((part) => part !== '').join('. ');
}

function rowSentence(app: ReceiptApp, now: number): string {
  switch (app.state) {
    case 'told':
      return '';
    case 'trying':
      return app.attempts === 0 ? 'Being told just now' : `${lastAnswer(app)}; ${nextTry(app, now)}`;
    case 'refused':
      return `${lastAnswer(app)}. The operators can see it.`;
    case 'given-up':
      return 'It did not answer for a long time. The operators can tell it again.';
    case 'moot':
      return app.lastStatus === undefined
        ? 'Its own sign-in has run out in the meantime.'
        : `${lastAnswer(app)}, but telling it no longer matters: its own sign-in has run out, or it asked for this itself.`;
    case 'cannot-be-told':
      return 'It has no sign-out address.';
  }
}

function lastAnswer(app: ReceiptApp): string {
  return app.lastStatus === undefined ? 'No answer yet' : `It answered with an error (${app.lastStatus})`;
}

function nextTry(app: ReceiptApp, now: number): string {
  if (app.nextAttemptAt === undefined || app.nextAttemptAt <= now) return 'trying again now';
  return `next try in ${span(app.nextAttemptAt - now)}`;
}

/** States in which a person may want to sign out at the app by hand. */
export function wantsHand(state: ReceiptState): boolean {
  return state === 'refused' || state === 'given-up' || state === 'cannot-be-told';
}

/** States and their numbers for those who only have the link; empty ones left out. */
export function countRows(counts: ReceiptCounts): { readonly state: ReceiptState; readonly amount: number }[] {
  const rows: { state: ReceiptState; amount: number }[] = [
    { state: 'told', amount: counts.told },
    { state: 'trying', amount: counts.trying },
    { state: 'refused', amount: counts.refused },
    { state: 'given-up', amount: counts.givenUp },
    { state: 'moot', amount: counts.moot },
    { state: 'cannot-be-told', amount: counts.cannotBeTold },
  ];
  return rows.filter((row) => row.amount > 0);
}

/** "just now", "3 min ago". */
export function when(page: ReceiptPage): string {
  return ago(page.at, page.now);
}

/** The person gets this long to read before the page goes on by itself (DESIGN §5). */
const CONTINUE_AFTER_MS = 5_000;
/** A receipt that is opened again later is there to be read: it stays. */
const CONTINUE_WITHIN_MS = 60_000;
/** Once all apps have answered there is nothing to wait for, but one glance. */
const GLANCE_MS = 1_500;
const REFRESH_QUICK_S = 3;
const REFRESH_SLOW_S = 30;

/** Whether the page goes on by itself. */
export function continuesByItself(page: ReceiptPage): boolean {
  return page.detail?.continueUri !== undefined && !page.stay && page.now - page.at < CONTINUE_WITHIN_MS;
}

/** For the script: how long to wait, counted from the load of the page, in milliseconds. */
export function continueDelayMs(page: ReceiptPage): number {
  return page.state === 'settled' ? GLANCE_MS : CONTINUE_AFTER_MS;
}

/**
 * For browsers without script: when to load what (`<meta http-equiv="refresh">`). Reloading does not restart the clock:
 * it runs from the logout.
 * @returns undefined when there is nothing to wait for; without `continue` the page loads itself again
 */
export function refresh(page: ReceiptPage): { readonly seconds: number; readonly continue: boolean } | undefined {
  if (continuesByItself(page)) {
    const left = Math.max(1, Math.ceil((page.at + CONTINUE_AFTER_MS - page.now) / 1_000));
    if (page.state === 'settled') return { seconds: 2, continue: true };
    return left > REFRESH_QUICK_S
      ? { seconds: left - REFRESH_QUICK_S, continue: false }
      : { seconds: left, continue: true };
  }
  if (page.state === 'settled') return undefined;
  return { seconds: page.now - page.at < CONTINUE_WITHIN_MS ? REFRESH_QUICK_S : REFRESH_SLOW_S, continue: false };
}
