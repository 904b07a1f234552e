import type { Participation, Session, SessionState } from '../../sessions/session.ts';
import { firstDueAt } from '../session-life.ts';
import type { Authorizations, SessionOpening } from '../store.ts';
import type { Params, Tx } from './connection.ts';

export interface SessionRow {
  readonly uid: string;
  readonly account_id: string;
  readonly state: SessionState;
  readonly gen_account: number;
  readonly gen_realm: number;
  readonly device_name: string;
  readonly device_key: string | null;
  readonly place: string | null;
  readonly address_key: string | null;
  readonly shared: 0 | 1;
  readonly started_at: number;
  readonly last_seen_at: number;
  readonly idle_ms: number;
  readonly expires_at: number;
  readonly due_at: number | null;
  readonly ended_at: number | null;
  readonly logout_id: string | null;
  readonly payload: string | null;
  readonly authorizations: string | null;
}

export interface ParticipationRow {
  readonly sid: string;
  readonly session_uid: string;
  readonly client_id: string;
  readonly account_id: string;
  readonly sub: string;
  readonly grant_id: string;
  readonly started_at: number;
  readonly renewed_at: number;
  readonly ended_at: number | null;
  readonly logout_id: string | null;
}

export function sessionByUid(tx: Tx, uid: string): SessionRow | undefined {
  return tx.get('SELECT * FROM sessions WHERE uid = :uid', { uid });
}

export function participationBySid(tx: Tx, sid: string): ParticipationRow | undefined {
  return tx.get('SELECT * FROM participations WHERE sid = :sid', { sid });
}

/** Oldest first. */
export function participationsOf(tx: Tx, uid: string): readonly ParticipationRow[] {
  return tx.all('SELECT * FROM participations WHERE session_uid = :uid ORDER BY started_at, sid', { uid });
}

/** Begins a session, or a new beginning of one that was `arriving`. */
export function writeOpening(tx: Tx, uid: string, state: 'arriving' | 'live', opening: SessionOpening): void {
  tx.run(
    `INSERT INTO sessions (uid, account_id, state, gen_account, gen_realm, device_name, device_key, place,
       address_key, shared, started_at, last_seen_at, idle_ms, expires_at, due_at)
     VALUES (:uid, :accountId, :state, :genAccount, :genRealm, :deviceName, :deviceKey, :place,
       :addressKey, :shared, :startedAt, :startedAt, :idleMs, :expiresAt, :dueAt)
     ON CONFLICT (uid) DO UPDATE SET account_id = excluded.account_id, state = excluded.state,
       gen_account = excluded.gen_account, gen_realm = excluded.gen_realm, device_name = excluded.device_name,
       device_key = excluded.device_key, place = excluded.place, address_key = excluded.address_key,
       shared = excluded.shared, started_at = excluded.started_at, last_seen_at = excluded.last_seen_at,
       idle_ms = excluded.idle_ms, expires_at = excluded.expires_at, due_at = excluded.due_at`,
    openingParams(uid, state, opening),
  );
  tx.run('UPDATE participations SET session_started_at = :startedAt WHERE session_uid = :uid AND ended_at IS NULL', {
    uid,
    startedAt: opening.startedAt,
  });
}

function openingParams(uid: string, state: 'arriving' | 'live', opening: SessionOpening): Params {
  const { accountId, generation, device, shared, startedAt, idleMs, expiresAt } = opening;
  return {
    uid,
    accountId,
    state,
    genAccount: generation.account,
    genRealm: generation.realm,
    deviceName: device.name,
    deviceKey: device.key,
    place: device.place,
    addressKey: device.addressKey,
    shared: shared ? 1 : 0,
    startedAt,
    idleMs,
    expiresAt,
    dueAt: firstDueAt(state, opening),
  };
}

export function toSession(row: SessionRow): Session {
  return {
    uid: row.uid,
    accountId: row.account_id,
    state: row.state,
    generation: { account: row.gen_account, realm: row.gen_realm },
    device: {
      name: row.device_name,
      key: row.device_key ?? undefined,
      place: row.place ?? undefined,
      addressKey: row.address_key ?? undefined,
    },
    shared: row.shared === 1,
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    idleMs: row.idle_ms,
    expiresAt: row.expires_at,
    endedAt: row.ended_at ?? undefined,
    logoutId: row.logout_id ?? undefined,
  };
}

export function toParticipation(row: ParticipationRow): Participation {
  return {
    sid: row.sid,
    sessionUid: row.session_uid,
    clientId: row.client_id,
    accountId: row.account_id,
    sub: row.sub,
    grantId: row.grant_id,
    startedAt: row.started_at,
    renewedAt: row.renewed_at,
    endedAt: row.ended_at ?? undefined,
    logoutId: row.logout_id ?? undefined,
  };
}

export function toAuthorizations(row: SessionRow): Authorizations {
  return row.authorizations === null ? {} : JSON.parse(row.authorizations);
}
