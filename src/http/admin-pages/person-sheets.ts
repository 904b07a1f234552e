/** What the pages of one account say. */
import type { z } from 'zod';
import { deleteAccount, disableAccount, resetFactors, setPassword } from '../../admin/account-endings.ts';
import { type accountRow, changeAccount, enableAccount, type showAccount } from '../../admin/accounts.ts';
import { endSessions } from '../../admin/logouts.ts';
import type { sessionRow, showSession } from '../../admin/sessions.ts';
import type { Visit } from './admin-frame.ts';
import type { Block, Cell, FormButton, Link, Sheet, TableRow } from './admin-page-models.ts';
import { beside, button, chip, code, counted, heading, link, pathTo, soft, table, text, time } from './cells.ts';
import { mayOpen } from './navigation.ts';

export type AccountRow = z.output<typeof accountRow>;
type Account = z.output<typeof showAccount.output>;
type SessionRow = z.output<typeof sessionRow>;

export function stateChip({ state }: Pick<AccountRow, 'state'>): Cell {
  return state === 'active' ? chip('told', 'Active') : chip('refused', state === 'disabled' ? 'Disabled' : 'Deleted');
}

export interface PersonFacts {
  readonly account: Account;
  readonly live: readonly SessionRow[];
  readonly ended: readonly SessionRow[];
}

/** One account: who it is, where it is signed in, and what can be done. */
export function personSheet({ account, live, ended }: PersonFacts, visit: Visit, said: readonly Block[]): Sheet {
  const sessions = pathTo('people', account.id, 'sessions');
  return {
    headline: account.name ?? account.username,
    above: { text: 'People', href: pathTo('people') },
    blocks: [
      ...said,
      { kind: 'facts', rows: factsOf(account) },
      heading('Signed in'),
      sessionTable('Live sessions', live, account, visit),
      ...(visit.may(endSessions) ? appBlocks(live, account, visit) : []),
      heading('Ended'),
      sessionTable('Ended sessions', ended, account, visit),
      { kind: 'links', links: [{ text: 'All sessions', href: sessions }, ...linksFor(account, visit)] },
      ...actsFor(account, visit),
    ],
  };
}

function factsOf(account: Account) {
  const factors = account.second_factors.length;
  return [
    { label: 'User name', cell: text(account.username) },
    { label: 'Id', cell: code(account.id) },
    { label: 'E-mail', cell: text(account.email ?? '–') },
    { label: 'State', cell: stateChip(account) },
    { label: 'Role', cell: text(account.role ?? 'none') },
    {
      label: 'Second factors',
      cell: text(
        factors === 0
          ? 'none'
          : `${account.second_factors.join(', ')}; ${counted(account.recovery_codes, 'recovery code')}`,
      ),
    },
    { label: 'Made', cell: time(account.created_at) },
    { label: 'Password changed', cell: time(account.password_changed_at) },
  ];
}

/** Each row leads to its session, and where it lives and the role may, ends it. */
export function sessionTable(
  caption: string,
  rows: readonly SessionRow[],
  account: { readonly id: string },
  visit: Visit,
) {
  const columns = ['Device', 'State', 'Signed in', 'Last seen', 'Apps'];
  return table(
    caption,
    columns,
    rows.map((row) => sessionCells(row, account, visit)),
    'There are no sessions.',
  );
}

const STATES = { arriving: 'Arriving', live: 'Live', ended: 'Ended' } as const;

function sessionCells(row: SessionRow, { id }: { readonly id: string }, visit: Visit): TableRow {
  const canEnd = row.state === 'live' && visit.may(endSessions);
  const fields = { session: row.id };
  return {
    cells: [
      link(row.device, pathTo('people', id, 'sessions', row.id)),
      chip(row.state === 'ended' ? 'moot' : 'told', STATES[row.state]),
      time(row.started_at),
      time(row.last_seen_at),
      row.apps.length === 0 ? soft('none') : appCells(row.apps, visit),
    ],
    ...(canEnd && { buttons: [button('End', pathTo('people', id, 'end'), { fields, unseen: row.device })] }),
  };
}

function appCells(ids: readonly string[], visit: Visit): Cell {
  return beside(...ids.map((id) => appCell(id, visit)));
}

function appCell(id: string, { who }: Visit): Cell {
  const href = pathTo('clients', id);
  return mayOpen(who, href) ? link(id, href) : text(id);
}

/** The apps of the sessions that are shown, each to be ended in all sessions of the account. */
function appBlocks(live: readonly SessionRow[], { id }: Account, visit: Visit): readonly Block[] {
  const apps = [...new Set(live.flatMap((session) => session.apps))];
  const rows = apps.map((app) => ({
    cells: [appCell(app, visit)],
    buttons: [button('End everywhere', pathTo('people', id, 'end'), { fields: { client: app }, unseen: app })],
  }));
  return apps.length === 0 ? [] : [heading('Apps'), table('Apps in these sessions', ['App'], rows)];
}

function linksFor({ id }: Account, visit: Visit): readonly Link[] {
  return [
    ...(visit.may(changeAccount) ? [{ text: 'Change claims', href: pathTo('people', id, 'claims') }] : []),
    ...(visit.may(setPassword) ? [{ text: 'Set a password', href: pathTo('people', id, 'password') }] : []),
  ];
}

function actsFor({ id, state, second_factors: factors }: Account, visit: Visit): readonly Block[] {
  const to = (act: string) => pathTo('people', id, act);
  const buttons: readonly (FormButton | false)[] = [
    visit.may(endSessions) && button('End all sessions', to('end')),
    visit.may(disableAccount) && state === 'active' && button('Disable', to('disable')),
    visit.may(enableAccount) && state === 'disabled' && button('Enable', to('enable')),
    visit.may(resetFactors) && factors.length > 0 && button('Reset second factors', to('reset-factors')),
    visit.may(deleteAccount) && button('Delete', to('delete')),
  ];
  const shown = buttons.filter((each) => each !== false);
  return shown.length === 0 ? [] : [heading('What can be done'), { kind: 'buttons', buttons: shown }];
}

/** One session, with each app that took part. */
export function sessionSheet(session: z.output<typeof showSession.output>, account: Account, visit: Visit): Sheet {
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

function logoutCell(id: string | null, { who }: Visit): Cell {
  if (id === null) return soft('–');
  const href = pathTo('logouts', id);
  return mayOpen(who, href) ? link(id, href) : code(id);
}
