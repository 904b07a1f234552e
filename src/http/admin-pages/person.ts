import { showAccount } from '../../admin/accounts.ts';
import { listSessions, showSession } from '../../admin/sessions.ts';
import { notThere } from '../../admin/use-case.ts';
import { filterBlock } from './admin-forms.ts';
import type { AdminFrame, Visit } from './admin-frame.ts';
import type { Sheet } from './admin-page-models.ts';
import { pager, pathTo } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { personSheet } from './person-sheets.ts';
import { sessionSheet, sessionTable } from './session-sheets.ts';
import { STATE } from './sessions.ts';

const DONE = {
  disabled: 'The account is disabled, and signed off everywhere.',
  enabled: 'The account may sign in again.',
  changed: 'The claims are changed.',
  made: 'There is the account.',
  password: 'There is a new password, and the account is signed off everywhere.',
  factors: 'The second factors are gone, and the account is signed off everywhere.',
};

/** Of each kind on the account's own page; the rest is on the page of its sessions. */
const LIVE_SHOWN = 20;
const ENDED_SHOWN = 5;

/** `/admin/people/<id>`: one account, its sessions, and each of those. */
export function mountPerson(frame: AdminFrame): void {
  frame.get('/admin/people/:account', showPerson);
  frame.get('/admin/people/:account/sessions', showSessions);
  frame.get('/admin/people/:account/sessions/:session', showOne);
}

async function showPerson(visit: Visit): Promise<Sheet> {
  const account = await visit.perform(showAccount, { account: visit.param('account') });
  const of = { account: account.id };
  const [live, ended] = await Promise.all([
    visit.perform(listSessions, { ...of, state: 'live', limit: LIVE_SHOWN }),
    visit.perform(listSessions, { ...of, state: 'ended', limit: ENDED_SHOWN }),
  ]);
  return personSheet({ account, live: live.items, ended: ended.items }, visit, saidBy(visit, DONE));
}

async function showSessions(visit: Visit): Promise<Sheet> {
  const account = await visit.perform(showAccount, { account: visit.param('account') });
  const path = pathTo('people', account.id, 'sessions');
  const [state, after] = [visit.query('state'), visit.query('after')];
  const { items, next } = await visit.perform(listSessions, { account: account.id, state, after });
  return {
    headline: 'Sessions',
    above: { text: account.username, href: pathTo('people', account.id) },
    blocks: [
      filterBlock({ action: path, fields: [STATE], button: 'Show' }, { state }),
      sessionTable('Sessions', items, visit),
      ...pager(path, { state }, { after, next }),
    ],
  };
}

async function showOne(visit: Visit): Promise<Sheet> {
  const account = await visit.perform(showAccount, { account: visit.param('account') });
  return sessionSheet(await sessionOf(visit, account.id, visit.param('session')), account, visit);
}

/** A session of this account; one of somebody else's looks like none. */
export async function sessionOf(visit: Visit, accountId: string, id: string) {
  const session = await visit.perform(showSession, { id });
  if (session.account_id === accountId) return session;
  throw notThere('session_unknown', `There is no session ${id}.`);
}
