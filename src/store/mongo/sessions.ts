import { TOUCH_EVERY_MS } from '../session-life.ts';
import type { SessionOpening, SessionStore } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { createEnding } from './ending.ts';
import { join } from './joining.ts';
import { nameDevice, ownSessions, reach, surplus } from './own-sessions.ts';
import { realmGeneration } from './realm.ts';
import { findByCookie, findByUid, findHeld, retireCookie, save } from './saving.ts';
import { toParticipation, toSession } from './session-documents.ts';
import { getView, listViews } from './session-views.ts';
import { generationToday } from './standing.ts';
import { accountTurn, sessionTurn } from './turns.ts';

/** Sessions and participations: begun in `saving.ts` and `joining.ts`, ended in `ending.ts`. */
export function createSessions(parts: MongoParts): SessionStore {
  const { sessions, participations, transact, inTurn } = parts;
  return {
    save: (write) => inTurn(rowOf(write.uid, write.opening), () => transact((tx) => save(parts, write, tx), isEnded)),
    findByCookie: (cookieHash, now) => findByCookie(parts, cookieHash, now),
    findHeld: (cookieHash, now) => findHeld(parts, cookieHash, now),
    findByUid: (uid) => findByUid(parts, uid),
    retireCookie: (cookieHash, now) => retireCookie(parts, cookieHash, now),
    join: (participation, code, opening, along) =>
      inTurn(rowOf(participation.sessionUid, opening), () =>
        transact((tx) => join(parts, { participation, code, opening, along }, tx), isEnded),
      ),
    ...createEnding(parts),

    async touch(uid, now) {
      const stale = { _id: uid, state: 'live', lastSeenAt: { $lte: now - TOUCH_EVERY_MS } } as const;
      const dueAt = { $min: [{ $add: ['$idleMs', now] }, '$expiresAt'] };
      await sessions.updateOne(stale, [{ $set: { lastSeenAt: now, dueAt } }]);
    },
    async due(now, limit, after) {
      const isDue = { dueAt: { $lte: now } };
      const later = after && [{ dueAt: { $gt: after.dueAt } }, { dueAt: after.dueAt, _id: { $gt: after.session.uid } }];
      const rows = await sessions
        .find(later ? { ...isDue, $or: later } : isDue)
        .sort({ dueAt: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return rows.map((row) => ({ session: toSession(row), dueAt: row.dueAt ?? now }));
    },
    async nextDueAt() {
      const [row] = await sessions
        .find({ dueAt: { $gt: 0 }, state: 'live' })
        .sort({ dueAt: 1 })
        .limit(1)
        .toArray();
      return row?.dueAt;
    },

    get: (uid) => getView(parts, uid),
    async participation(sid) {
      const row = await participations.findOne({ _id: sid });
      return row ? toParticipation(row) : undefined;
    },
    own: (accountId, page) => ownSessions(parts, accountId, page),
    reach: (accountId, exceptUid) => reach(parts, accountId, exceptUid),
    surplus: (accountId, keep, limit) => surplus(parts, { accountId, keep, limit }),
    nameDevice: (accountId, uid, name, now) => nameDevice(parts, { accountId, uid, name, now }),
    list: (filter, page) => listViews(parts, filter, page),
    async ofDevice(deviceKey) {
      const rows = await sessions
        .find({ 'device.key': deviceKey, state: 'live' })
        .sort({ startedAt: 1, _id: 1 })
        .toArray();
      return rows.map(toSession);
    },
    generation: (accountId) => generationToday(parts, accountId),
    realmGeneration: () => realmGeneration(parts),
  };
}

/** The row that most such writes meet on: a session's first write writes its account as well. */
function rowOf(uid: string, opening: SessionOpening | undefined): string {
  return opening ? accountTurn(opening.accountId) : sessionTurn(uid);
}

/** Nothing may be left of a write that was refused. */
function isEnded(answer: string): boolean {
  return answer === 'ended';
}
