/** What the pages of one app say. */
import type { z } from 'zod';
import type { clientHealth } from '../../admin/client-health.ts';
import type { clientRow, showClient } from '../../admin/clients.ts';
import type { deliveryRow } from '../../admin/deliveries.ts';
import type { probeClient } from '../../admin/probe.ts';
import type { Visit } from './admin-frame.ts';
import type { Block, Cell, Fact, Sheet, TableRow, Tone } from './admin-page-models.ts';
import { below, calm, chip, code, counted, heading, link, pathTo, soft, table, text, time, words } from './cells.ts';
import { mayOpen } from './navigation.ts';

export type Client = z.output<typeof showClient.output>;
type Health = z.output<typeof clientHealth.output>;
type Probed = z.output<typeof probeClient.output>;

/** A delivery, and what the app said last. */
export type Answered = z.output<typeof deliveryRow> & { readonly answer: string | null };

const STATES = { active: 'Active', suspended: 'Suspended', removed: 'Removed' } as const;

export function stateChip({ state }: Pick<z.output<typeof clientRow>, 'state'>): Cell {
  return chip(state === 'active' ? 'told' : 'moot', STATES[state]);
}

export function factsOf(client: Client): readonly Fact[] {
  const fact = (label: string, name: string): Fact => ({ label, cell: valueCell(client[name]) });
  return [
    { label: 'Id', cell: code(client.client_id) },
    { label: 'State', cell: stateChip(client) },
    { label: 'From', cell: text(client.file === null ? client.source : `the file ${client.file}`) },
    fact('Whose it is', 'party'),
    fact('Told at', 'backchannel_logout_uri'),
    fact('Told in browsers at', 'frontchannel_logout_uri'),
    fact('Redirect addresses', 'redirect_uris'),
    fact('Addresses after a sign-off', 'post_logout_redirect_uris'),
    fact('Proves itself by', 'token_endpoint_auth_method'),
    { label: 'Secret', cell: text(client.has_secret ? 'there is one' : 'none') },
    fact('Grant types', 'grant_types'),
    fact('Signature of its tokens', 'id_token_signed_response_alg'),
    fact('Longest session of its own', 'max_session'),
    { label: 'Check-up', cell: checkUpCell(client) },
  ];
}

/** With its time: what was found then is not what is. */
function checkUpCell({ checked_up: found }: Client): Cell {
  return found === null ? soft('–') : below(text(`Grade ${found.grade}`), time(found.at));
}

/** A value of a client file; what is not said is a dash. */
export function valueCell(value: unknown): Cell {
  if (value === null || value === undefined || value === '') return soft('–');
  if (!Array.isArray(value)) return text(typeof value === 'string' ? value : JSON.stringify(value));
  if (value.length === 0) return soft('none');
  return below(...value.map(valueCell));
}

/** Whether it takes what it is told. */
export function healthBlocks(health: Health): readonly Block[] {
  if (health.told_at === null) {
    return [words('It has no logout address: it cannot be told, and people stay signed in there.')];
  }
  const { looked_at: looked, success_rate: rate, ms, oldest_waiting_at: waiting, breaker } = health;
  const rows: readonly Fact[] = [
    { label: 'Now', cell: breakerCell(breaker) },
    {
      label: 'Answers 200 or 204',
      cell: rate === null ? soft('never tried') : text(`${Math.round(rate * 1000) / 10} %`),
    },
    { label: 'Half of them within', cell: ms === null ? soft('–') : text(`${Math.round(ms.p50)} ms`) },
    { label: '99 of 100 within', cell: ms === null ? soft('–') : text(`${Math.round(ms.p99)} ms`) },
    { label: 'Oldest that waits', cell: waiting === null ? soft('none') : time(waiting) },
    {
      label: 'Looked at',
      cell: text(`${counted(looked.attempts, 'attempt')} of ${counted(looked.deliveries, 'sign-off')}`),
    },
  ];
  return [{ kind: 'facts', rows }];
}

function breakerCell({ state, failures, next_try_at: next }: Health['breaker']): Cell {
  if (state === 'closed') return failures === 0 ? chip('told', 'Well') : chip('trying', `Failed ${failures} times`);
  return below(
    chip('refused', `Left alone after ${counted(failures, 'failure')}`),
    ...(next === null ? [] : [time(next)]),
  );
}

const TONES: Readonly<Record<Answered['state'], Tone>> = {
  told: 'told',
  trying: 'trying',
  refused: 'refused',
  'given-up': 'given-up',
  moot: 'moot',
  'cannot-be-told': 'cannot-be-told',
  'asked-browser': 'moot',
  'not-asked-for': 'moot',
};

/** Its last ones, newest first. */
export function deliveryTable(rows: readonly Answered[], visit: Visit): Block {
  const columns = ['Delivery', 'State', 'Attempts', 'Last', 'The app said'];
  return table(
    'Its last deliveries',
    columns,
    rows.map((row) => deliveryCells(row, visit)),
    'It was never told anything.',
  );
}

function deliveryCells(row: Answered, { who }: Visit): TableRow {
  const href = pathTo('deliveries', row.id);
  return {
    cells: [
      mayOpen(who, href) ? link(row.id, href) : code(row.id),
      chip(TONES[row.state], row.state),
      text(String(row.attempts)),
      time(row.last_attempt_at),
      saidCell(row),
    ],
  };
}

function saidCell({ last_status: status, last_error: error, answer }: Answered): Cell {
  const parts = [status === null ? [] : [text(String(status))], error === null ? [] : [text(error)]].flat();
  const said = answer === null || answer === '' ? parts : [...parts, code(answer)];
  return said.length === 0 ? soft('–') : below(...said);
}

const RESULTS = {
  ok: { tone: 'told', words: 'Good' },
  warning: { tone: 'trying', words: 'Warning' },
  wrong: { tone: 'refused', words: 'Wrong' },
} as const;

/** What came of a check-up. */
export function probeSheet({ client_id: id, grade, checks }: Probed): Sheet {
  const columns = ['Check', 'Result', 'Sent', 'Answer', 'What to do'];
  const rows = checks.map(({ name, sent, expected, got, ms, result, fix }) => ({
    cells: [
      text(name),
      chip(RESULTS[result].tone, RESULTS[result].words),
      text(sent),
      below(text(got), soft(ms === null ? `expected ${expected}` : `expected ${expected} · ${Math.round(ms)} ms`)),
      fix === null ? soft('–') : text(fix),
    ],
  }));
  return {
    headline: `Grade ${grade}`,
    above: { text: id, href: pathTo('clients', id) },
    blocks: [words(GRADES[grade]), heading('Checks'), table('Checks', columns, rows)],
  };
}

const GRADES: Readonly<Record<Probed['grade'], string>> = {
  A: 'It does all that an app has to.',
  B: 'It works, and something could be better.',
  C: 'It takes what it should refuse.',
  D: 'It takes what anybody can make: strangers can sign its people off.',
  F: 'It cannot be told.',
};

/** The one time that a secret is shown. */
export function secretSheet(id: string, secret: string): Sheet {
  return {
    headline: id,
    above: { text: 'Clients', href: pathTo('clients') },
    blocks: [
      calm('Copy the secret now: it is shown this once, and kept as a hash only.'),
      { kind: 'secret', label: 'Client secret', text: secret },
      { kind: 'links', links: [{ text: 'To the app', href: pathTo('clients', id) }] },
    ],
  };
}
