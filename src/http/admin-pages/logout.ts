import { Readable } from 'node:stream';
import { listDeliveries } from '../../admin/deliveries.ts';
import { explain } from '../../admin/explain.ts';
import { reportText } from '../../admin/logout-json.ts';
import { pauseWalk, resumeWalk, showLogout } from '../../admin/logouts.ts';
import { readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Sheet } from './admin-page-models.ts';
import { calm, pathTo } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { logoutSheet, PACE } from './logout-sheet.ts';
import { type LogoutStreamParts, streamLogout } from './logout-stream.ts';
import { REASON } from './reason-field.ts';

const LOGOUT = '/admin/logouts/:logout';
const DONE = { paused: 'It is paused.', resumed: 'It goes on.' };

/** Deliveries that are read for the page: where a logout has more, its apps lead to lists. */
const DELIVERIES_READ = 200;

/** What nobody has told yet, or will. */
const UNTOLD = ['trying', 'refused', 'given-up', 'cannot-be-told'] as const;

/** `/admin/logouts/<id>`: one logout as it is now, its walk, why an app was not told, and files to keep. */
export function mountLogout(frame: AdminFrame, parts: LogoutStreamParts): void {
  frame.get(LOGOUT, (visit) => showSheet(visit));
  frame.get(`${LOGOUT}/events`, (visit) => streamLogout(visit, parts));
  frame.get(`${LOGOUT}/report.json`, reportFile);
  frame.get(`${LOGOUT}/untold.jsonl`, untoldFile);
  frame.post(`${LOGOUT}/pause`, pause);
  frame.post(`${LOGOUT}/resume`, resume, showSheet);
}

async function showSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  const id = visit.param('logout');
  const logout = await visit.perform(showLogout, { id });
  const { items: deliveries } = await visit.perform(listDeliveries, { logout: id, limit: DELIVERIES_READ });
  const said = [...saidBy(visit, DONE), ...(await whyNot(visit, id))];
  return logoutSheet({ logout, deliveries, isWhole: deliveries.length < DELIVERIES_READ }, visit, { said, sent });
}

/** Why an app that somebody asks about is not among those that are shown. */
async function whyNot(visit: Visit, logout: string): Promise<readonly Block[]> {
  const client = visit.query('app')?.trim();
  if (!client) return [];
  const told = await visit.perform(explain, { logout, client });
  if (!('deliveries' in told)) return [];
  if (told.why !== null) return [calm(told.why)];
  const sentences = [...new Set(told.deliveries.map(({ why }) => `${client}: ${why}`))];
  return sentences.map(calm);
}

async function pause(visit: WriteVisit): Promise<Answer> {
  return steered(visit, 'paused', (backHref, id) =>
    visit.write({ useCase: pauseWalk, input: { id, ...readFields([REASON], visit.values) }, backHref }),
  );
}

async function resume(visit: WriteVisit): Promise<Answer> {
  return steered(visit, 'resumed', (backHref, id) =>
    visit.write({ useCase: resumeWalk, input: { id, ...readFields([PACE, REASON], visit.values) }, backHref }),
  );
}

async function steered(
  visit: WriteVisit,
  done: keyof typeof DONE,
  write: (backHref: string, id: string) => Promise<unknown>,
): Promise<Answer> {
  const id = visit.param('logout');
  const backHref = pathTo('logouts', id);
  return (await write(backHref, id)) === undefined ? undefined : { to: `${backHref}?done=${done}` };
}

/** What `signoff logout --report` writes. */
async function reportFile(visit: Visit): Promise<undefined> {
  const logout = await visit.perform(showLogout, { id: visit.param('logout') });
  visit.ctx.type = 'application/json';
  visit.ctx.attachment('logout.json');
  visit.ctx.body = reportText(logout);
}

/** Page after page as the reader takes it; the logout is looked for before anything is answered. */
async function untoldFile(visit: Visit): Promise<undefined> {
  const { logout_id: logout } = await visit.perform(showLogout, { id: visit.param('logout') });
  visit.ctx.type = 'application/x-ndjson';
  visit.ctx.attachment('untold.jsonl');
  visit.ctx.body = Readable.from(untoldLines(visit, logout));
}

async function* untoldLines(visit: Visit, logout: string): AsyncGenerator<string> {
  for (const state of UNTOLD) {
    for (let after: string | undefined; ; ) {
      const page = await visit.perform(listDeliveries, { logout, state, limit: DELIVERIES_READ, after });
      yield page.items.map((row) => `${JSON.stringify(row)}\n`).join('');
      if (page.next === null) break;
      after = page.next;
    }
  }
}
