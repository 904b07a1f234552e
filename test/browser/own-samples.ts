/** Samples of the pages of a person's own sessions and account. */
import type { DeviceRow, DevicesPage, OwnPageModels } from '../../src/http/own-pages/own-page-models.ts';

interface OwnSample<V extends keyof OwnPageModels = keyof OwnPageModels> {
  readonly name: string;
  readonly view: V;
  readonly model: OwnPageModels[V];
  readonly status?: number;
}

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const HOUR = 3_600_000;
const mira = { name: 'Mira Holm', username: 'mira@example.com' };
const end = { action: '/devices/end' };
const hidden = [{ name: 'what', value: 'session' }];
const passkey = { options: '{"challenge":"AAAA","allowCredentials":[]}', ticket: 'v1.sealed' };
const proof = { username: mira.username, typed: 'password' } as const;

function sample<V extends keyof OwnPageModels>(
  name: string,
  view: V,
  model: OwnPageModels[V],
  status = 200,
): OwnSample {
  return { name, view, model, status };
}

const here: DeviceRow = {
  id: 's1',
  current: true,
  device: 'Firefox on Linux',
  place: 'DE',
  startedAt: NOW - 3 * HOUR,
  lastSeenAt: NOW - 1_000,
  expiresAt: NOW + 300 * HOUR,
  shared: false,
  apps: [
    { clientId: 'shop', name: 'Bookshop', since: NOW - 3 * HOUR, canBeTold: true, state: 'live' },
    { clientId: 'pay', name: 'Payroll', since: NOW - HOUR, canBeTold: false, maxSession: 8 * HOUR, state: 'live' },
    { clientId: 'wiki', name: 'Wiki', since: NOW - 3 * HOUR, canBeTold: true, state: 'told' },
  ],
};
const phone: DeviceRow = {
  ...here,
  id: 's2',
  current: false,
  device: 'Safari on iPhone',
  givenName: 'Mira’s phone',
  lastSeenAt: NOW - 3 * HOUR,
  apps: [{ clientId: 'mail', name: 'Mail', since: NOW - 2 * HOUR, canBeTold: false, state: 'live' }],
};
const library: DeviceRow = {
  ...phone,
  id: 's3',
  device: 'Chrome on Windows',
  givenName: 'Library',
  place: 'PT',
  shared: true,
  apps: [],
};
const ended: DeviceRow = {
  ...library,
  id: 's4',
  device: 'Edge on Windows',
  givenName: 'Old laptop',
  shared: false,
  ended: { at: NOW - 50 * HOUR, reason: 'user', actor: 'user', receipt: '/logout/l1' },
};
const devices: DevicesPage = {
  person: mira,
  now: NOW,
  rows: [here, phone, library, ended],
  others: 2,
  end,
  name: { action: '/devices/name' },
  factorsHref: '/account/factors',
};

export const ownSamples: readonly OwnSample[] = [
  sample('devices', 'devices', devices),
  sample('devices-one', 'devices', { ...devices, rows: [{ ...here, apps: [] }], others: 0 }),
  sample('devices-later', 'devices', {
    ...devices,
    rows: [phone, { ...ended, ended: { at: NOW - HOUR, reason: 'idle', actor: 'system' } }],
    firstHref: '/devices',
    nextHref: '/devices?after=live.1.s2',
  }),
  sample('confirm-others', 'confirm', {
    form: { action: '/devices/end', hidden: [...hidden, { name: 'confirm', value: 'yes' }] },
    what: 'others',
    devices: 4,
    signIns: 12,
    cannotBeTold: ['Payroll'],
    proof: { ...proof, passkey },
    backHref: '/devices',
  }),
  sample('confirm-everywhere', 'confirm', {
    form: end,
    what: 'everywhere',
    devices: 5,
    signIns: 14,
    cannotBeTold: ['Payroll', 'Archive'],
    proof,
    backHref: '/devices',
  }),
  sample('confirm-app', 'confirm', {
    form: end,
    what: 'app-everywhere',
    appName: 'Bookshop',
    devices: 2,
    signIns: 2,
    cannotBeTold: [],
    backHref: '/devices',
  }),
  sample('confirm-not-me', 'confirm', {
    form: end,
    what: 'not-me',
    devices: 1,
    signIns: 1,
    cannotBeTold: [],
    proof,
    backHref: '/devices',
  }),
  sample('factors', 'factors', {
    now: NOW,
    rows: [
      { id: 'c1', kind: 'totp', name: 'Phone', createdAt: NOW - 300 * HOUR, lastUsedAt: NOW - HOUR },
      { id: 'c2', kind: 'passkey-synced', name: 'Laptop', createdAt: NOW - HOUR },
      { id: 'c3', kind: 'passkey', name: 'Key', createdAt: NOW - HOUR },
    ],
    recoveryCodes: 9,
    full: false,
    base: '/account/factors',
  }),
  sample('factors-none', 'factors', { now: NOW, rows: [], recoveryCodes: 0, full: false, base: '/account/factors' }),
  sample('factor-remove', 'factor-remove', {
    form: { action: '/account/factors/remove', hidden: [{ name: 'id', value: 'c1' }] },
    name: 'Phone',
    last: 'last',
    backHref: '/account/factors',
  }),
  sample('step-up', 'step-up', { form: { ...end, hidden }, person: mira, proof, backHref: '/devices' }),
  sample('step-up-passkey', 'step-up', {
    form: { ...end, hidden },
    person: mira,
    proof: { ...proof, passkey },
    backHref: '/devices',
  }),
  sample('step-up-code', 'step-up', {
    form: { action: '/account/factors/totp' },
    person: mira,
    proof: { ...proof, typed: 'password-and-code', passkey, notice: { kind: 'wrong-code' } },
    backHref: '/account/factors',
  }),
  sample('step-up-passkey-only', 'step-up', {
    form: { action: '/account/factors/totp' },
    person: mira,
    proof: { ...proof, typed: 'nothing', passkey, notice: { kind: 'wrong-passkey' } },
    backHref: '/account/factors',
  }),
  sample(
    'step-up-wrong',
    'step-up',
    {
      form: { ...end, hidden },
      person: mira,
      proof: { ...proof, notice: { kind: 'wrong' } },
      backHref: '/devices',
    },
    401,
  ),
  sample(
    'step-up-wait',
    'step-up',
    {
      form: { ...end, hidden },
      person: mira,
      proof: { ...proof, notice: { kind: 'wait', seconds: 300 } },
      backHref: '/devices',
    },
    429,
  ),
];
