import type { EndSessions } from '../logout/end-sessions.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionStore } from '../store/store.ts';

/** A session that has just begun, or that a browser holds now. */
export type Newcomer = Pick<Session, 'uid' | 'accountId' | 'device' | 'startedAt'>;

/**
 * Ends the sessions that a browser left behind: it holds one cookie, so no page of it could ever end the others. Of two
 * that began at the same instant (two tabs, two sign-in pages) exactly one goes.
 */
export type EndOlderSiblings = (newcomer: Newcomer) => Promise<void>;

export function createEndOlderSiblings(parts: {
  store: { readonly sessions: Pick<SessionStore, 'ofDevice'> };
  endSessions: EndSessions;
}): EndOlderSiblings {
  const { store, endSessions } = parts;
  return async (newcomer) => {
    const { accountId, device } = newcomer;
    if (device.key === undefined) return;
    const siblings = await store.sessions.ofDevice(device.key);
    for (const { uid } of siblings.filter((one) => isOlder(one, newcomer))) {
      await endSessions({ kind: 'session', uid }, { reason: 'superseded', actor: { kind: 'user', id: accountId } });
    }
  };
}

function isOlder(sibling: Newcomer, newcomer: Newcomer): boolean {
  if (sibling.uid === newcomer.uid) return false;
  if (sibling.startedAt !== newcomer.startedAt) return sibling.startedAt < newcomer.startedAt;
  return sibling.uid < newcomer.uid;
}
