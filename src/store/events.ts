/** What the activity says of a sign-in, of an end and of a failed try. Pure; the same in both adapters. */
import type { ActivityEvent, FailedTry, Seat } from '../activity/news.ts';
import type { Logout } from '../logout/logout.ts';
import { sha256 } from '../ops/ids.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionOpening } from './store.ts';

/** A session begins once, so its `uid` names the event. */
export function signInEvent(uid: string, opening: SessionOpening): ActivityEvent {
  return {
    id: uid,
    accountId: opening.accountId,
    at: opening.startedAt,
    kind: 'sign-in',
    actor: 'user',
    session: uid,
    device: opening.device.name,
    place: opening.device.place,
    clientId: opening.clientId,
    reason: undefined,
    logoutId: undefined,
    detail: undefined,
  };
}

/** A name that was taken back has none. */
export function nameEvent(session: Session, name: string | undefined, now: number): ActivityEvent {
  return {
    id: digest(`${session.uid} name ${now} ${name ?? ''}`),
    accountId: session.accountId,
    at: now,
    kind: 'name',
    actor: 'user',
    session: session.uid,
    device: session.device.name,
    place: session.device.place,
    clientId: undefined,
    reason: undefined,
    logoutId: undefined,
    detail: { name: name ?? null },
  };
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
  return {
    id,
    accountId,
    at: logout.at,
    kind: 'logout',
    actor: logout.actor.kind,
    session: about.session,
    device: about.device,
    place: about.place,
    clientId: 'clientId' in target ? target.clientId : about.clientId,
    reason: logout.reason,
    logoutId: logout.id,
    detail: { target: target.kind, scope: logout.scope ?? null },
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The first of its day; the next ones only raise its count. */
export function failedEvent(tried: FailedTry, now: number): ActivityEvent {
  const { accountId, addressHash, device, place } = tried;
  const day = Math.floor(now / DAY_MS);
  return {
    id: digest(`${accountId} ${addressHash} ${day}`),
    accountId,
    at: now,
    kind: 'failed',
    actor: 'user',
    session: undefined,
    device,
    place,
    clientId: undefined,
    reason: undefined,
    logoutId: undefined,
    detail: { count: 1, first_at: new Date(now).toISOString() },
  };
}

/** As long as other ids. */
function digest(text: string): string {
  return sha256(text).slice(0, 22);
}
