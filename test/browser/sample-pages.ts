/** One or more samples of every page, as a person would meet it. */
import type { PageModels, ViewName } from '../../src/http/page-models.ts';
import type { ReceiptPage } from '../../src/http/receipt-models.ts';
import { accountSamples } from './account-samples.ts';
import { adminSamples } from './admin-samples.ts';
import { ownSamples } from './own-samples.ts';

export interface Sample {
  readonly name: string;
  readonly view: ViewName;
  readonly model: PageModels[ViewName];
  readonly status?: number;
}

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const bookshop = {
  name: 'Bookshop',
  uri: 'https://shop.example',
  policyUri: 'https://shop.example/privacy',
  tosUri: 'https://shop.example/terms',
};
const mira = { name: 'Mira Holm', username: 'mira@example.com' };
const form = { action: '/interaction/abc' };

const passkey = { options: '{"challenge":"AAAA","allowCredentials":[]}', ticket: 'v1.sealed' };
const totp = {
  key: 'JBSW Y3DP EHPK 3PXP',
  address: 'otpauth://totp/example:mira?secret=JBSWY3DPEHPK3PXP',
  qr: { d: 'M2 2h7v1h-7z', size: 33 },
  ticket: 'v1.sealed',
};

const trying: ReceiptPage = {
  href: '/logout/sample',
  at: NOW - 1_000,
  now: NOW,
  state: 'trying',
  counts: { told: 2, trying: 1, refused: 1, givenUp: 0, moot: 0, cannotBeTold: 1, askedBrowser: 0, notAskedFor: 0 },
  stay: false,
  detail: {
    scope: 'all-here',
    reason: 'app',
    continueUri: 'https://shop.example/bye?state=1&x=2',
    continueName: 'Bookshop',
    frames: [],
    done: { action: '/logout/sample/done' },
    apps: [
      { clientId: 'shop', name: 'Bookshop', state: 'told', sessions: 1, attempts: 1, lastStatus: 200 },
      { clientId: 'mail', name: 'Mail', state: 'told', sessions: 2, attempts: 1, lastStatus: 204 },
      { clientId: 'cal', name: 'Calendar', state: 'trying', sessions: 1, attempts: 1, nextAttemptAt: NOW + 4_000 },
      {
        clientId: 'wiki',
        name: 'Wiki',
        state: 'refused',
        sessions: 1,
        attempts: 4,
        lastStatus: 400,
        uri: 'https://wiki.example',
      },
      {
        clientId: 'pay',
        name: 'Payroll',
        state: 'cannot-be-told',
        sessions: 1,
        attempts: 0,
        uri: 'https://pay.example',
      },
    ],
  },
};

const settled: ReceiptPage = {
  ...trying,
  at: NOW - 600_000,
  state: 'settled',
  counts: { told: 1, trying: 0, refused: 0, givenUp: 1, moot: 1, cannotBeTold: 0, askedBrowser: 0, notAskedFor: 0 },
  detail: {
    scope: 'account',
    reason: 'password-changed',
    frames: [],
    done: { action: '/logout/sample/done' },
    apps: [
      { clientId: 'shop', name: 'Bookshop', state: 'told', sessions: 3, attempts: 1, lastStatus: 200 },
      { clientId: 'old', name: 'Archive', state: 'given-up', sessions: 1, attempts: 30, uri: 'https://old.example' },
      { clientId: 'cal', name: 'Calendar', state: 'moot', sessions: 1, attempts: 6 },
    ],
  },
};

const anonymous: ReceiptPage = {
  href: trying.href,
  at: trying.at,
  now: NOW,
  state: 'trying',
  counts: trying.counts,
  stay: false,
};

function sample<V extends ViewName>(name: string, view: V, model: PageModels[V], status = 200): Sample {
  return { name, view, model, status };
}

