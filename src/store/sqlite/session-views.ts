import type { Page, SessionFilter, SessionView } from '../store.ts';
import type { Tx } from './connection.ts';
import { participationsOf, type SessionRow, sessionByUid, toParticipation, toSession } from './session-rows.ts';

/** One session of any state with all its participations. */
export function getView(tx: Tx, uid: string): SessionView | undefined {
  const row = sessionByUid(tx, uid);
  return row && viewOf(tx, row);
}

/** One page, newest first. */
export function listViews(tx: Tx, filter: SessionFilter, page: Page): readonly SessionView[] {
  const after = page.after === undefined ? undefined : sessionByUid(tx, page.after);
  if (page.after !== undefined && !after) return [];
  const conditions = [
    filter.accountId !== undefined && 'account_id = :accountId',
    filter.state !== undefined && 'state = :state',
    // The plus keeps SQLite from going through all participations of the client for each session.
    filter.clientId !== undefined &&
      `EXISTS (SELECT 1 FROM participations p
         WHERE p.session_uid = uid AND +p.client_id = :clientId AND p.ended_at IS NULL)`,
    after && '(started_at, uid) < (:startedAt, :uid)',
  ].filter((condition) => typeof condition === 'string');
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return tx
    .all<SessionRow>(`SELECT * FROM sessions ${where} ORDER BY started_at DESC, uid DESC LIMIT :limit`, {
      ...filter,
      ...(after && { startedAt: after.started_at, uid: after.uid }),
      limit: page.limit,
    })
    .map((row) => viewOf(tx, row));
}

function viewOf(tx: Tx, row: SessionRow): SessionView {
  return { session: toSession(row), participations: participationsOf(tx, row.uid).map(toParticipation) };
}
