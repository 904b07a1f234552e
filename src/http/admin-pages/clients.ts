import type { z } from 'zod';
import { listAttention } from '../../admin/attention.ts';
import { addClient, type clientRow, listClients } from '../../admin/clients.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Cell, Sheet, TableRow } from './admin-page-models.ts';
import { chip, link, pager, pathTo, soft, table, text } from './cells.ts';
import { aboutMore, documentIn, NEW_CLIENT } from './client-fields.ts';
import { secretSheet, stateChip } from './client-sheets.ts';
import { saidBy } from './done-notice.ts';
import { REASON } from './reason-field.ts';

type ClientRow = z.output<typeof clientRow>;

const CLIENTS = pathTo('clients');

const DONE = { removed: 'The app is removed; nobody was signed in there.' };

/** Rows of a page of the list. */
const ROWS = 50;

/** `/admin/clients`: the apps that people sign in to. */
export function mountClients(frame: AdminFrame): void {
  frame.get(CLIENTS, (visit) => clientsSheet(visit));
  frame.post(CLIENTS, add, (visit, sent) => clientsSheet(visit, aboutMore(sent)));
}

async function clientsSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  const after = visit.query('after');
  const [{ items, next }, failing] = await Promise.all([
    visit.perform(listClients, { limit: ROWS, after }),
    failingApps(visit),
  ]);
  const columns = ['App', 'Name', 'From', 'State', 'Sign-offs'];
  const rows = items.map((row) => rowOf(row, failing));
  const form = { action: CLIENTS, fields: NEW_CLIENT, button: 'Register the app', folded: 'New app' };
  return {
    headline: 'Clients',
    blocks: [
      ...saidBy(visit, DONE),
      table('Apps', columns, rows, 'There are no apps.'),
      ...pager(CLIENTS, {}, { after, next }),
      ...(visit.may(addClient) ? [formBlock(form, sent)] : []),
    ],
  };
}

/** Those that are left alone between tries. Of very many only some are named; each says so itself. */
async function failingApps(visit: Visit): Promise<ReadonlySet<string | null>> {
  const { items } = await visit.perform(listAttention, {});
  return new Set(items.filter(({ kind }) => kind === 'app-fails').map(({ client_id: id }) => id));
}

function rowOf(row: ClientRow, failing: ReadonlySet<string | null>): TableRow {
  return {
    cells: [
      link(row.client_id, pathTo('clients', row.client_id)),
      text(row.client_name),
      text(row.source),
      stateChip(row),
      toldCell(row, failing),
    ],
  };
}

function toldCell(
  { client_id: id, can_be_told: canBeTold, state }: ClientRow,
  failing: ReadonlySet<string | null>,
): Cell {
  if (state === 'removed') return soft('–');
  if (!canBeTold) return chip('cannot-be-told', 'Cannot be told');
  return failing.has(id) ? chip('trying', 'Fails') : chip('told', 'Can be told');
}

async function add(visit: WriteVisit): Promise<Answer> {
  const client = documentIn(NEW_CLIENT, visit.values) ?? {};
  const input = { client, source: 'page', ...readFields([REASON], visit.values) };
  const made = await visit.write({ useCase: addClient, input, backHref: CLIENTS });
  if (made === undefined) return undefined;
  const { client_id: id, client_secret: secret } = made;
  const href = pathTo('clients', id);
  return secret === null ? { to: `${href}?done=made` } : secretSheet(id, secret);
}
