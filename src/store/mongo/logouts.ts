import type { Progress } from '../../logout/logout.ts';
import { type StateCount, toProgress, WORST_FIRST } from '../progress.ts';
import type { LogoutApp, LogoutStore } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type DeliveryDoc, toLogout } from './documents.ts';
import { removeBefore } from './removing.ts';

/** What is known of logouts: their receipts and their removal. They are made by `ending.ts` alone. */
export function createLogouts(parts: MongoParts): LogoutStore {
  const { logouts } = parts;
  return {
    async find(id) {
      const row = await logouts.findOne({ _id: id });
      return row ? toLogout(row) : undefined;
    },
    async findByLink(linkHash) {
      const row = await logouts.findOne({ linkHash });
      return row ? toLogout(row) : undefined;
    },
    progress: (logoutId) => progressOf(parts, logoutId),
    apps: (logoutId) => appsOf(parts, logoutId),
    async closeReceipt(linkHash) {
      await logouts.updateOne({ linkHash }, { $unset: { linkHash: true } });
    },
    async walking(limit) {
      const rows = await logouts.find({ walking: true }).sort({ at: 1, _id: 1 }).limit(limit).toArray();
      return rows.map(({ _id }) => _id);
    },
    removeBefore: (before, limit) => removeBefore(parts, before, limit),
  };
}

async function progressOf({ deliveries }: MongoParts, logoutId: string): Promise<Progress> {
  const untried = { $sum: { $cond: [{ $eq: ['$attempts', 0] }, 1, 0] } };
  const rows = await deliveries
    .aggregate<StateCount>([
      { $match: { logoutId } },
      { $group: { _id: '$state', count: { $sum: 1 }, untried } },
      { $project: { _id: 0, state: '$_id', count: 1, untried: 1 } },
    ])
    .toArray();
  return toProgress(rows);
}

interface AppGroup {
  readonly _id: string;
  readonly sessions: number;
  readonly worst: DeliveryDoc;
}

/** One row a client; among deliveries of the same state the one attempted last speaks for it. */
async function appsOf({ deliveries }: MongoParts, logoutId: string): Promise<readonly LogoutApp[]> {
  const groups = await deliveries
    .aggregate<AppGroup>([
      { $match: { logoutId } },
      { $project: { clientId: 1, state: 1, attempts: 1, lastAttemptAt: 1, lastStatus: 1, nextAttemptAt: 1 } },
      { $set: { rank: { $indexOfArray: [WORST_FIRST, '$state'] } } },
      { $sort: { rank: 1, lastAttemptAt: -1, _id: 1 } },
      { $group: { _id: '$clientId', sessions: { $sum: 1 }, worst: { $first: '$$ROOT' } } },
      { $sort: { _id: 1 } },
    ])
    .toArray();
  return groups.map(({ _id, sessions, worst }) => ({
    clientId: _id,
    state: worst.state,
    sessions,
    attempts: worst.attempts,
    lastAttemptAt: worst.lastAttemptAt,
    lastStatus: worst.lastStatus,
    nextAttemptAt: worst.nextAttemptAt,
  }));
}
