/** Everybody: one number that makes all of it dead, and the walk that tells the apps of whom it was. */
import type { Tx } from './connection.ts';
import { readFact, writeFact } from './facts.ts';
import { type LogoutRow, targetParams } from './logout-rows.ts';
import type { ParticipationRow } from './session-rows.ts';

const REALM = 'realm-generation';

export function realmGeneration(tx: Tx): number {
  return Number(readFact(tx, REALM) ?? 0);
}

/** Answers the new generation. */
export function raiseRealm(tx: Tx): number {
  const generation = realmGeneration(tx) + 1;
  writeFact(tx, REALM, String(generation));
  return generation;
}

/** Lifts one session and its grants over the barrier; only one that was of the generation before. */
export function spareInRealm(tx: Tx, uid: string, generation: number): void {
  const params = { uid, generation, before: generation - 1 };
  const living = `uid = :uid AND state <> 'ended' AND gen_realm = :before`;
  if (tx.run(`UPDATE sessions SET gen_realm = :generation WHERE ${living}`, params) === 0) return;
  const own = 'SELECT grant_id FROM participations WHERE session_uid = :uid AND ended_at IS NULL';
  tx.run(
    `UPDATE artifacts SET gen_realm = :generation WHERE grant_id IN (${own}) AND +model = 'Grant' AND gen_realm = :before`,
    params,
  );
  const ofSession = `session_uid = :uid AND grant_id IS NOT NULL AND +model = 'Grant' AND gen_realm = :before`;
  tx.run(`UPDATE artifacts SET gen_realm = :generation WHERE ${ofSession}`, params);
}

/** What one write of a walk found. */
export interface RealmSlice {
  /** Sessions ended. */
  readonly sessions: number;
  /** To be ended with them. */
  readonly participations: readonly ParticipationRow[];
  /** Whom it concerns. */
  readonly accountIds: readonly string[];
  readonly more: boolean;
}

/**
 * Ends some sessions of an older generation. One that has more apps inside than go in one write stays until they are ended,
 * dead as it is.
 */
export function endOfRealm(
  tx: Tx,
  logout: LogoutRow,
  { limit, sessionsMax }: { readonly limit: number; readonly sessionsMax: number },
): RealmSlice {
  const params = { ...targetParams(logout), limit: limit + 1, sessionsMax };
  const open = tx.all<{ uid: string; account_id: string }>(
    `SELECT uid, account_id FROM sessions WHERE state <> 'ended' AND gen_realm < :generation LIMIT :sessionsMax`,
    params,
  );
  const uids = open.map(({ uid }) => uid);
  const rows = tx.all<ParticipationRow>(
    `SELECT p.* FROM json_each(:uids) u CROSS JOIN participations p ON p.session_uid = u.value
     WHERE p.ended_at IS NULL LIMIT :limit`,
    { ...params, uids: JSON.stringify(uids) },
  );
  const next = rows[limit];
  const whole = next ? uids.slice(0, uids.indexOf(next.session_uid)) : uids;
  const sessions = tx.run(
    `UPDATE sessions SET state = 'ended', ended_at = :at, logout_id = :id, due_at = NULL, payload = NULL,
       authorizations = NULL
     WHERE uid IN (SELECT value FROM json_each(:uids)) AND state <> 'ended'`,
    { ...params, uids: JSON.stringify(whole) },
  );
  return {
    sessions,
    participations: rows.slice(0, limit),
    accountIds: open.map(({ account_id }) => account_id),
    more: next !== undefined || uids.length === sessionsMax,
  };
}
