import { addAccount, listAccounts, showAccount } from '../../admin/accounts.ts';
import { AppError } from '../../errors.ts';
import { filterBlock, formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Field, Sheet, TableRow } from './admin-page-models.ts';
import { bad, link, pager, pathTo, table, text, time } from './cells.ts';
import { CLAIMS } from './claims-field.ts';
import { jsonIn } from './json-field.ts';
import { type AccountRow, stateChip } from './person-sheets.ts';
import { aboutNewPassword, NEW_PASSWORD } from './typed-password.ts';

const PEOPLE = pathTo('people');
const ADD = pathTo('people', 'add');

const SEARCH: readonly Field[] = [{ name: 'account', label: 'User name or id, or e-mail address', input: 'text' }];

const NEW: readonly Field[] = [{ name: 'username', label: 'User name', input: 'text' }, NEW_PASSWORD, CLAIMS];

/** `/admin/people`: who can sign in. Whoever is searched for, and is the only one found, is shown at once. */
export function mountPeople(frame: AdminFrame): void {
  frame.get(PEOPLE, showPeople);
  frame.post(ADD, add, (visit, sent) => peopleSheet(visit, { sent: aboutNewPassword(sent) }));
}

async function showPeople(visit: Visit): Promise<Answer> {
  const [wanted, after] = [visit.query('account'), visit.query('after')];
  if (wanted === undefined) return peopleSheet(visit, {});
  const named = await findNamed(visit, wanted);
  if ('id' in named) return { to: pathTo('people', named.id) };
  const found = await visit.perform(listAccounts, { search: wanted, after });
  const [first, second] = found.items;
  if (after === undefined && first && !second) return { to: pathTo('people', first.id) };
  return peopleSheet(visit, first ? { wanted, found } : { wanted, notFound: named.words });
}

async function add(visit: WriteVisit): Promise<Answer> {
  const { new_password: password, claims, ...rest } = readFields(NEW, visit.values);
  const input = { ...rest, password, claims: jsonIn(claims) };
  const made = await visit.write({ useCase: addAccount, input, backHref: PEOPLE });
  return made && { to: `${pathTo('people', made.id)}?done=made` };
}

/** The account, or the use case's words for there being none. */
async function findNamed(visit: Visit, account: string): Promise<{ readonly id: string } | { readonly words: string }> {
  try {
    return await visit.perform(showAccount, { account });
  } catch (error) {
    if (error instanceof AppError && error.code === 'account_unknown') return { words: error.publicMessage };
    throw error;
  }
}

interface Shown {
  readonly wanted?: string;
  /** Those who were searched for; all of them where nobody was. */
  readonly found?: { readonly items: readonly AccountRow[]; readonly next: string | null };
  readonly notFound?: string;
  readonly sent?: Sent;
}

async function peopleSheet(visit: Visit, { wanted, found, notFound, sent }: Shown): Promise<Sheet> {
  const after = visit.query('after');
  const { items, next } = found ?? (await visit.perform(listAccounts, { after }));
  const form = { action: ADD, fields: NEW, button: 'Make the account', folded: 'New account' };
  return {
    headline: 'People',
    blocks: [
      ...(notFound === undefined ? [] : [bad(notFound)]),
      filterBlock({ action: PEOPLE, fields: SEARCH, button: 'Find' }, { account: wanted }),
      table('People', ['User name', 'Name', 'E-mail', 'State', 'Made'], items.map(rowOf), 'There are no accounts.'),
      ...pager(PEOPLE, { account: found && wanted }, { after, next }),
      ...(visit.may(addAccount) ? [formBlock(form, sent)] : []),
    ],
  };
}

function rowOf(account: AccountRow): TableRow {
  return {
    cells: [
      link(account.username, pathTo('people', account.id)),
      text(account.name ?? '–'),
      text(account.email ?? '–'),
      stateChip(account),
      time(account.created_at),
    ],
  };
}
