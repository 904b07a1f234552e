import { Readable } from 'node:stream';
import type { z } from 'zod';
import { exportAudit, listAudit, verifyAudit } from '../../admin/audit.ts';
import { filterBlock } from './admin-forms.ts';
import type { AdminFrame, Visit } from './admin-frame.ts';
import type { Cell, Field, Sheet, TableRow } from './admin-page-models.ts';
import { bad, below, beside, calm, code, pager, pathTo, soft, table, text, time } from './cells.ts';
import { subjectCell } from './place-cells.ts';
import { queryOf } from './query-of.ts';

type Row = z.output<typeof listAudit.output>['items'][number];

const AUDIT = pathTo('audit');
const VERIFY = pathTo('audit', 'verify');
const EXPORT = pathTo('audit', 'export');

const FILTER: readonly Field[] = [
  { name: 'action', label: 'What was done', input: 'text', hint: 'Like logouts.end' },
  { name: 'subject', label: 'To what', input: 'text', hint: 'Like client wiki' },
  { name: 'actor', label: 'By whom', input: 'text', hint: 'Their id' },
];

/** `/admin/audit`: what operators did, whether the record is whole, and all of it as a file. */
export function mountAudit(frame: AdminFrame): void {
  frame.get(AUDIT, auditSheet);
  frame.get(VERIFY, verifySheet);
  frame.get(EXPORT, exportAll);
}

async function auditSheet(visit: Visit): Promise<Sheet> {
  const query = queryOf(FILTER, visit);
  const after = visit.query('after');
  const { items, next } = await visit.perform(listAudit, { ...query, after });
  const columns = ['When', 'Who', 'What', 'To what', 'Why and how'];
  return {
    headline: 'Audit',
    blocks: [
      filterBlock({ action: AUDIT, fields: FILTER, button: 'Show' }, query),
      table(
        'What operators did',
        columns,
        items.map((row) => rowOf(row, visit)),
        'Nothing was done.',
      ),
      ...pager(AUDIT, query, { after, next }),
      {
        kind: 'links',
        links: [
          { text: 'Check that nothing was changed', href: VERIFY },
          { text: 'Download all of it', href: EXPORT },
        ],
      },
    ],
  };
}

function rowOf({ at, actor, from, action, subject, reason, before, after }: Row, visit: Visit): TableRow {
  const who = actor.kind === 'account' ? subjectCell(`account ${actor.id}`, visit) : text(`${actor.kind} ${actor.id}`);
  return {
    cells: [
      time(at),
      from === null ? who : beside(who, soft(from)),
      code(action),
      subjectCell(subject, visit),
      detailOf(reason, before, after),
    ],
  };
}

function detailOf(reason: string | null, before: unknown, after: unknown): Cell {
  const changes = [
    ...(before === null ? [] : [code(`before ${JSON.stringify(before)}`)]),
    ...(after === null ? [] : [code(`after ${JSON.stringify(after)}`)]),
  ];
  const lines = [...(reason === null ? [] : [text(reason)]), ...changes];
  return lines.length === 0 ? soft('–') : below(...lines);
}

async function verifySheet(visit: Visit): Promise<Sheet> {
  const { ok, rows, first, last, last_hash: lastHash, broken_at: brokenAt } = await visit.perform(verifyAudit, {});
  const verdict = ok
    ? calm('No row was changed, taken out or put in.')
    : bad(`Row ${brokenAt} does not fit the one before: something was changed, taken out or put in.`);
  return {
    headline: ok ? 'The audit is whole' : 'The audit is broken',
    above: { text: 'Audit', href: AUDIT },
    blocks: [
      verdict,
      {
        kind: 'facts',
        rows: [
          { label: 'Rows', cell: text(String(rows)) },
          { label: 'From row to row', cell: text(first === null ? '–' : `${first} to ${last}`) },
          {
            label: 'Hash of the last row',
            cell: below(
              code(lastHash),
              soft('Keep it somewhere else: a record that was made anew as a whole has another.'),
            ),
          },
        ],
      },
    ],
  };
}

const EXPORT_ROWS = 200;

/** Page after page as the reader takes it; the first is read before anything is answered, so that a refusal is a page. */
async function exportAll(visit: Visit): Promise<undefined> {
  const first = await visit.perform(exportAudit, { limit: EXPORT_ROWS });
  visit.ctx.type = 'application/x-ndjson';
  visit.ctx.attachment('audit.jsonl');
  visit.ctx.body = Readable.from(lines(first, visit));
}

async function* lines(first: z.output<typeof exportAudit.output>, visit: Visit): AsyncGenerator<string> {
  for (let page = first; ; ) {
    yield page.items.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (page.next === null) return;
    page = await visit.perform(exportAudit, { limit: EXPORT_ROWS, after: page.next });
  }
}
