/** What the activity says of a sign-in, of an end and of a failed try. Pure; the same in both adapters. */
import { activityEvent, seatOfSession } from '../activity/activity-event.ts';
import type { ActivityEvent, FailedTry, Seat } from '../activity/news.ts';
import type { Logout } from '../logout/logout.ts';
import { sha256 } from '../ops/ids.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionOpening } from './store.ts';

/** A session begins once, so its `uid` names the event. */
export function signInEvent(uid: string, opening: SessionOpening): ActivityEvent {
  const { accountId, startedAt: at, device, clientId } = opening;
  return activityEvent({ id: uid, accountId, at, kind: 'sign-in', clientId }, seatOfSession({ uid, device }));
}

/** A name that was taken back has none. */
export function nameEvent(session: Session, name: string | undefined, now: number): ActivityEvent {
  const id = digest(`${session.uid} name ${now} ${name ?? ''}`);
  const facts = { id, accountId: session.accountId, at: now, kind: 'name', detail: { name: name ?? null } } as const;
  return activityEvent(facts, seatOfSession(session));
}

/** `about`: the session and app that ended; of an end of more than one session, where it was asked for. */
export function logoutEvent(
  logout: Pick<Logout, 'id' | 'at' | 'reason' | 'actor' | 'scope' | 'target'>,
  accountId: string,
  about: Seat & { readonly clientId?: string | undefined },
): ActivityEvent {
  const { target } = logout;
  // An end of everybody, or of an app of everybody, is an event of each account.
  const id = target.kind === 'client' || target.kind === 'everybody' ? digest(`${logout.id} ${accountId}`) : logout.id;
  const facts = {
    id,
    accountId,
    at: logout.at,
    kind: 'logout',
    actor: logout.actor.kind,
    clientId: 'clientId' in target ? target.clientId : about.clientId,
    reason: logout.reason,
    logoutId: logout.id,
    detail: { target: target.kind, scope: logout.scope ?? null },
  } as const;
  return activityEvent(facts, about);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The first of its day; the next ones only raise its count. */
export function failedEvent(tried: FailedTry, now: number): ActivityEvent {
  const { accountId, addressHash, device, place } = tried;
  const id = digest(`${accountId} ${addressHash} ${Math.floor(now / DAY_MS)}`);
  const detail = { count: 1, first_at: new Date(now).toISOString() };
  return activityEvent({ id, accountId, at: now, kind: 'failed', detail }, { device, place });
}

/** As long as other ids. */
function digest(text: string): string {
  return sha256(text).slice(0, 22);
}
