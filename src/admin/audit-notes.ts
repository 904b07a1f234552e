import { randomId } from '../ops/ids.ts';
import type { AuditEntry } from '../store/store.ts';
import type { Admin } from './admin.ts';
import type { Operator } from './use-case.ts';

/** What a use case says about itself. `before` and `after`: what changed, without secrets and without what people are called. */
export interface Note {
  /** The name of the use case. */
  readonly action: string;
  /** A kind and an id: `account 7Fd…`. */
  readonly subject: string;
  readonly reason?: string | undefined;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

/** The audit's row of a write; goes into the same write. */
export function auditOf({ clock }: Pick<Admin, 'clock'>, { actor, from }: Operator, note: Note): AuditEntry {
  return {
    id: randomId(),
    at: clock.now(),
    actor,
    from,
    action: note.action,
    subject: note.subject,
    reason: note.reason,
    before: note.before && JSON.stringify(note.before),
    after: note.after && JSON.stringify(note.after),
  };
}
