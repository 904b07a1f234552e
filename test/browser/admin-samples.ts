/** Samples of operators' pages: every kind of block, as a page would have it. */
import { InvalidInput } from '../../src/admin/input.ts';
import { filterBlock, formBlock } from '../../src/http/admin-pages/admin-forms.ts';
import type { AdminPage, Block, Field, Live, Sheet } from '../../src/http/admin-pages/admin-page-models.ts';
import {
  below,
  beside,
  button,
  calm,
  chip,
  code,
  heading,
  link,
  pager,
  soft,
  table,
  text,
  time,
  words,
} from '../../src/http/admin-pages/cells.ts';
import { confirmSheet } from '../../src/http/admin-pages/confirm-write.ts';
import { REASON } from '../../src/http/admin-pages/reason-field.ts';

interface AdminSample {
  readonly name: string;
  readonly view: 'admin';
  readonly model: AdminPage;
  readonly status?: number;
}

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const EARLIER = '2026-11-21T09:00:00.000Z';
const GROUPS = [
  'Start',
  'Clients',
  'People',
  'Sessions',
  'Logouts',
  'Deliveries',
  'Keys',
  'Registration tokens',
  'Operators',
];

function adminSample(name: string, sheet: Sheet, status = 200): AdminSample {
  const nav = [...GROUPS, 'Tokens', 'Audit', 'Everybody'].map((group) => ({
    text: group,
    href: `/admin/${group.toLowerCase()}`,
    current: group === 'People',
  }));
  return { name, view: 'admin', model: { nav, operator: 'Mira Holm · owner', now: NOW, ...sheet }, status };
}

const FIELDS: readonly Field[] = [
  { name: 'name', label: 'What it is for', input: 'text', hint: 'So that you know it again.', value: 'a < b' },
  { name: 'new_password', label: 'New password', input: 'password', autocomplete: 'new-password' },
  { name: 'rate', label: 'Sessions a second', input: 'number', value: '300', group: 'How fast' },
  {
    name: 'redirect_uris',
    label: 'Redirect addresses',
    input: 'lines',
    value: 'https://a.example/cb\nhttps://b.example/cb',
  },
  {
    name: 'role',
    label: 'Role',
    input: 'select',
    value: 'operator',
    options: ['support', 'operator', 'owner'].map((role) => ({ value: role, label: role })),
  },
  {
    name: 'party',
    label: 'Whose app it is',
    input: 'radio',
    value: 'third',
    options: [
      { value: 'first', label: 'Ours' },
      { value: 'third', label: 'Somebody else’s' },
    ],
  },
  {
    name: 'scopes',
    label: 'What it may do',
    input: 'checks',
    value: 'signoff.read',
    options: ['signoff.read', 'signoff.sessions'].map((scope) => ({ value: scope, label: scope })),
  },
  { name: 'leaked', label: 'An old key has leaked', input: 'check', value: 'yes' },
];
const form = { action: '/admin/people/a1/x', fields: FIELDS, button: 'Do it', backHref: '/admin/people' };

const people = table(
  'People',
  ['Name', 'State', 'Since', 'Apps'],
  [
    {
      cells: [
        link('mira@example.com', '/admin/people/a1'),
        chip('told', 'Active'),
        time(EARLIER),
        beside(text('Bookshop'), text('Mail')),
      ],
      buttons: [
        button('End', '/admin/people/a1/end', { fields: { session: 's1' }, unseen: 'Firefox on Linux' }),
        button('Disable', '/admin/people/a1/disable'),
      ],
    },
    {
      cells: [
        link('noor', '/admin/people/a2'),
        chip('refused', 'Disabled'),
        time(null),
        below(code('client-with-a-rather-long-identifier-0123456789'), soft('–')),
      ],
    },
  ],
);

const list: readonly Block[] = [
  calm('The account is disabled.'),
  filterBlock(
    {
      action: '/admin/people',
      button: 'Find',
      fields: [
        { name: 'account', label: 'Name or id', input: 'text' },
        { name: 'state', label: 'State', input: 'select', options: [{ value: '', label: 'Any' }] },
      ],
    },
    { account: 'mira' },
  ),
  people,
  ...pager('/admin/people', { account: 'mira' }, { after: 'a0', next: 'a2' }),
];

const detail: readonly Block[] = [
  {
    kind: 'facts',
    rows: [
      { label: 'Id', cell: code('7Fd0') },
      { label: 'Signed in', cell: time(EARLIER) },
      { label: 'Token expires', cell: time('2026-12-21T09:00:00.000Z') },
    ],
  },
  { kind: 'listing', name: 'app.mjs', text: "// a < b\napp.post('/backchannel-logout', logout);\n" },
  { kind: 'secret', label: 'Shown once', text: 'signoff_pat_0123456789012345678901234567890123456789012' },
  { kind: 'progress', label: '3 of 9 told', done: 3, all: 9 },
  heading('What can be done'),
  {
    kind: 'buttons',
    buttons: [button('End all', '/admin/people/a1/end'), button('Disable', '/admin/people/a1/disable')],
  },
  { kind: 'links', links: [{ text: 'Set a password', href: '/admin/people/a1/password' }] },
  table('Nothing', ['Name'], [], 'There are no sessions.'),
];

const live: Live = {
  events: '/admin/logouts/l1/events',
  state: 'walking',
  summary: 'All of it is dead already. The apps are being told, session after session.',
  over: false,
  blocks: [calm('It goes on.'), { kind: 'progress', label: '3 of 9 sign-ins told', done: 3, all: 9 }, people],
};

const invalid = new InvalidInput([
  { field: '', message: 'Say which.' },
  { field: 'name', message: 'is empty.' },
  { field: 'redirect_uris[1]', message: 'must be https.' },
  { field: 'role', message: 'must be one of support, operator, owner.' },
  { field: 'scopes', message: 'is too small: at least 1.' },
]);

const confirm = {
  headline: 'End all sessions of Mira?',
  blocks: [{ kind: 'points', cells: [text('3 sessions end, with 8 sign-ins at 4 apps.')] }] as const,
  button: 'End them',
  fields: [REASON],
};
const wrongWord = {
  action: '/admin/people/a1/end',
  values: new Map([
    ['session', 's1'],
    ['confirm', 'no'],
  ]),
  word: 'everybody',
  backHref: '/admin/people/a1',
};

export const adminSamples: readonly AdminSample[] = [
  adminSample('admin-start', { headline: 'All is well', blocks: [words('Nothing waits for you.')] }),
  adminSample('admin-list', { headline: 'People', blocks: list }),
  adminSample('admin-detail', {
    headline: 'Mira Holm',
    above: { text: 'People', href: '/admin/people' },
    blocks: detail,
  }),
  adminSample('admin-live', { headline: 'Everybody was signed off', live, blocks: [formBlock(form)] }),
  adminSample('admin-form-folded', { headline: 'Tokens', blocks: [formBlock({ ...form, folded: 'New token' })] }),
  adminSample(
    'admin-form-wrong',
    { headline: 'New token', blocks: [formBlock(form, { values: new Map([['name', '']]), invalid })] },
    422,
  ),
  adminSample('admin-confirm-word', confirmSheet(confirm, wrongWord).sheet, 422),
];
