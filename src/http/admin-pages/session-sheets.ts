/** Sessions as operators see them. */
import type { z } from 'zod';
import { endSessions } from '../../admin/logouts.ts';
import type { sessionRow, showSession } from '../../admin/sessions.ts';
import type { Visit } from './admin-frame.ts';
import type { Sheet, Table, TableRow } from './admin-page-models.ts';
import { beside, button, chip, code, heading, link, pathTo, soft, table, text, time } from './cells.ts';
import { appCell, logoutCell } from './place-cells.ts';

export type SessionRow = z.output<typeof sessionRow>;

const COLUMNS = ['Device', 'State', 'Signed in', 'Last seen', 'Apps'];

/** Each row leads to its session, and where it lives and the role may, ends it. */
export function sessionTable(caption: string, rows: readonly SessionRow[], visit: Visit): Table {
  return table(
    caption,
    COLUMNS,
    rows.map((row) => tableRow(row, visit)),
    'There are no sessions.',
  );
}

/** The same for sessions of anybody: whose they are, too. */
export function everybodysTable(caption: string, rows: readonly SessionRow[], visit: Visit): Table {
  const withAccount = rows.map((row) => {
    const { cells, ...rest } = tableRow(row, visit);
    const account = link(row.username ?? row.account_id, pathTo('people', row.account_id));
    return { cells: [account, ...cells], ...rest };
  });
  return table(caption, ['Account', ...COLUMNS], withAccount, 'There are no sessions.');
}

const STATES = { arriving: 'Arriving', live: 'Live', ended: 'Ended' } as const;

function tableRow(row: SessionRow, visit: Visit): TableRow {
  const canEnd = row.state === 'live' && visit.may(endSessions);
  const end = pathTo('people', row.account_id, 'end');
  return {
    cells: [
      link(row.device, pathTo('people', row.account_id, 'sessions', row.id)),
      chip(row.state === 'ended' ? 'moot' : 'told', STATES[row.state]),
      time(row.started_at),
      time(row.last_seen_at),
      row.apps.length === 0 ? soft('none') : beside(...row.apps.map((id) => appCell(id, visit))),
    ],
    ...(canEnd && { buttons: [button('End', end, { fields: { session: row.id }, unseen: row.device })] }),
  };
}

interface Whose {
  readonly id: string;
  readonly username: string;
}

/** One session, with each app that took part. */
export function sessionSheet(session: z.output<typeof showSession.output>, account: Whose, visit: Visit): Sheet {
  const logout = (id: string | null) => logoutCell(id, visit);
  const rows = session.participations.map((one) => ({
    cells: [
      appCell(one.client_id, visit),
      code(one.sid),
      time(one.started_at),
      one.ended_at === null ? soft('–') : time(one.ended_at),
      logout(one.logout_id),
    ],
  }));
  const canEnd = session.state === 'live' && visit.may(endSessions);
  const end = button('End', pathTo('people', account.id, 'end'), { fields: { session: session.id } });
  return {
    headline: session.device,
    above: { text: account.username, href: pathTo('people', account.id) },
    blocks: [
      {
        kind: 'facts',
        rows: [
          { label: 'Id', cell: code(session.id) },
          { label: 'State', cell: text(STATES[session.state]) },
          { label: 'Signed in', cell: time(session.started_at) },
          { label: 'Last seen', cell: time(session.last_seen_at) },
          { label: 'Ends by itself', cell: time(session.expires_at) },
          { label: 'Ended', cell: session.ended_at === null ? soft('–') : time(session.ended_at) },
          { label: 'By the logout', cell: logout(session.logout_id) },
        ],
      },
      heading('Apps'),
      table('Apps in this session', ['App', 'sid', 'Signed in', 'Ended', 'By the logout'], rows, 'No app took part.'),
      ...(canEnd ? [{ kind: 'buttons', buttons: [end] } as const] : []),
    ],
  };
}
