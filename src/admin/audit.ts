import { z } from 'zod';
import { iso } from '../ops/clock.ts';
import { fits } from '../store/audit-chain.ts';
import type { AuditRow } from '../store/store.ts';
import { InvalidInput, idText, instant, listOf, pageMembers } from './input.ts';
import { useCase } from './use-case.ts';

/** What was done is for those who answer for it. */
const READERS = { scope: 'signoff.admin', role: 'operator' } as const;

const auditRow = z.strictObject({
  seq: z.number().int(),
  id: z.string(),
  at: instant,
  actor: z.strictObject({ kind: z.enum(['account', 'client', 'command', 'link']), id: z.string() }),
  from: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  reason: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  previous: z.string(),
  hash: z.string(),
});

function toAuditJson({ at, from, reason, before, after, actor, ...row }: AuditRow): z.output<typeof auditRow> {
  return {
    ...row,
    actor: { kind: actor.kind, id: actor.id },
    at: iso(at),
    from: from ?? null,
    reason: reason ?? null,
    before: before === undefined ? null : JSON.parse(before),
    after: after === undefined ? null : JSON.parse(after),
  };
}

export const listAudit = useCase({
  ...READERS,
  name: 'audit.list',
  summary: 'List what operators did, newest first.',
  input: z.strictObject({
    subject: idText.optional().describe('What it was done to, like "client wiki".'),
    actor: idText.optional().describe('The id of who did it.'),
    action: idText.optional().describe('What was done, like "logouts.end".'),
    ...pageMembers,
  }),
  output: listOf(auditRow),
  async run({ store }, _who, { subject, actor, action, limit, after }) {
    const before = after === undefined ? undefined : numberOf(after);
    const filter = {
      ...(subject !== undefined && { subject }),
      ...(actor !== undefined && { actorId: actor }),
      ...(action !== undefined && { action }),
      ...(before !== undefined && { before }),
    };
    const rows = await store.audit.list(filter, limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { items: rows.map(toAuditJson), next: last ? String(last.seq) : null };
  },
});

function numberOf(after: string): number {
  if (/^[1-9]\d{0,14}$/.test(after)) return Number(after);
  throw new InvalidInput([{ field: 'after', message: 'is not `next` of a page of this list.' }]);
}

/** Rows of one look. */
const CHAIN_ROWS = 500;

export const verifyAudit = useCase({
  ...READERS,
  name: 'audit.verify',
  summary: 'Check that no row of the audit was changed, taken out or put in.',
  input: z.strictObject({}),
  output: z.strictObject({
    ok: z.boolean(),
    rows: z.number().int(),
    first: z.number().int().nullable(),
    last: z.number().int().nullable(),
    /** Write it down somewhere else: a chain that was made anew as a whole has another one. */
    last_hash: z.string(),
    broken_at: z.number().int().nullable(),
  }),
  async run({ store }) {
    const { start } = await store.audit.bounds();
    let last = start;
    let rows = 0;
    for (;;) {
      const page = await store.audit.chain(last.seq, CHAIN_ROWS);
      const wrong = brokenIn(page, last);
      if (wrong !== undefined) return verdict(start.seq, last, rows, wrong);
      last = page.at(-1) ?? last;
      rows += page.length;
      if (page.length < CHAIN_ROWS) break;
    }
    // Rows that were written meanwhile are behind `last`; one that is missing there is not.
    const { end } = await store.audit.bounds();
    const isCut = end.seq === last.seq ? end.hash !== last.hash : (await store.audit.chain(last.seq, 1)).length === 0;
    return verdict(start.seq, last, rows, isCut ? last.seq + 1 : undefined);
  },
});

function brokenIn(
  page: readonly AuditRow[],
  before: { readonly seq: number; readonly hash: string },
): number | undefined {
  let last = before;
  for (const row of page) {
    if (!fits(row, last)) return last.seq + 1;
    last = row;
  }
  return undefined;
}

function verdict(start: number, last: { readonly seq: number; readonly hash: string }, rows: number, broken?: number) {
  return {
    ok: broken === undefined,
    rows,
    first: rows === 0 ? null : start + 1,
    last: rows === 0 ? null : last.seq,
    last_hash: last.hash,
    broken_at: broken ?? null,
  };
}

export const exportAudit = useCase({
  ...READERS,
  name: 'audit.export',
  summary: 'Read the audit from its beginning, oldest first.',
  input: z.strictObject(pageMembers),
  output: listOf(auditRow),
  async run({ store }, _who, { limit, after }) {
    const rows = await store.audit.chain(after === undefined ? 0 : numberOf(after), limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { items: rows.map(toAuditJson), next: last ? String(last.seq) : null };
  },
});
