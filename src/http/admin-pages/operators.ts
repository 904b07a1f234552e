import type { Role } from '../../accounts/account.ts';
import { showAccount } from '../../admin/accounts.ts';
import { listOperators, removeRole, setRole } from '../../admin/operators.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Visit, WriteVisit } from './admin-frame.ts';
import type { Field, Sheet } from './admin-page-models.ts';
import { button, heading, link, pathTo, table, text, time, words } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { REASON } from './reason-field.ts';

const OPERATORS = pathTo('operators');
const REMOVE = pathTo('operators', 'remove');

const DONE = { set: 'The role is given.', removed: 'The role is taken away.' };

const FIELDS: readonly Field[] = [
  { name: 'account', label: 'Account', input: 'text', hint: 'By name or id.' },
  {
    name: 'role',
    label: 'Role',
    input: 'radio',
    value: 'support',
    options: [
      { value: 'support', label: 'support: looks, and ends sessions of one person' },
      { value: 'operator', label: 'operator: also clients, deliveries, keys and registration' },
      { value: 'owner', label: 'owner: also operators and everybody' },
    ] satisfies readonly { readonly value: Role; readonly label: string }[],
  },
  REASON,
];

/** `/admin/operators`: who runs this service. Whoever sees it is an owner, so the link for a first one has no place here. */
export function mountOperators(frame: AdminFrame): void {
  frame.get(OPERATORS, (visit) => operatorsSheet(visit));
  frame.post(OPERATORS, give, (visit, sent) => operatorsSheet(visit, sent));
  frame.post(REMOVE, remove);
}

async function operatorsSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  const { items } = await visit.perform(listOperators, {});
  const rows = items.map(({ account_id: id, username, role, since }) => ({
    cells: [link(username ?? id, pathTo('people', id)), text(role), time(since)],
    buttons: [button('Take away', REMOVE, { fields: { account: id }, unseen: username ?? id })],
  }));
  return {
    headline: 'Operators',
    blocks: [
      ...saidBy(visit, DONE),
      table('Who runs this service', ['Account', 'Role', 'Since'], rows),
      heading('Give a role'),
      words('An account has one role; a new one takes the place of the old.'),
      formBlock({ action: OPERATORS, fields: FIELDS, button: 'Give the role' }, sent),
    ],
  };
}

async function give(visit: WriteVisit) {
  const input = readFields(FIELDS, visit.values);
  const done = await visit.write({ useCase: setRole, input, backHref: OPERATORS });
  return done && { to: `${OPERATORS}?done=set` };
}

async function remove(visit: WriteVisit) {
  const account = visit.values.get('account');
  const done = await visit.write({
    useCase: removeRole,
    input: { account, ...readFields([REASON], visit.values) },
    backHref: OPERATORS,
    confirm: async () => ({
      headline: `Take the role of ${(await visit.perform(showAccount, { account })).username} away?`,
      blocks: [words(removeRole.summary)],
      button: 'Take it away',
      fields: [REASON],
    }),
  });
  if (done?.account_id === visit.who.actor.id) return { to: '/' };
  return done && { to: `${OPERATORS}?done=removed` };
}
