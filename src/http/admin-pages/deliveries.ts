import type { z } from 'zod';
import { listDeliveries, RETRIABLE, replayDeliveries, STATES } from '../../admin/deliveries.ts';
import { filterBlock, formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Field, Option, Sheet, TableRow } from './admin-page-models.ts';
import { below, counted, link, pager, pathTo, soft, table, text, time } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { SINCE_UNTIL } from './instant-fields.ts';
import { accountCell, logoutCell } from './place-cells.ts';
import { queryOf } from './query-of.ts';
import { REASON } from './reason-field.ts';
import { answerCell, type DeliveryRow, STATE_WORDS, stateChip } from './telling-words.ts';

const DELIVERIES = pathTo('deliveries');
const REPLAY = pathTo('deliveries', 'replay');
const DONE = { replayed: 'They are being sent again.' };

const WHICH: readonly Field[] = [
  { name: 'client', label: 'App', input: 'text', hint: 'Its client_id' },
  { name: 'account', label: 'User name or id', input: 'text' },
  { name: 'logout', label: 'Logout', input: 'text' },
];
const FILTER: readonly Field[] = [
  ...WHICH,
  {
    name: 'state',
    label: 'State',
    input: 'select',
    options: [{ value: '', label: 'Any' }, ...STATES.map(optionOf)],
  },
  ...SINCE_UNTIL,
];

function optionOf(state: DeliveryRow['state']): Option {
  return { value: state, label: STATE_WORDS[state].words };
}

/** `/admin/deliveries`: which app was told about which sign-off, and all that an app missed sent again. */
export function mountDeliveries(frame: AdminFrame): void {
  frame.get(DELIVERIES, (visit) => deliveriesSheet(visit));
  frame.post(REPLAY, replay, deliveriesSheet);
}

async function deliveriesSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  const query = queryOf(FILTER, visit);
  const after = visit.query('after');
  const { items, next } = await visit.perform(listDeliveries, { ...query, after });
  const columns = ['App', 'State', 'About', 'Last answer', 'Tries', 'Last try, next try', 'Logout'];
  return {
    headline: 'Deliveries',
    blocks: [
      ...saidBy(visit, DONE),
      filterBlock({ action: DELIVERIES, fields: FILTER, button: 'Show' }, query),
      table(
        'Deliveries',
        columns,
        items.map((row) => rowOf(row, visit)),
        'No delivery matches.',
      ),
      ...pager(DELIVERIES, query, { after, next }),
      ...(visit.may(replayDeliveries) ? [formBlock(replayForm(query), sent)] : []),
    ],
  };
}

function rowOf(row: DeliveryRow, visit: Visit): TableRow {
  return {
    cells: [
      link(row.client_id, pathTo('deliveries', row.id)),
      stateChip(row.state),
      accountCell(row.account_id, visit),
      answerCell(row),
      text(String(row.attempts)),
      row.next_attempt_at === null
        ? row.last_attempt_at === null
          ? soft('–')
          : time(row.last_attempt_at)
        : below(time(row.last_attempt_at), time(row.next_attempt_at)),
      logoutCell(row.logout_id, visit),
    ],
  };
}

const STATES_AGAIN: Field = {
  name: 'state',
  label: 'That are',
  input: 'checks',
  hint: 'None of these: all three.',
  options: RETRIABLE.map(optionOf),
};
const AGAIN: readonly Field[] = [...WHICH, STATES_AGAIN, ...SINCE_UNTIL];

/** Filled in with what the list is filtered by. */
function replayForm(query: Readonly<Record<string, string | undefined>>) {
  const fields = AGAIN.map((field) => ({ ...field, value: query[field.name] ?? '' }));
  return { action: REPLAY, fields, button: 'Count them first', folded: 'Send many again' };
}

async function replay(visit: WriteVisit): Promise<Answer> {
  const input = inputOf(visit);
  if (visit.values.get('confirm') === undefined) {
    const { deliveries } = await visit.perform(replayDeliveries, { ...input, dry_run: true });
    if (deliveries === 0) return nothingSheet();
  }
  const done = await visit.write({
    useCase: replayDeliveries,
    input,
    backHref: DELIVERIES,
    confirm: async () => confirmOf(await visit.perform(replayDeliveries, { ...input, dry_run: true })),
  });
  return done && { to: `${DELIVERIES}?done=replayed` };
}

/** No state at all is no wish. */
function inputOf({ values }: WriteVisit): Readonly<Record<string, unknown>> {
  const { state, ...rest } = readFields([...AGAIN, REASON], values);
  return { ...rest, ...(Array.isArray(state) && state.length > 0 && { state }) };
}

function confirmOf({ deliveries, apps }: z.output<typeof replayDeliveries.output>) {
  const told = [
    `${counted(deliveries, 'delivery', 'deliveries')} to ${counted(apps.length, 'app')}: ${apps.slice(0, APPS_NAMED).join(', ')}${apps.length > APPS_NAMED ? ' and others' : ''}.`,
    'Each gets a fresh token at once, and 24 hours of tries. An app that knew already says so and loses nothing.',
  ];
  return {
    headline: `Send ${counted(deliveries, 'delivery', 'deliveries')} again?`,
    blocks: [{ kind: 'points', cells: told.map(text) }] as const,
    button: 'Send them again',
    fields: [REASON],
  };
}

const APPS_NAMED = 10;

function nothingSheet(): Sheet {
  return {
    headline: 'There is nothing to send again',
    above: { text: 'Deliveries', href: DELIVERIES },
    blocks: [{ kind: 'words', cell: text('None that match are refused, given up or waiting.') }],
  };
}
