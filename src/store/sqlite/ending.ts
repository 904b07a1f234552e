import { setTimeout as pause } from 'node:timers/promises';
import type { Seat } from '../../activity/news.ts';
import type { Delivery } from '../../deliveries/delivery.ts';
import type { EndCause, EndResult, EndTarget } from '../../logout/logout.ts';
import { logoutEvent } from '../events.ts';
import { LEASED_MAX, type Made, NOTHING_MADE, tellWritten } from '../new-deliveries.ts';
import type { Audited, EndWatch, SessionEnd, SessionStore, SharedCause } from '../store.ts';
import { appendAudit } from './audit.ts';
import { changeAccount, raiseGeneration, removeClient, spare } from './barriers.ts';
import type { Connection, Tx } from './connection.ts';
import { cutOffApp, cutOffClient } from './cut-offs.ts';
import { insertLogout, type LogoutRow, logoutById, newLogout, toLogout } from './logout-rows.ts';
import { spendLink, writeEvent, writeNews } from './news.ts';
import { raiseRealm, spareInRealm } from './realm.ts';
import { participationBySid, type SessionRow, sessionByUid } from './session-rows.ts';
import { type Means, SLICE, walkSlice } from './walking.ts';

/** Of the first write of an `end`: its apps are told while the others are written. */
const FIRST_SLICE = 32;
/** Of `end` before it answers, enough for 1,000 participations and to see that none is left; then `continueEnd` does it. */
const WRITES_OF_END = 1_000 / SLICE + 1;
/** Of a write that ends several sessions: it begins no other one after this. */
const WRITE_MS = 3;
/** Between two writes of a walk: who waits for the lock looks for it every few milliseconds. */
const PAUSE_MS = 5;

/** THE end (invariant 1), and the next write of one that is too large for one write. */
export function createEnding({ write }: Connection): Pick<SessionStore, 'end' | 'endSome' | 'continueEnd'> {
  return {
    async end(id, target, cause, at, plan, watch) {
      const ending = { id, target, cause, at, plan, limit: FIRST_SLICE, watch };
      const begun = await watched(watch, (tx) => end(tx, ending));
      if (cause.pace !== undefined) return begun;
      const means = { keepsOffline: cause.keepsOffline, plan, limit: SLICE };
      return walkAWhile(begun, () => watched(watch, (tx) => goOn(tx, id, means)));
    },
    endSome: (ends, cause, at, plan, watch) => watched(watch, (tx) => endSome(tx, ends, { cause, at, plan, watch })),
    async continueEnd(logoutId, next) {
      await pause(PAUSE_MS);
      const means = { ...next, limit: SLICE };
      return isWalking(await watched(next.watch, (tx) => goOn(tx, logoutId, means))) ? 'more' : 'done';
    },
  };

  async function watched<T>(watch: EndWatch | undefined, work: (tx: Tx) => Written<T>): Promise<T> {
    const written = await write(work);
    tellWritten(watch, written);
    return written.result;
  }
}

/** What was committed is an end, whatever becomes of the walk: the rest is dead already, and the next walk's. */
async function walkAWhile(begun: EndResult, next: () => Promise<EndResult>): Promise<EndResult> {
  let result = begun;
  try {
    for (let writes = 1; writes < WRITES_OF_END && isWalking(result); writes++) {
      await pause(PAUSE_MS);
      result = await next();
    }
  } catch {
    return result;
  }
  return result;
}

interface Ending extends Omit<Means, 'keepsOffline'> {
  readonly id: string;
  readonly target: EndTarget;
  readonly cause: EndCause & Audited;
  readonly at: number;
}

/** What a write did, and what its engine is told of it. */
interface Written<T> extends Made {
  readonly result: T;
}

const NOTHING: Written<EndResult> = { ...NOTHING_MADE, result: { kind: 'nothing' } };

/** First what makes all of it dead at this instant, then the first slice of telling the apps. */
function end(tx: Tx, ending: Ending): Written<EndResult> {
  const { linkHash } = ending.cause;
  if (linkHash !== undefined && !spendLink(tx, linkHash, ending.at)) return NOTHING;
  const barrier = raiseBarrier(tx, ending);
  if (!barrier) return NOTHING;
  const logout = newLogout({ ...ending, ...barrier });
  const { keepsOffline } = ending.cause;
  const { leased, rest, ...walked } = walkSlice(tx, logout, { ...ending, keepsOffline });
  if (walked.found === 0 && !barrier.evenIfNothing) return NOTHING;
  const row: LogoutRow = { ...logout, sessions_ended: walked.sessions, walking: walked.more ? 1 : 0 };
  insertLogout(tx, row);
  tellOfEnd(tx, ending, barrier);
  appendAudit(tx, ending.cause.audit);
  return { result: { kind: 'ended', logout: toLogout(row) }, leased, rest };
}

/** The end of an app of everybody is told of account by account, by its walk. */
function tellOfEnd(tx: Tx, { id, target, cause, at }: Ending, { accountId, about }: Barrier): void {
  const { reason, actor, scope } = cause;
  const logout = { id, target, reason, actor, scope, at };
  if (accountId !== undefined) writeEvent(tx, logoutEvent(logout, accountId, about ?? cause.from ?? {}));
  if (cause.news) writeNews(tx, cause.news);
}

