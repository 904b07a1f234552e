import { type Delivery, isMerged } from '../../deliveries/delivery.ts';
import type { EndCause } from '../../logout/logout.ts';
import { logoutEvent } from '../events.ts';
import { leasable, leaseCandidates, type Made, newDeliveries, toMade } from '../new-deliveries.ts';
import type { EndWatch, FirstLease, PlanDeliveries } from '../store.ts';
import type { Tx } from './connection.ts';
import { type LogoutRow, targetParams, toLogout } from './logout-rows.ts';
import { writeEvent } from './news.ts';
import { endOfRealm, type RealmSlice } from './realm.ts';
import { revoke } from './revoking.ts';
import { type ParticipationRow, toParticipation } from './session-rows.ts';

/** Sessions or participations of one write: a write holds the lock that sign-ins wait for, so it takes a few milliseconds only. */
export const SLICE = 125;

/** How a slice is ended. */
export interface Means {
  readonly keepsOffline: EndCause['keepsOffline'];
  readonly plan: PlanDeliveries;
  /** Sessions, and participations, at most. */
  readonly limit: number;
  /** Sessions, where they are to be fewer. */
  readonly sessionsMax?: number | undefined;
  /** Who is handed what it makes. */
  readonly watch?: EndWatch | undefined;
}

export interface Walked extends Made {
  /** Sessions ended by this slice. */
  readonly sessions: number;
  /** Sessions and participations ended by this slice. */
  readonly found: number;
  readonly more: boolean;
}

/** Ends a slice of the sessions and participations of a logout, makes their deliveries, removes their grants. */
export function walkSlice(tx: Tx, logout: LogoutRow, { keepsOffline, plan, watch, ...size }: Means): Walked {
  const slice = sliceOf(tx, logout, size);
  const { sessions, participations } = slice;
  endParticipations(tx, logout, participations);
  const ended = participations.map((row) => toParticipation({ ...row, ended_at: logout.at, logout_id: logout.id }));
  const made = makeDeliveries(tx, ended.length > 0 ? newDeliveries(logout, ended, plan(ended)) : [], watch);
  tellAccounts(tx, logout, slice.accountIds);
  const moreGrants = revoke(tx, logout, participations, keepsOffline);
  return { ...made, sessions, found: sessions + participations.length, more: moreGrants || slice.more };
}

/** What this write ends; its sessions are ended already. */
function sliceOf(tx: Tx, logout: LogoutRow, size: Pick<Means, 'limit' | 'sessionsMax'>): RealmSlice {
  const { limit, sessionsMax = limit } = size;
  if (logout.target_kind === 'everybody') return endOfRealm(tx, logout, { limit, sessionsMax });
  const sessions = endSessions(tx, logout, sessionsMax);
  const participations = liveParticipations(tx, logout, PARTICIPATIONS[logout.target_kind], limit);
  // An end of an account has told of itself.
  const accountIds = logout.target_kind === 'client' ? participations.map((each) => each.account_id) : [];
  return { sessions, participations, accountIds, more: sessions === sessionsMax || participations.length === limit };
}

/** Sessions end with the first two targets only. An account's new sessions are of the new generation, and not its. */
function endSessions(tx: Tx, logout: LogoutRow, limit: number): number {
  const which = SESSIONS[logout.target_kind];
  if (which === undefined) return 0;
  return tx.run(
    `UPDATE sessions SET state = 'ended', ended_at = :at, logout_id = :id, due_at = NULL, payload = NULL,
       authorizations = NULL
     WHERE uid IN (SELECT uid FROM sessions WHERE state <> 'ended' AND ${which} LIMIT :limit)`,
    { ...targetParams(logout), limit },
  );
}

const SESSIONS: Partial<Record<LogoutRow['target_kind'], string>> = {
  session: 'uid = :uid',
  account: 'account_id = :accountId AND gen_account < :generation',
};

function liveParticipations(tx: Tx, logout: LogoutRow, which: string, limit: number): readonly ParticipationRow[] {
  const sql = `SELECT p.* FROM participations p ${which} AND p.ended_at IS NULL LIMIT :limit`;
  return tx.all(sql, { ...targetParams(logout), limit });
}

/**
 * The ended mark of this logout on the session says whose its participations are: two racing ends make one delivery. The
 * plus keeps SQLite from going through all that live at the app.
 */
const PARTICIPATIONS: Record<Exclude<LogoutRow['target_kind'], 'everybody'>, string> = {
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
function tellAccounts(tx: Tx, row: LogoutRow, accountIds: readonly string[]): void {
  const logout = toLogout(row);
  for (const accountId of new Set(accountIds)) {
    writeEvent(tx, logoutEvent(logout, accountId, {}));
  }
}

function makeDeliveries(tx: Tx, deliveries: readonly Delivery[], watch: EndWatch | undefined): Made {
  const lease = watch?.lease;
  const candidates = lease ? leaseCandidates(deliveries) : [];
  const leased = leasable(candidates, failingOrigins(tx, candidates));
  if (leased.length > 0) watch?.leasing(leased);
  insertDeliveries(tx, deliveries, lease && { lease, ids: new Set(leased.map(({ id }) => id)) });
  return toMade(deliveries, leased);
}

function failingOrigins(tx: Tx, deliveries: readonly Delivery[]): ReadonlySet<string> {
  if (deliveries.length === 0) return new Set();
  const origins = JSON.stringify(deliveries.map(({ origin }) => origin));
  const sql = 'SELECT origin FROM breakers WHERE origin IN (SELECT value FROM json_each(:origins))';
  return new Set(tx.all<{ origin: string }>(sql, { origins }).map(({ origin }) => origin));
}

interface Leased {
  readonly lease: FirstLease;
  readonly ids: ReadonlySet<string>;
}

function insertDeliveries(tx: Tx, deliveries: readonly Delivery[], leased: Leased | undefined): void {
  for (const { id, state, origin, asked, deadline, nextAttemptAt, createdAt, ...rest } of deliveries) {
    const { logoutId, clientId, accountId, sessionUid, sid, sub } = rest;
    const lease = leased?.ids.has(id) ? leased.lease : undefined;
    tx.run(isMerged({ id }) ? `${INSERT_DELIVERY}${UNLESS_MERGED}` : INSERT_DELIVERY, {
      id,
      logoutId,
      clientId,
      accountId,
      sessionUid,
      sid,
      sub,
      state,
      origin,
      asked: Number(asked),
      createdAt,
      nextAttemptAt,
      readyAt: lease ? undefined : nextAttemptAt,
      deadlineAt: deadline.at,
      becomes: deadline.becomes,
      ...(lease && { token: lease.token, processId: lease.processId, until: lease.now + lease.leaseMs }),
    });
  }
}

const INSERT_DELIVERY = `INSERT INTO deliveries (id, logout_id, client_id, account_id, session_uid, sid, sub, state,
    origin, asked, created_at, next_attempt_at, ready_at, deadline_at, deadline_becomes, lease_token, lease_process,
    lease_until)
  VALUES (:id, :logoutId, :clientId, :accountId, :sessionUid, :sid, :sub, :state,
    :origin, :asked, :createdAt, :nextAttemptAt, :readyAt, :deadlineAt, :becomes, :token, :processId, :until)`;

/** An earlier write of the walk has made it. */
const UNLESS_MERGED = ' ON CONFLICT (id) DO NOTHING';
