import type { Delivery } from '../../deliveries/delivery.ts';
import type { EndCause } from '../../logout/logout.ts';
import { logoutEvent } from '../events.ts';
import { newDeliveries } from '../new-deliveries.ts';
import type { PlanDeliveries } from '../store.ts';
import type { Tx } from './connection.ts';
import { type LogoutRow, targetParams, toLogout } from './logout-rows.ts';
import { writeEvent } from './news.ts';
import { revoke } from './revoking.ts';
import { type ParticipationRow, toParticipation } from './session-rows.ts';

/** Sessions or participations of one write: a write holds the lock that sign-ins wait for, so it takes a few milliseconds only. */
export const SLICE = 125;

export interface Walked {
  /** Sessions ended by this slice. */
  readonly sessions: number;
  /** Sessions and participations ended by this slice. */
  readonly found: number;
  readonly more: boolean;
}

/** Ends a slice of the sessions and participations of a logout, makes their deliveries, removes their grants. */
export function walkSlice(
  tx: Tx,
  logout: LogoutRow,
  keepsOffline: EndCause['keepsOffline'],
  plan: PlanDeliveries,
): Walked {
  const sessions = endSessions(tx, logout);
  const participations = liveParticipations(tx, logout);
  endParticipations(tx, logout, participations);
  const ended = participations.map((row) => toParticipation({ ...row, ended_at: logout.at, logout_id: logout.id }));
  if (ended.length > 0) insertDeliveries(tx, newDeliveries(logout, ended, plan(ended)));
  if (logout.target_kind === 'client') tellAccounts(tx, logout, participations);
  const moreGrants = revoke(tx, logout, participations, keepsOffline);
  const more = moreGrants || Math.max(sessions, participations.length) === SLICE;
  return { sessions, found: sessions + participations.length, more };
}

/** Sessions end with the first two targets only. An account's new sessions are of the new generation, and not its. */
function endSessions(tx: Tx, logout: LogoutRow): number {
  const which = SESSIONS[logout.target_kind];
  if (which === undefined) return 0;
  return tx.run(
    `UPDATE sessions SET state = 'ended', ended_at = :at, logout_id = :id, due_at = NULL, payload = NULL,
       authorizations = NULL
     WHERE uid IN (SELECT uid FROM sessions WHERE state <> 'ended' AND ${which} LIMIT ${SLICE})`,
    targetParams(logout),
  );
}

const SESSIONS: Partial<Record<LogoutRow['target_kind'], string>> = {
  session: 'uid = :uid',
  account: 'account_id = :accountId AND gen_account < :generation',
};

function liveParticipations(tx: Tx, logout: LogoutRow): readonly ParticipationRow[] {
  const which = PARTICIPATIONS[logout.target_kind];
  const sql = `SELECT p.* FROM participations p ${which} AND p.ended_at IS NULL LIMIT ${SLICE}`;
  return tx.all(sql, targetParams(logout));
}

/**
 * The ended mark of this logout on the session says whose its participations are: two racing ends make one delivery. The
 * plus keeps SQLite from going through all that live at the app.
 */
const PARTICIPATIONS: Record<LogoutRow['target_kind'], string> = {
  session: `JOIN sessions s ON s.uid = p.session_uid WHERE p.session_uid = :uid AND s.logout_id = :id`,
  participation: `JOIN participations named ON named.sid = :sid
    WHERE p.session_uid = named.session_uid AND +p.client_id = named.client_id`,
  account: `JOIN sessions s ON s.uid = p.session_uid WHERE p.account_id = :accountId AND s.logout_id = :id`,
  'account-client': `WHERE p.account_id = :accountId AND p.client_id = :clientId AND p.gen_app < :generation`,
  client: `WHERE p.client_id = :clientId AND p.gen_client < :generation`,
};

function endParticipations(tx: Tx, logout: LogoutRow, participations: readonly ParticipationRow[]): void {
  tx.run(
    `UPDATE participations SET ended_at = :at, logout_id = :id WHERE sid IN (SELECT value FROM json_each(:sids))`,
    { at: logout.at, id: logout.id, sids: JSON.stringify(participations.map((each) => each.sid)) },
  );
}

/** An app that ends for everybody is an event of each account that was there. */
function tellAccounts(tx: Tx, row: LogoutRow, participations: readonly ParticipationRow[]): void {
  const logout = toLogout(row);
  for (const accountId of new Set(participations.map((each) => each.account_id))) {
    writeEvent(tx, logoutEvent(logout, accountId, {}));
  }
}

function insertDeliveries(tx: Tx, deliveries: readonly Delivery[]): void {
  for (const { id, state, origin, asked, deadline, nextAttemptAt, createdAt, ...rest } of deliveries) {
    const { logoutId, clientId, accountId, sessionUid, sub } = rest;
    tx.run(INSERT_DELIVERY, {
      id,
      logoutId,
      clientId,
      accountId,
      sessionUid,
      sub,
      state,
      origin,
      asked: Number(asked),
      createdAt,
      nextAttemptAt,
      deadlineAt: deadline.at,
      becomes: deadline.becomes,
    });
  }
}

const INSERT_DELIVERY = `INSERT INTO deliveries (id, logout_id, client_id, account_id, session_uid, sid, sub, state,
    origin, asked, created_at, next_attempt_at, ready_at, deadline_at, deadline_becomes)
  VALUES (:id, :logoutId, :clientId, :accountId, :sessionUid, :id, :sub, :state,
    :origin, :asked, :createdAt, :nextAttemptAt, :nextAttemptAt, :deadlineAt, :becomes)`;