/** As many as fit: a session with a thousand apps takes longer than one with three. */
function endSome(
  tx: Tx,
  ends: readonly SessionEnd[],
  { cause, watch, ...shared }: Pick<Ending, 'at' | 'plan' | 'watch'> & { readonly cause: SharedCause },
): Written<readonly EndResult[]> {
  const enoughAt = performance.now() + WRITE_MS;
  const result: EndResult[] = [];
  const leased: Delivery[] = [];
  let rest = false;
  for (const { id, uid, reason } of ends) {
    const target = { kind: 'session', uid } as const;
    const mayLease = leased.length < LEASED_MAX && { watch };
    const written = end(tx, { ...shared, ...mayLease, id, target, cause: { ...cause, reason }, limit: SLICE });
    result.push(written.result);
    leased.push(...written.leased);
    rest ||= written.rest;
    if (performance.now() >= enoughAt) break;
  }
  return { result, leased, rest };
}

/** The next slice, where there is one: another process may have walked it meanwhile. */
function goOn(tx: Tx, logoutId: string, means: Means): Written<EndResult> {
  const before = logoutById(tx, logoutId);
  if (!before) return NOTHING;
  if (before.walking === 0) return { ...NOTHING, result: { kind: 'ended', logout: toLogout(before) } };
  const { sessions, more, leased, rest } = walkSlice(tx, before, means);
  const sessionsEnded = before.sessions_ended + sessions;
  const after: LogoutRow = { ...before, sessions_ended: sessionsEnded, walking: more ? 1 : 0 };
  const set = 'sessions_ended = :sessionsEnded, walking = :walking';
  tx.run(`UPDATE logouts SET ${set} WHERE id = :logoutId`, { logoutId, sessionsEnded, walking: after.walking });
  return { result: { kind: 'ended', logout: toLogout(after) }, leased, rest };
}

function isWalking(result: EndResult): boolean {
  return result.kind === 'ended' && result.logout.walking;
}

/** What a target's first write found or set up. */
interface Barrier {
  readonly accountId?: string;
  /** What is older is this logout's to end. */
  readonly generation?: number | undefined;
  /** The one session, and app, that ends. */
  readonly about?: Seat & { readonly clientId?: string };
  /** There is a logout although no session and no participation was left: the barrier alone is an end. */
  readonly evenIfNothing: boolean;
}

/** Undefined when the target is not there. */
function raiseBarrier(tx: Tx, { target, cause, at }: Ending): Barrier | undefined {
  switch (target.kind) {
    case 'session': {
      const session = sessionByUid(tx, target.uid);
      return session && { accountId: session.account_id, about: seatOf(session), evenIfNothing: false };
    }
    case 'participation': {
      const participation = participationBySid(tx, target.sid);
      if (!participation) return undefined;
      const { account_id: accountId, client_id: clientId } = participation;
      const about = { ...seatOf(sessionByUid(tx, participation.session_uid)), clientId };
      return { accountId, about, evenIfNothing: false };
    }
    case 'account': {
      const generation = raiseGeneration(tx, target.accountId);
      if (generation === undefined) return undefined;
      if (target.exceptUid !== undefined) spare(tx, target.accountId, target.exceptUid, generation);
      if (cause.accountChange) changeAccount(tx, target.accountId, cause.accountChange, at);
      return { accountId: target.accountId, generation, evenIfNothing: true };
    }
    case 'account-client': {
      const { accountId, clientId } = target;
      const consented = cause.reason === 'consent-revoked' && forgetConsent(tx, accountId, clientId);
      if (!isSomewhere(tx, accountId, clientId) && !consented) return undefined;
      return { accountId, generation: cutOffApp(tx, accountId, clientId), evenIfNothing: true };
    }
    case 'client': {
      const generation = cutOffClient(tx, target.clientId);
      if (cause.reason === 'client-removed') removeClient(tx, target.clientId, at);
      return { generation, evenIfNothing: true };
    }
    case 'everybody': {
      const generation = raiseRealm(tx);
      if (target.exceptUid !== undefined) spareInRealm(tx, target.exceptUid, generation);
      return { generation, evenIfNothing: true };
    }
  }
}

function seatOf(session: SessionRow | undefined): Seat {
  return { session: session?.uid, device: session?.device_name, place: session?.place ?? undefined };
}

/** Answers whether there was a consent. */
function forgetConsent(tx: Tx, accountId: string, clientId: string): boolean {
  const sql = 'DELETE FROM consents WHERE account_id = :accountId AND client_id = :clientId';
  return tx.run(sql, { accountId, clientId }) > 0;
}

/** Whether an account has anything of this app left: a participation, or offline access that outlived its session. */
function isSomewhere(tx: Tx, accountId: string, clientId: string): boolean {
  const which = 'account_id = :accountId AND client_id = :clientId';
  const sql = `SELECT 1 FROM participations WHERE ${which} AND ended_at IS NULL UNION ALL
    SELECT 1 FROM artifacts WHERE ${which} AND model = 'Grant' LIMIT 1`;
  return tx.get(sql, { accountId, clientId }) !== undefined;
}
