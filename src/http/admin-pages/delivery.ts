import type { z } from 'zod';
import { isRetriable, replayDeliveries, showDelivery } from '../../admin/deliveries.ts';
import { explain } from '../../admin/explain.ts';
import { readFields } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Cell, Fact, Sheet, TableRow } from './admin-page-models.ts';
import { button, chip, code, heading, pathTo, soft, table, text, time } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { accountCell, appCell, logoutCell } from './place-cells.ts';
import { REASON } from './reason-field.ts';
import { reasonWords, stateChip } from './telling-words.ts';

type Delivery = z.output<typeof showDelivery.output>;
type Attempt = Delivery['history'][number];
type Told = Extract<z.output<typeof explain.output>, { readonly told_at: string | null; readonly why: string }>;

const DELIVERY = '/admin/deliveries/:delivery';
const DONE = { retried: 'It is being sent again.' };

/** `/admin/deliveries/<id>`: whether an app was told, why not, and what it said each time. */
export function mountDelivery(frame: AdminFrame): void {
  frame.get(DELIVERY, deliverySheet);
  frame.post(`${DELIVERY}/retry`, retry);
}

async function deliverySheet(visit: Visit): Promise<Sheet> {
  const id = visit.param('delivery');
  const [delivery, told] = await Promise.all([visit.perform(showDelivery, { id }), whyOf(visit, id)]);
  const canSend = visit.may(replayDeliveries) && isRetriable(delivery.state);
  const columns = ['When', 'Verdict', 'Answer', 'Took', 'What it said'];
  return {
    headline: headlineOf(delivery),
    above: { text: 'Deliveries', href: pathTo('deliveries') },
    blocks: [
      ...saidBy(visit, DONE),
      ...(told === undefined ? [] : [verdict(delivery, told.why)]),
      ...(canSend
        ? [{ kind: 'buttons', buttons: [button('Send it again', pathTo('deliveries', id, 'retry'))] } as const]
        : []),
      heading('Tries'),
      table('Tries', columns, delivery.history.toReversed().map(attemptRow), 'Nobody has tried yet.'),
      heading('Details'),
      { kind: 'facts', rows: factsOf(delivery, told, visit) },
    ],
  };
}

async function whyOf(visit: Visit, id: string): Promise<Told | undefined> {
  const told = await visit.perform(explain, { delivery: id });
  return 'told_at' in told ? told : undefined;
}

function headlineOf({ client_id: app, state }: Delivery): string {
  switch (state) {
    case 'told':
      return `${app} was told`;
    case 'trying':
      return `${app} is not told yet`;
    case 'asked-browser':
      return `${app} was called by the browser`;
    case 'moot':
      return `${app} need not be told any more`;
    default:
      return `${app} was not told`;
  }
}

function verdict({ state }: Delivery, why: string): Block {
  const isBad = state === 'refused' || state === 'given-up';
  return { kind: 'notice', tone: isBad ? 'bad' : 'calm', cell: text(why) };
}

const VERDICTS: Readonly<Record<string, Cell>> = {
  delivered: chip('told', 'Took it'),
  refused: chip('refused', 'Refused'),
  retry: chip('trying', 'To be tried again'),
};

function attemptRow({ at, verdict: said, status, error, ms, answer }: Attempt): TableRow {
  return {
    cells: [
      time(at),
      VERDICTS[said] ?? text(said),
      text(status === null ? (error ?? 'No answer') : `Answered ${status}`),
      text(`${Math.round(ms)} ms`),
      answer === null || answer === '' ? soft('–') : code(answer),
    ],
  };
}

function factsOf(delivery: Delivery, told: Told | undefined, visit: Visit): readonly Fact[] {
  const orNone = (iso: string | null): Cell => (iso === null ? soft('–') : time(iso));
  return [
    { label: 'State', cell: stateChip(delivery.state) },
    { label: 'App', cell: appCell(delivery.client_id, visit) },
    { label: 'About', cell: accountCell(delivery.account_id, visit) },
    { label: 'Logout', cell: logoutCell(delivery.logout_id, visit) },
    ...(told?.reason ? [{ label: 'Why it ended', cell: text(reasonWords(told.reason)) }] : []),
    ...(told === undefined ? [] : [{ label: 'Ended', cell: orNone(told.ended_at) }]),
    { label: 'Next try', cell: orNone(delivery.next_attempt_at) },
    ...(told === undefined ? [] : [{ label: 'Tried until', cell: time(told.deadline_at) }]),
    ...(told?.told_at ? [{ label: 'Its address now', cell: code(told.told_at) }] : []),
    { label: 'sid', cell: code(delivery.sid) },
    { label: 'Id', cell: code(delivery.id) },
  ];
}

async function retry(visit: WriteVisit): Promise<Answer> {
  const id = visit.param('delivery');
  const backHref = pathTo('deliveries', id);
  const input = { id, ...readFields([REASON], visit.values) };
  const done = await visit.write({ useCase: replayDeliveries, input, backHref });
  return done && { to: done.deliveries === 0 ? backHref : `${backHref}?done=retried` };
}
