import type { Progress } from '../../logout/logout.ts';
import { LOOK_FOR_SHUT, type StateCount, toProgress, WORST_FIRST } from '../progress.ts';
import type { LogoutApp, LogoutFilter, LogoutStore, Page } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import { type DeliveryDoc, type LogoutDoc, toLogout } from './delivery-documents.ts';
import { removeBefore } from './removing.ts';

/** What is known of logouts: their receipts and their removal. They are made by `ending.ts` alone. */
export function createLogouts(parts: MongoParts): LogoutStore {
  const { logouts } = parts;
  return {
    async find(id) {
      const row = await logouts.findOne({ _id: id });
      return row ? toLogout(row) : undefined;
    },
    async list(filter, page) {
      const rows = await list(parts, filter, page);
      return rows.map(toLogout);
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
    walking: (limit) => walks(parts, false, limit),
    paused: (limit) => walks(parts, true, limit),
    steer: (id, { paused, pace }, audit) =>
      parts.transact(async (tx) => {
        const change = {
          $set: { ...(paused === true && { paused }), ...(pace !== undefined && { pace }) },
          ...(paused === false && { $unset: { paused: true as const } }),
        };
        const { matchedCount } = await logouts.updateOne({ _id: id, walking: true }, change, { session: tx });
        if (matchedCount > 0) await appendAudit(parts, audit, tx);
        return matchedCount > 0;
      }),
    removeBefore: (before, limit) => removeBefore(parts, before, limit),
  };
}

async function walks({ logouts }: MongoParts, paused: boolean, limit: number): Promise<readonly string[]> {
  const rows = await logouts
    .find({ walking: true, paused: { $exists: paused }, at: { $gt: 0 } })
    .sort({ at: 1, _id: 1 })
    .limit(limit)
    .toArray();
  return rows.map(({ _id }) => _id);
}

async function list({ logouts }: MongoParts, { accountId, until }: LogoutFilter, page: Page): Promise<LogoutDoc[]> {
  const start = until === undefined ? undefined : { at: until, _id: '' };
  const after = page.after === undefined ? start : await logouts.findOne({ _id: page.after });
  if (after === null) return [];
  return logouts
    .find({ ...(accountId !== undefined && { accountId }), ...(after && olderThan(after)) })
    .sort({ at: -1, _id: -1 })
    .limit(page.limit)
    .toArray();
}

/** The first condition says where in its index the page begins. */
function olderThan({ at, _id }: Pick<LogoutDoc, 'at' | '_id'>) {
  return { at: { $lte: at }, $or: [{ at: { $lt: at } }, { _id: { $lt: _id } }] };
}

async function progressOf(parts: MongoParts, logoutId: string): Promise<Progress> {
  const untried = { $sum: { $cond: [{ $eq: ['$attempts', 0] }, 1, 0] } };
  const counts = await parts.deliveries
    .aggregate<StateCount>([
      { $match: { logoutId } },
      { $group: { _id: '$state', count: { $sum: 1 }, untried } },
      { $project: { _id: 0, state: '$_id', count: 1, untried: 1 } },
    ])
    .toArray();
  const progress = toProgress(counts);
  const mayBeShut = progress.untried > 0 && progress.untried <= LOOK_FOR_SHUT;
  return mayBeShut ? toProgress(counts, await countShut(parts, logoutId)) : progress;
}

/** Untried ones of origins that were shut when it ended or since, or where another delivery is the probe. */
async function countShut({ deliveries, breakers }: MongoParts, logoutId: string): Promise<number> {
  const untried = { logoutId, state: 'trying', attempts: 0, lease: { $exists: false } } as const;
  const rows = await deliveries
    .find(untried, { projection: { origin: 1, createdAt: 1 } })
    .limit(LOOK_FOR_SHUT)
    .toArray();
  const origins = [...new Set(rows.map(({ origin }) => origin))];
  const sick = new Map((await breakers.find({ _id: { $in: origins } }).toArray()).map((row) => [row._id, row]));
  return rows.filter(({ origin, createdAt }) => {
    const breaker = sick.get(origin);
    return breaker !== undefined && (breaker.shutUntil > createdAt || breaker.probe !== undefined);
  }).length;
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
