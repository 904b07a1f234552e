import type { EndSessions } from '../logout/end-sessions.ts';
import { logName } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import type { SessionOpening, SessionStore } from '../store/store.ts';
import type { EndOlderSiblings } from './device-siblings.ts';

/**
 * What follows once a session is in the store: its line in the log, the end of those its browser held before, and of the
 * oldest where the account has more than it may.
 */
export type SessionBegun = (uid: string, opening: SessionOpening, clientId: string | undefined) => Promise<void>;

/** Ended after one sign-in; what is left is the next one's, as where the limit was just set. */
const AT_ONCE = 50;

export function createSessionBegun(parts: {
  readonly store: { readonly sessions: Pick<SessionStore, 'surplus'> };
  readonly log: Pick<Log, 'info'>;
  readonly endOlderSiblings: EndOlderSiblings;
  readonly endSessions: Pick<EndSessions, 'several'>;
  /** `SIGNOFF_SESSIONS_PER_ACCOUNT`; undefined: any number. */
  readonly sessionsPerAccount: number | undefined;
}): SessionBegun {
  const { store, log, endOlderSiblings, endSessions, sessionsPerAccount } = parts;

  async function endSurplus(uid: string, accountId: string, keep: number): Promise<void> {
    const surplus = await store.sessions.surplus(accountId, keep, AT_ONCE);
    const left = surplus.filter((other) => other !== uid).map((other) => ({ uid: other, reason: 'too-many' }) as const);
    while (left.length > 0) left.splice(0, (await endSessions.several(left)).length);
  }

  return async (uid, { accountId, device, startedAt }, clientId) => {
    const facts = { session: logName(uid), account_id: accountId, device: device.name };
    log.info('session.started', { ...facts, client_id: clientId });
    await endOlderSiblings({ uid, accountId, device, startedAt });
    if (sessionsPerAccount !== undefined) await endSurplus(uid, accountId, sessionsPerAccount);
  };
}