export const samples: readonly Sample[] = [
  sample('sign-in', 'sign-in', { form, app: bookshop }),
  sample('sign-in-own', 'sign-in', { form, username: mira.username }),
  sample('sign-in-wrong', 'sign-in', {
    form,
    app: bookshop,
    username: mira.username,
    shared: true,
    notice: { kind: 'wrong' },
  }),
  sample(
    'sign-in-wait',
    'sign-in',
    { form, app: bookshop, username: mira.username, notice: { kind: 'wait', seconds: 300 } },
    429,
  ),
  sample('sign-in-again', 'sign-in', {
    form,
    app: bookshop,
    username: mira.username,
    already: { name: mira.name, again: true },
  }),
  sample('sign-in-instead', 'sign-in', { form, app: bookshop, already: { name: mira.name, again: false } }),
  sample('passkey-sign-in', 'passkey-sign-in', {
    form,
    app: bookshop,
    passkey,
    instead: '/interaction/abc',
    wrong: true,
  }),
  sample('second-step', 'second-step', {
    form,
    app: bookshop,
    person: mira,
    takesCode: true,
    passkey,
    afterPassword: true,
  }),
  sample(
    'second-step-code',
    'second-step',
    { form, person: mira, takesCode: true, afterPassword: true, notice: { kind: 'wait', seconds: 900 } },
    429,
  ),
  sample('second-step-passkey', 'second-step', {
    form,
    person: mira,
    takesCode: false,
    passkey,
    afterPassword: false,
    notice: { kind: 'passkey-wrong' },
  }),
  sample('totp-new', 'totp-new', {
    form,
    totp,
    wrong: true,
    entering: true,
    otherHref: '/interaction/abc?with=passkey',
  }),
  sample('passkey-new', 'passkey-new', { form, passkey, wrong: false, entering: false, otherHref: '/account/factors' }),
  sample('recovery-codes', 'recovery-codes', {
    codes: ['abcd-efgh-jkmn-pqrs', '0123-4567-89ab-cdef'],
    onward: { form },
  }),
  sample('consent', 'consent', {
    form,
    app: bookshop,
    person: mira,
    canBeTold: true,
    permissions: [
      { scope: 'profile' },
      { scope: 'email' },
      { scope: 'address' },
      { scope: 'phone' },
      { scope: 'offline_access' },
      { scope: 'groups', claims: ['groups', 'cost_centre'] },
      { scope: 'orders' },
    ],
  }),
  sample('consent-cannot-be-told', 'consent', {
    form,
    app: { name: 'Wiki' },
    person: mira,
    canBeTold: false,
    permissions: [],
  }),
  sample('continue-as', 'continue-as', { form, app: bookshop, person: mira }),
  sample('sign-off', 'sign-off', {
    form: { action: '/session/end/confirm', hidden: [{ name: 'request', value: 'r1' }] },
    app: bookshop,
    person: mira,
    chosen: 'all-here',
    cannotBeTold: ['Payroll'],
    choices: [
      { scope: 'app-here' },
      { scope: 'all-here', apps: ['Bookshop', 'Mail', 'Calendar', 'Payroll'] },
      { scope: 'app-everywhere', devices: 3 },
      { scope: 'all-everywhere', devices: 3, signIns: 9 },
    ],
  }),
  sample('sign-off-app', 'sign-off-app', {
    form: { action: '/session/end/confirm', hidden: [{ name: 'request', value: 'r1' }] },
    app: bookshop,
  }),
  sample('sign-off-other', 'sign-off', {
    form,
    app: bookshop,
    person: mira,
    chosen: 'all-here',
    cannotBeTold: [],
    notice: 'other-account',
    choices: [
      { scope: 'all-here', apps: [] },
      { scope: 'all-everywhere', devices: 1, signIns: 1 },
    ],
  }),
  sample('receipt-trying', 'receipt', trying),
  sample('receipt-stay', 'receipt', { ...trying, stay: true }),
  sample('receipt-settled', 'receipt', settled),
  sample('receipt-anonymous', 'receipt', anonymous),
  sample('home', 'home', {
    person: mira,
    shared: true,
    signOutHref: '/session/end',
    apps: [
      { name: 'Bookshop', uri: 'https://shop.example', canBeTold: true, signOutHref: '/session/end?client_id=shop' },
      { name: 'Payroll', canBeTold: false, signOutHref: '/session/end?client_id=pay' },
    ],
  }),
  sample('home-empty', 'home', { person: mira, signOutHref: '/session/end', apps: [] }),
  sample('home-anonymous', 'home', { signOutHref: '/session/end', apps: [] }),
  sample('signed-out', 'signed-out', { app: bookshop }),
  sample('first-owner', 'first-owner', { form: { action: '/admin/first/sample' } }),
  sample(
    'first-owner-wrong',
    'first-owner',
    {
      form: { action: '/admin/first/sample' },
      username: 'mira',
      problem: { kind: 'invalid', words: 'password is shorter than 8 characters; a few words make a good one.' },
    },
    422,
  ),
  sample('first-owner-done', 'first-owner', {
    form: { action: '/admin/first/sample' },
    done: { username: 'mira', commands: ['signoff clients add'] },
  }),
  sample(
    'error-sign-out',
    'error',
    {
      title: 'title.bad-sign-off',
      says: 'fault.unregistered_redirect_uri',
      code: 'unregistered_redirect_uri',
      signOut: { action: '/session/end/confirm' },
      startAgain: { href: 'https://shop.example', name: 'Bookshop' },
      developer: 'Error: post_logout_redirect_uri\n    at here (there:1:2)',
    },
    400,
  ),
  sample('error-internal', 'error', { says: 'error.internal', code: 'internal', advice: { kind: 'support' } }, 500),
  sample('page-old', 'page-old', { startAgain: { href: 'https://shop.example', name: 'Bookshop' } }, 403),
  sample('page-old-bare', 'page-old', {}, 403),
  sample(
    'page-old-signed-in',
    'page-old',
    { signedIn: true, startAgain: { href: 'https://shop.example', name: 'Bookshop' } },
    403,
  ),
  sample(
    'error-cookies-off',
    'error',
    {
      title: 'title.cookies-off',
      says: 'error.cookies_off',
      code: 'cookies_off',
      startAgain: { href: 'https://shop.example', name: 'Bookshop' },
    },
    403,
  ),
  ...ownSamples,
  ...accountSamples,
  ...adminSamples,
  sample('wrong-host', 'wrong-host', { href: 'https://id.example/session/end?x=1' }, 421),
  sample('body-too-large', 'body-too-large', {}, 413),
  sample('headers-too-large', 'headers-too-large', {}, 431),
];
