import type { Page, SessionFilter, SessionView } from '../store.ts';
import type { Tx } from './connection.ts';
import { participationsOf, type SessionRow, sessionByUid, toParticipation, toSession } from './session-rows.ts';

/** One session of any state with all its participations. */
export function getView(tx: Tx, uid: string): SessionView | undefined {
  const row = sessionByUid(tx, uid);
  return row && viewOf(tx, row);
}

/** One page, newest first. An ended session has nobody inside, also where the walk of its end has not come that far. */
export function listViews(tx: Tx, filter: SessionFilter, page: Page): readonly SessionView[] {
  const after = page.after === undefined ? startOf(filter) : sessionByUid(tx, page.after);
  const isEmpty = filter.clientId !== undefined && filter.state === 'ended';
  if (isEmpty || (page.after !== undefined && !after)) return [];
  const sql = isByApp(filter) ? byApp(filter, after !== undefined) : byStart(filter, after !== undefined);
  return tx
    .all<SessionRow>(sql, {
      ...filter,
      ...(after && { startedAt: after.started_at, uid: after.uid }),
      limit: page.limit,
    })
    .map((row) => viewOf(tx, row));
}

/** Whatever begins before an instant comes after it, in this order. */
function startOf({ until }: SessionFilter): Pick<SessionRow, 'started_at' | 'uid'> | undefined {
  return until === undefined ? undefined : { started_at: until, uid: '' };
}

/** Whether the app has fewer sessions than whatever else the filter names. */
function isByApp({ clientId, accountId, addressKey, state }: SessionFilter): boolean {
  if (accountId !== undefined || addressKey !== undefined) return false;
  return clientId !== undefined && (state === undefined || state === 'live');
}

/** By the live participations, which know when their session began: of two in one session comes one row. */
function byApp({ state }: SessionFilter, isNext: boolean): string {
  return `SELECT s.* FROM participations p CROSS JOIN sessions s ON s.uid = p.session_uid
    WHERE p.client_id = :clientId AND p.ended_at IS NULL AND ${state === undefined ? NOT_ENDED : 's.state = :state'}
      ${isNext ? 'AND (p.session_started_at, p.session_uid) < (:startedAt, :uid)' : ''}
    GROUP BY p.session_started_at, p.session_uid
    ORDER BY p.session_started_at DESC, p.session_uid DESC LIMIT :limit`;
}

const NOT_ENDED = `s.state <> 'ended'`;

/** What is open is a fraction of what is kept and has indexes of its own; the plus keeps SQLite to the order wanted. */
function byStart({ accountId, addressKey, clientId, state }: SessionFilter, isNext: boolean): string {
  const byAddress = addressKey !== undefined && accountId === undefined;
  const conditions = [
    accountId !== undefined && 's.account_id = :accountId',
    addressKey !== undefined && `${byAddress ? '' : '+'}s.address_key = :addressKey`,
    (state === 'ended' || byAddress) && state !== undefined && '+s.state = :state',
    (state === 'live' || state === 'arriving') && !byAddress && `${NOT_ENDED} AND +s.state = :state`,
    clientId !== undefined && `+${NOT_ENDED} AND ${INSIDE}`,
    isNext && '(s.started_at, s.uid) < (:startedAt, :uid)',
  ].filter((condition) => typeof condition === 'string');
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return `SELECT s.* FROM sessions s ${where} ORDER BY s.started_at DESC, s.uid DESC LIMIT :limit`;
}

/** The plus keeps SQLite from going through all participations of the client for each session. */
const INSIDE = `EXISTS (SELECT 1 FROM participations p
  WHERE p.session_uid = s.uid AND +p.client_id = :clientId AND p.ended_at IS NULL)`;

function viewOf(tx: Tx, row: SessionRow): SessionView {
  return { session: toSession(row), participations: participationsOf(tx, row.uid).map(toParticipation) };
}
