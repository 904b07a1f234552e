import { isCurrent } from '../../sessions/session.ts';
import { signInEvent } from '../events.ts';
import {
  type AppStanding,
  mergeAuthorizations,
  RETIRED_MS,
  sidsOver,
  signedOffClients,
  withoutSids,
} from '../session-life.ts';
import type { Authorizations, HeldSession, SessionOpening, SessionWrite, StoredSession } from '../store.ts';
import type { Tx } from './connection.ts';
import { IS_OVER } from './cut-offs.ts';
import { meetDevice, postMail, writeEvent } from './news.ts';
import { type SessionRow, sessionByUid, toAuthorizations, toSession, writeOpening } from './session-rows.ts';
import { generationToday, isInGoodStanding } from './standing.ts';

/** Saves the library's part of a session; revives nothing that ended (invariant 7). */
export function save(tx: Tx, write: SessionWrite): 'saved' | 'merged' | 'ended' {
  const row = sessionByUid(tx, write.uid);
  if (row?.state === 'ended') return 'ended';
  if (row?.state === 'live') return saveLive(tx, row, write);
  const { opening } = write;
  if (!opening || !isInGoodStanding(tx, opening.accountId, opening.generation)) return 'ended';
  writeOpening(tx, write.uid, 'live', opening);
  replacePayload(tx, write, write.authorizations);
  makeCurrent(tx, write);
  tellOfSignIn(tx, write, opening);
  return 'saved';
}

function tellOfSignIn(tx: Tx, { uid, now }: SessionWrite, opening: SessionOpening): void {
  const { accountId, device, locale, ifNewDevice } = opening;
  writeEvent(tx, signInEvent(uid, opening));
  const met = device.key === undefined ? 'known' : meetDevice(tx, accountId, device.key, now);
  if (met === 'new' && ifNewDevice) postMail(tx, ifNewDevice);
  const moved = 'UPDATE accounts SET locale = :locale WHERE id = :accountId AND locale IS NOT :locale';
  if (locale !== undefined) tx.run(moved, { accountId, locale });
}

/** The session of a current id, or of one that was retired up to 60 s ago. */
export function findByCookie(tx: Tx, cookieHash: string, now: number): StoredSession | undefined {
  const row = liveByCookie(tx, cookieHash, now);
  return row && toStoredSession(tx, row);
}

export function findHeld(tx: Tx, cookieHash: string, now: number): HeldSession | undefined {
  const row = liveByCookie(tx, cookieHash, now);
  return row && toHeldSession(tx, row);
}

function liveByCookie(tx: Tx, cookieHash: string, now: number): SessionRow | undefined {
  return tx.get(
    `SELECT s.* FROM session_cookies c JOIN sessions s ON s.uid = c.uid
     WHERE c.cookie_hash = :cookieHash AND (c.retired_at IS NULL OR c.retired_at >= :since) AND s.state = 'live'`,
    { cookieHash, since: now - RETIRED_MS },
  );
}

export function findByUid(tx: Tx, uid: string): StoredSession | undefined {
  const row = sessionByUid(tx, uid);
  return row?.state === 'live' ? toStoredSession(tx, row) : undefined;
}

/** Only the first retirement counts: a second one must not give the id another minute. */
export function retireCookie(tx: Tx, cookieHash: string, now: number): void {
  const sql = 'UPDATE session_cookies SET retired_at = :now WHERE cookie_hash = :cookieHash AND retired_at IS NULL';
  tx.run(sql, { cookieHash, now });
}

/** A writer with a retired id is a slow tab: what it knows of the session is old, its new apps are real. */
function saveLive(tx: Tx, row: SessionRow, write: SessionWrite): 'saved' | 'merged' {
  const over = sidsOver(appsOf(tx, row.uid));
  const isLate = isRetired(tx, write);
  const merged = mergeAuthorizations(toAuthorizations(row), write.authorizations, over, isLate);
  if (isLate) {
    writeAuthorizations(tx, row.uid, merged);
    return 'merged';
  }
  replacePayload(tx, write, merged);
  makeCurrent(tx, write);
  return 'saved';
}

function isRetired(tx: Tx, { cookieHash, uid }: SessionWrite): boolean {
  const sql = 'SELECT retired_at FROM session_cookies WHERE cookie_hash = :cookieHash AND uid = :uid';
  const cookie = tx.get<{ retired_at: number | null }>(sql, { cookieHash, uid });
  return cookie !== undefined && cookie.retired_at !== null;
}

function replacePayload(tx: Tx, write: SessionWrite, authorizations: Authorizations): void {
  tx.run(
    `UPDATE sessions SET payload = :payload, authorizations = :authorizations, last_seen_at = :now,
       due_at = min(:now + idle_ms, expires_at) WHERE uid = :uid`,
    {
      uid: write.uid,
      now: write.now,
      payload: JSON.stringify(write.payload),
      authorizations: JSON.stringify(authorizations),
    },
  );
}

function writeAuthorizations(tx: Tx, uid: string, authorizations: Authorizations): void {
  const sql = 'UPDATE sessions SET authorizations = :authorizations WHERE uid = :uid';
  tx.run(sql, { uid, authorizations: JSON.stringify(authorizations) });
}

/** `cookieHash` becomes the current id, every other id of the session is retired. */
function makeCurrent(tx: Tx, { uid, cookieHash, now }: SessionWrite): void {
  tx.run(
    `UPDATE session_cookies SET retired_at = :now
     WHERE uid = :uid AND cookie_hash <> :cookieHash AND retired_at IS NULL`,
    { uid, cookieHash, now },
  );
  tx.run(
    `INSERT INTO session_cookies (cookie_hash, uid) VALUES (:cookieHash, :uid)
     ON CONFLICT (cookie_hash) DO UPDATE SET uid = excluded.uid, retired_at = NULL`,
    { uid, cookieHash },
  );
}

/** Undefined for one of an older generation: it is dead, also where the walk of its account has not come yet. */
function toHeldSession(tx: Tx, row: SessionRow): HeldSession | undefined {
  const session = toSession(row);
  if (!isCurrent(session.generation, generationToday(tx, row.account_id))) return undefined;
  return { session, payload: row.payload === null ? {} : JSON.parse(row.payload) };
}

function toStoredSession(tx: Tx, row: SessionRow): StoredSession | undefined {
  const held = toHeldSession(tx, row);
  if (!held) return undefined;
  const apps = appsOf(tx, row.uid);
  return {
    ...held,
    authorizations: withoutSids(toAuthorizations(row), sidsOver(apps)),
    signedOffClients: signedOffClients(apps),
  };
}

interface AppRow {
  readonly sid: string;
  readonly client_id: string;
  readonly over: 0 | 1;
}

function appsOf(tx: Tx, uid: string): readonly AppStanding[] {
  const sql = `SELECT p.sid, p.client_id, ${IS_OVER} AS over FROM participations p WHERE p.session_uid = :uid`;
  return tx
    .all<AppRow>(sql, { uid })
    .map(({ sid, client_id, over }) => ({ sid, clientId: client_id, isOver: over === 1 }));
}
