/** Samples of the pages of a person's account, of what happened to it, and of what links in mails lead to. */
import type { AccountPageModels } from '../../src/http/own-pages/account-page-models.ts';
import type { NamedEvent } from '../../src/http/own-pages/activity-words.ts';

interface AccountSample<V extends keyof AccountPageModels = keyof AccountPageModels> {
  readonly name: string;
  readonly view: V;
  readonly model: AccountPageModels[V];
  readonly status?: number;
}

function sample<V extends keyof AccountPageModels>(
  name: string,
  view: V,
  model: AccountPageModels[V],
  status = 200,
): AccountSample {
  return { name, view, model, status };
}

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const DAY = 24 * 3_600_000;
const person = { name: 'Mira Holm', username: 'mira@example.com' };
const password = { form: { action: '/account/password' }, person, others: 3, keepOthers: false };
const reset = { form: { action: '/reset/x' }, username: person.username };
const forgot = { form: { action: '/forgot' }, sent: false, isEmpty: false };

const event: NamedEvent = {
  id: 'e1',
  at: '2026-11-21T11:00:00.000Z',
  kind: 'sign-in',
  actor: 'user',
  session: 's1',
  device: 'Firefox on Linux',
  place: 'Germany',
  client_id: 'wiki',
  reason: null,
  receipt: null,
  detail: null,
  appName: 'Wiki',
};
const counts = {
  told: 2,
  trying: 1,
  refused: 0,
  given_up: 0,
  moot: 0,
  cannot_be_told: 1,
  asked_browser: 0,
  not_asked_for: 0,
};
const ended: NamedEvent = {
  ...event,
  kind: 'logout',
  actor: 'operator',
  reason: 'operator',
  receipt: '/logout/l1',
  detail: { target: 'session', apps: counts },
};
const events: readonly NamedEvent[] = [
  event,
  ended,
  ...['participation', 'account', 'account-client', 'client'].map((target) => ({
    ...ended,
    actor: 'app' as const,
    detail: { target, apps: counts },
  })),
  { ...event, kind: 'failed', detail: { count: 3 } },
  ...['changed', 'locked', 'asked'].map((reason) => ({ ...event, kind: 'password' as const, reason })),
  { ...event, kind: 'credential', detail: { change: 'added', kind: 'totp', name: 'Phone' } },
  { ...event, kind: 'credential', detail: { change: 'removed', kind: 'passkey', name: 'Laptop' } },
  { ...event, kind: 'credential', detail: { change: 'codes' } },
  { ...event, kind: 'credential', actor: 'operator', detail: { change: 'reset' } },
  { ...event, kind: 'consent', detail: { scopes: ['openid', 'email'] } },
  { ...event, kind: 'name' },
];
const activity = { person, now: NOW, events, isFirst: true, downloadHref: '/activity?download' };

const app = {
  clientId: 'wiki',
  name: 'Wiki',
  uri: 'https://wiki.example/',
  permissions: [{ scope: 'email' }, { scope: 'offline_access' }],
  since: NOW - 40 * DAY,
  lastUsedAt: NOW - DAY,
  offline: true,
  canBeTold: true,
  isOwn: false,
};
const apps = {
  person,
  now: NOW,
  apps: [app, { ...app, isOwn: true, canBeTold: false }],
  end: { action: '/account/apps/end' },
};

export const accountSamples: readonly AccountSample[] = [
  sample('account', 'account', {
    person,
    email: 'mira@example.com',
    now: NOW,
    passwordChangedAt: NOW - 400 * DAY,
    changed: true,
    factors: { href: '/account/factors', passkeys: 1, authenticatorApps: 2, recoveryCodes: 9 },
  }),
  sample('account-password', 'account-password', password),
  sample('account-password-alone', 'account-password', { ...password, others: 0 }),
  sample('account-password-wrong', 'account-password', { ...password, notice: { kind: 'wrong' } }, 401),
  sample('account-password-bad', 'account-password', { ...password, notice: { kind: 'bad', fault: 'common' } }, 400),
  sample('account-password-wait', 'account-password', { ...password, notice: { kind: 'wait', seconds: 90 } }, 429),
  sample('account-apps', 'account-apps', apps),
  sample('account-apps-none', 'account-apps', { ...apps, apps: [] }),
  sample('activity', 'activity', { ...activity, nextHref: '/activity?after=1.x' }),
  sample('activity-none', 'activity', { ...activity, kind: 'failed', events: [], isFirst: false }),
  sample('not-me', 'not-me', { form: { action: '/not-me/x' }, devices: 3, signIns: 7, mails: true }),
  sample('not-me-no-mail', 'not-me', { form: { action: '/not-me/x' }, devices: 1, signIns: 1, mails: false }),
  sample('forgot', 'forgot', forgot),
  sample('forgot-empty', 'forgot', { ...forgot, isEmpty: true }, 400),
  sample('forgot-sent', 'forgot', { ...forgot, sent: true }),
  sample('reset', 'reset', reset),
  sample('reset-short', 'reset', { ...reset, fault: 'short' }, 400),
  sample('link-used', 'link-used', { purpose: 'reset', forgotHref: '/forgot' }, 410),
];
