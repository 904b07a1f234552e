import { sha256 } from '../ops/ids.ts';
import type { AuditEntry, AuditRow, AuditStart } from './store.ts';

/** The next row of the chain, behind `last`. Pure: whoever verifies makes it again. */
export function chained(entry: AuditEntry, last: AuditStart): AuditRow {
  const seq = last.seq + 1;
  const previous = last.hash;
  return { ...entry, seq, previous, hash: sha256(JSON.stringify(facts(entry, seq, previous))) };
}

/** In this order for good: another one would be another hash. */
function facts(
  { id, at, actor, from, action, subject, reason, before, after }: AuditEntry,
  seq: number,
  previous: string,
) {
  return [seq, previous, id, at, actor.kind, actor.id, from, action, subject, reason, before, after].map(
    (fact) => fact ?? null,
  );
}

/** Whether a row is what was written, and follows the one before. */
export function fits(row: AuditRow, last: AuditStart): boolean {
  const right = chained(row, last);
  return row.seq === right.seq && row.previous === right.previous && row.hash === right.hash;
}
