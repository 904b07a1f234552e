import type { z } from 'zod';
import { listLogouts } from '../../admin/logouts.ts';
import { filterBlock } from './admin-forms.ts';
import type { AdminFrame, Visit } from './admin-frame.ts';
import type { Cell, Field, Sheet, TableRow } from './admin-page-models.ts';
import { below, chip, link, pager, pathTo, soft, table, text, time } from './cells.ts';
import { SINCE_UNTIL } from './instant-fields.ts';
import { accountCell, subjectCell } from './place-cells.ts';
import { queryOf } from './query-of.ts';
import { actorCell, reasonWords } from './telling-words.ts';

export type LogoutRow = z.output<typeof listLogouts.output>['items'][number];

const LOGOUTS = pathTo('logouts');

const FILTER: readonly Field[] = [
  { name: 'account', label: 'User name or id', input: 'text' },
  {
    name: 'state',
    label: 'State',
    input: 'select',
    options: [
      { value: '', label: 'Any' },
      { value: 'walking', label: 'Still being walked' },
    ],
  },
  ...SINCE_UNTIL,
];

/** `/admin/logouts`: what was ended, by whom and why. */
export function mountLogouts(frame: AdminFrame): void {
  frame.get(LOGOUTS, logoutsSheet);
}

async function logoutsSheet(visit: Visit): Promise<Sheet> {
  const query = queryOf(FILTER, visit);
  const after = visit.query('after');
  const { items, next } = await visit.perform(listLogouts, { ...query, after });
  return {
    headline: 'Logouts',
    blocks: [
      filterBlock({ action: LOGOUTS, fields: FILTER, button: 'Show' }, query),
      logoutTable(items, visit, 'No logout matches.'),
      ...pager(LOGOUTS, query, { after, next }),
    ],
  };
}

export function logoutTable(rows: readonly LogoutRow[], visit: Visit, none: string) {
  const columns = ['Why', 'When', 'Of', 'By', 'Sessions', 'How far'];
  return table(
    'Logouts',
    columns,
    rows.map((row) => rowOf(row, visit)),
    none,
  );
}

function rowOf(row: LogoutRow, visit: Visit): TableRow {
  return {
    cells: [
      link(reasonWords(row.reason), pathTo('logouts', row.logout_id)),
      time(row.at),
      row.account_id === null
        ? subjectCell(row.target, visit)
        : below(accountCell(row.account_id, visit, row.username), soft(reachWords(row.target))),
      actorCell(row.actor, visit),
      text(String(row.sessions_ended)),
      walkCell(row),
    ],
  };
}

/** How much of an account ended. */
function reachWords(target: string): string {
  const [, client] = / at client (\S+)$/.exec(target) ?? [];
  if (client !== undefined) return `at ${client}`;
  if (target.startsWith('session ')) return 'one session';
  return target.startsWith('participation ') ? 'one sign-in' : 'all sessions';
}

function walkCell({ walking, paused }: LogoutRow): Cell {
  if (!walking) return soft('All ended');
  return paused ? chip('given-up', 'Paused') : chip('trying', 'Being walked');
}
