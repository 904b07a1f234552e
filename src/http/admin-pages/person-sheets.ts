/** What the pages of one account say. */
import type { z } from 'zod';
import { deleteAccount, disableAccount, resetFactors, setPassword } from '../../admin/account-endings.ts';
import { type accountRow, changeAccount, enableAccount, type showAccount } from '../../admin/accounts.ts';
import { endSessions } from '../../admin/logouts.ts';
import { listMails } from '../../admin/mails.ts';
import type { Visit } from './admin-frame.ts';
import type { Block, Cell, FormButton, Link, Sheet } from './admin-page-models.ts';
import { button, chip, code, counted, heading, pathTo, table, text, time } from './cells.ts';
import { appCell } from './place-cells.ts';
import { type SessionRow, sessionTable } from './session-sheets.ts';

export type AccountRow = z.output<typeof accountRow>;
type Account = z.output<typeof showAccount.output>;

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
  return {
    headline: account.name ?? account.username,
    above: { text: 'People', href: pathTo('people') },
    blocks: [
      ...said,
      { kind: 'facts', rows: factsOf(account) },
      heading('Signed in'),
      sessionTable('Live sessions', live, visit),
      ...(visit.may(endSessions) ? appBlocks(live, account, visit) : []),
      heading('Ended'),
      sessionTable('Ended sessions', ended, visit),
      { kind: 'links', links: linksFor(account, visit) },
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
  const to = (page: string) => pathTo('people', id, page);
  return [
    { text: 'All sessions', href: to('sessions') },
    ...(visit.may(listMails) ? [{ text: 'Mails', href: to('mails') }] : []),
    ...(visit.may(changeAccount) ? [{ text: 'Change claims', href: to('claims') }] : []),
    ...(visit.may(setPassword) ? [{ text: 'Set a password', href: to('password') }] : []),
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
