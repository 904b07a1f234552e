import { type ActivityEvent, EVENT_KINDS, type EventKind } from '../../activity/news.ts';
import type { ActivityFilter, ActivityStore } from '../store.ts';
import type { Connection, Tx } from './connection.ts';

/** What happened to accounts. Its rows come with the writes they tell of (`news.ts`). */
export function createActivity({ read, jot }: Connection): ActivityStore {
  return {
    list: (accountId, filter, limit) =>
      read((tx) => {
        const kinds = filter.kind === undefined ? EVENT_KINDS : [filter.kind];
        const rows = kinds.flatMap((kind) => ofKind(tx, accountId, kind, filter, limit));
        return rows.toSorted(newestFirst).slice(0, limit).map(toEvent);
      }),
    removeBefore: (before, limit) =>
      jot((tx) => {
        const old = 'SELECT id FROM activity WHERE at < :before ORDER BY at LIMIT :limit';
        return tx.run(`DELETE FROM activity WHERE id IN (${old})`, { before, limit });
      }),
  };
}

interface EventRow {
  readonly id: string;
  readonly account_id: string;
  readonly at: number;
  readonly kind: EventKind;
  readonly actor: ActivityEvent['actor'];
  readonly session: string | null;
  readonly device: string | null;
  readonly place: string | null;
  readonly client_id: string | null;
  readonly reason: string | null;
  readonly logout_id: string | null;
  readonly detail: string | null;
}

/** One kind at a time: so the same index serves the page of one kind and that of all. */
function ofKind(
  tx: Tx,
  accountId: string,
  kind: EventKind,
  { after }: ActivityFilter,
  limit: number,
): readonly EventRow[] {
  const rest = after ? 'AND (at, id) < (:at, :id)' : '';
  return tx.all(
    `SELECT * FROM activity WHERE account_id = :accountId AND kind = :kind ${rest} ORDER BY at DESC, id DESC LIMIT :limit`,
    { accountId, kind, limit, at: after?.at, id: after?.id },
  );
}

function newestFirst(a: EventRow, b: EventRow): number {
  return b.at - a.at || (a.id < b.id ? 1 : -1);
}

function toEvent(row: EventRow): ActivityEvent {
  return {
    id: row.id,
    accountId: row.account_id,
    at: row.at,
    kind: row.kind,
    actor: row.actor,
    session: row.session ?? undefined,
    device: row.device ?? undefined,
    place: row.place ?? undefined,
    clientId: row.client_id ?? undefined,
    reason: row.reason ?? undefined,
    logoutId: row.logout_id ?? undefined,
    detail: row.detail === null ? undefined : JSON.parse(row.detail),
  };
}
