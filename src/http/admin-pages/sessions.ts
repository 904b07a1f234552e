import { listSessions } from '../../admin/sessions.ts';
import { filterBlock } from './admin-forms.ts';
import type { AdminFrame, Visit } from './admin-frame.ts';
import type { Field, Sheet } from './admin-page-models.ts';
import { pager, pathTo } from './cells.ts';
import { queryOf } from './query-of.ts';
import { everybodysTable } from './session-sheets.ts';

const SESSIONS = pathTo('sessions');

export const STATE: Field = {
  name: 'state',
  label: 'State',
  input: 'select',
  options: [
    { value: '', label: 'Any' },
    { value: 'live', label: 'Live' },
    { value: 'ended', label: 'Ended' },
  ],
};

const FILTER: readonly Field[] = [
  { name: 'account', label: 'Account', input: 'text', hint: 'By name or id' },
  { name: 'client', label: 'App', input: 'text', hint: 'Its client id' },
  { name: 'ip', label: 'Address', input: 'text', hint: 'Like 192.0.2.7' },
  { name: 'since', label: 'Begun since', input: 'text', hint: 'Like 2026-11-21T10:00:00Z' },
  { name: 'until', label: 'Begun before', input: 'text', hint: 'Likewise' },
  STATE,
];

/** `/admin/sessions`: who is signed in where, by account, app, address and time. */
export function mountSessions(frame: AdminFrame): void {
  frame.get(SESSIONS, sessionsSheet);
}

async function sessionsSheet(visit: Visit): Promise<Sheet> {
  const query = queryOf(FILTER, visit);
  const after = visit.query('after');
  const { items, next } = await visit.perform(listSessions, { ...query, after });
  return {
    headline: 'Sessions',
    blocks: [
      filterBlock({ action: SESSIONS, fields: FILTER, button: 'Show' }, query),
      everybodysTable('Sessions', items, visit),
      ...pager(SESSIONS, query, { after, next }),
    ],
  };
}
