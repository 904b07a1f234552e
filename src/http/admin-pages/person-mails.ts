import type { z } from 'zod';
import { showAccount } from '../../admin/accounts.ts';
import { listMails, retryMail } from '../../admin/mails.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Sheet, TableRow, Tone } from './admin-page-models.ts';
import { button, chip, pager, pathTo, soft, table, text, time } from './cells.ts';
import { saidBy } from './done-notice.ts';

type Mail = z.output<typeof listMails.output>['items'][number];

const DONE = { again: 'The mail is sent now.', sent: 'The mail was sent already.' };

/** `/admin/people/<id>/mails`: what was mailed to one account, without the links inside. */
export function mountPersonMails(frame: AdminFrame): void {
  frame.get('/admin/people/:account/mails', mailsSheet);
  frame.post('/admin/people/:account/mails/again', sendAgain);
}

async function mailsSheet(visit: Visit): Promise<Sheet> {
  const { id, username } = await visit.perform(showAccount, { account: visit.param('account') });
  const path = pathTo('people', id, 'mails');
  const after = visit.query('after');
  const { items, next } = await visit.perform(listMails, { account: id, after });
  const columns = ['About', 'To', 'State', 'Made', 'Tries', 'Last error'];
  return {
    headline: 'Mails',
    above: { text: username, href: pathTo('people', id) },
    blocks: [
      ...saidBy(visit, DONE),
      table(
        'Mails',
        columns,
        items.map((mail) => rowOf(mail, id, visit)),
        'There are no mails.',
      ),
      ...pager(path, {}, { after, next }),
    ],
  };
}

const STATES: Readonly<Record<Mail['state'], { readonly tone: Tone; readonly words: string }>> = {
  waiting: { tone: 'trying', words: 'Waiting' },
  sent: { tone: 'told', words: 'Sent' },
  'given-up': { tone: 'given-up', words: 'Given up' },
};

function rowOf(mail: Mail, accountId: string, visit: Visit): TableRow {
  const { tone, words } = STATES[mail.state];
  const again = pathTo('people', accountId, 'mails', 'again');
  return {
    cells: [
      text(mail.kind),
      text(mail.to),
      chip(tone, words),
      time(mail.at),
      text(String(mail.attempts)),
      mail.last_error === null ? soft('–') : text(mail.last_error),
    ],
    ...(visit.may(retryMail) &&
      mail.state !== 'sent' && {
        buttons: [button('Send now', again, { fields: { id: mail.id }, unseen: mail.kind })],
      }),
  };
}

async function sendAgain(visit: WriteVisit): Promise<Answer> {
  const backHref = pathTo('people', visit.param('account'), 'mails');
  const done = await visit.write({ useCase: retryMail, input: { id: visit.values.get('id') }, backHref });
  return done && { to: `${backHref}?done=${done.retried ? 'again' : 'sent'}` };
}
