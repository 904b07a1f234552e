/** Which sentences of the catalogue a receipt says (invariant 11: it never flatters). */
import type { Key } from '../words/catalogues.ts';
import type { Words } from '../words/words.ts';
import { short } from './page-words.ts';
import type { ReceiptApp, ReceiptCounts, ReceiptDetail, ReceiptPage, ReceiptState } from './receipt-models.ts';

/** What ended, as a headline. */
export function headline({ detail }: ReceiptPage, { say }: Words): string {
  if (detail === undefined) return say('receipt.headline');
  const app = short(detail.apps[0]?.name ?? detail.continueName ?? say('receipt.this-app'));
  switch (detail.scope) {
    case 'app':
    case 'app-here':
    case 'app-everywhere':
    case 'client':
      return say(`receipt.ended.${detail.scope}`, { app });
    default:
      return say(`receipt.ended.${detail.scope}`);
  }
}

const WHY: Readonly<Record<string, Key>> = {
  'other-account': 'why.other-account',
  idle: 'why.idle',
  expired: 'why.expired',
  'password-changed': 'why.password-changed',
  'account-disabled': 'why.account-disabled',
  'account-deleted': 'why.account-deleted',
  operator: 'why.operator',
  everybody: 'why.everybody',
  'client-removed': 'why.client-removed',
  'consent-revoked': 'why.consent-revoked',
  'not-me': 'why.not-me',
  'too-many': 'why.too-many',
  'factor-changed': 'why.factor-changed',
  'reuse-detected': 'why.reuse-detected',
};

/** Why it ended, where nobody who reads this asked for it; empty otherwise. */
export function why(detail: ReceiptDetail | undefined, words: Words): string {
  return detail === undefined ? '' : whyOf(detail.reason, words);
}

/** The same of a bare reason. */
export function whyOf(reason: string, words: Words): string {
  const key = Object.hasOwn(WHY, reason) ? WHY[reason] : undefined;
  return key === undefined ? '' : words.sentence(key, undefined);
}

/** How many apps of how many have confirmed; those that cannot or need not be told do not count. */
export function confirmed(counts: ReceiptCounts): { readonly told: number; readonly of: number } {
  return { told: counts.told, of: counts.told + counts.trying + counts.refused + counts.givenUp };
}

/** The sentence that screen readers hear whenever it changes. */
export function summary(page: ReceiptPage, words: Words): string {
  const { told, of } = confirmed(page.counts);
  const first = confirmation(told, of, page.counts, words);
  const second = whatNow(told, of, page.counts);
  return second === undefined ? first : `${first} ${words.sentence(second, undefined)}`;
}

function confirmation(told: number, of: number, counts: ReceiptCounts, { say }: Words): string {
  if (of === 0) return say(counts.cannotBeTold > 0 ? 'receipt.none-could' : 'receipt.none-had-to');
  if (of === 1) return say(told === 1 ? 'receipt.one-told' : 'receipt.one-not');
  return told === of ? say('receipt.all-told', { count: of }) : say('receipt.some-told', { count: told, of });
}

function whatNow(told: number, of: number, { trying }: ReceiptCounts): Key | undefined {
  if (trying > 0 && told > 0) return 'receipt.telling-others';
  if (trying > 0) return of === 1 ? 'receipt.telling-it' : 'receipt.telling-them';
  if (told === of) return undefined;
  return told > 0 ? 'receipt.rest-see-below' : 'receipt.see-below';
}

/** The second line of an app's row. */
export function rowDetail(app: ReceiptApp, now: number, words: Words): string {
  const several = app.sessions > 1 ? words.say('count.sign-ins', { count: app.sessions }) : '';
  return [several, rowSentence(app, now, words)].filter((part) => part !== '').join('. ');
}

function rowSentence(app: ReceiptApp, now: number, words: Words): string {
  const { say } = words;
  switch (app.state) {
    case 'told':
      return '';
    case 'trying':
      if (app.attempts === 0) return say('row.first-try');
      return say('row.trying', { answer: lastAnswer(app, words), next: nextTry(app, now, words) });
    case 'refused':
      return say('row.refused', { answer: lastAnswer(app, words) });
    case 'moot':
      return app.lastStatus === undefined ? say('row.moot') : say('row.moot-error', { answer: lastAnswer(app, words) });
    case 'given-up':
    case 'cannot-be-told':
    case 'asked-browser':
    case 'not-asked-for':
      return say(`row.${app.state}`);
  }
}

function lastAnswer({ lastStatus }: ReceiptApp, { say }: Words): string {
  return lastStatus === undefined ? say('row.no-answer') : say('row.error', { status: String(lastStatus) });
}

function nextTry({ nextAttemptAt }: ReceiptApp, now: number, { say, span }: Words): string {
  if (nextAttemptAt === undefined || nextAttemptAt <= now) return say('row.now');
  return say('row.next', { span: span(nextAttemptAt - now) });
}

/** States in which a person may want to sign out at the app by hand. */
export function wantsHand(state: ReceiptState): boolean {
  return state === 'refused' || state === 'given-up' || state === 'cannot-be-told' || state === 'asked-browser';
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
    { state: 'asked-browser', amount: counts.askedBrowser },
    { state: 'not-asked-for', amount: counts.notAskedFor },
  ];
  return rows.filter((row) => row.amount > 0);
}
