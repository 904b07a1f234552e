import type { Filter } from 'mongodb';
import type { DeliveryFilter, DeliveryStore, Page } from '../store.ts';
import { claim, claimOverdue, nextDueAt } from './claiming.ts';
import type { MongoParts } from './collections.ts';
import { type DeliveryDoc, toDelivery } from './documents.ts';
import { settle } from './settling.ts';
import { createWatcher } from './watching.ts';

/** A heartbeat older than this says nothing any more. */
const HEARTBEAT_MS = 60_000;

export interface MongoDeliveries extends DeliveryStore {
  /** Ends every watch. */
  stopWatching(): Promise<void>;
}

/** The outbox: who must be told, who is being told, and what became of it. */
export function createDeliveries(parts: MongoParts): MongoDeliveries {
  const { deliveries, breakers, heartbeats, transact } = parts;
  const watcher = createWatcher(parts);
  return {
    claim: (request) => claim(parts, request),
    claimOverdue: (request) => claimOverdue(parts, request),
    rescue: (silentSince) => rescue(parts, silentSince),
    settle: (leaseToken, settlements, changed) => transact((tx) => settle(parts, leaseToken, settlements, changed, tx)),
    nextDueAt: (now) => nextDueAt(parts, now),
    async hasten(now) {
      await breakers.deleteMany({});
      const waiting = { state: 'trying', readyAt: { $gt: now }, ...freeAt(now) } as const;
      const { modifiedCount } = await deliveries.updateMany(waiting, { $set: { nextAttemptAt: now, readyAt: now } });
      return modifiedCount;
    },
    retry: (filter, now, deadlineAt) => retry(parts, filter, now, deadlineAt),

    async find(id) {
      const row = await deliveries.findOne({ _id: id }, WITHOUT_LOG);
      return row ? toDelivery(row) : undefined;
    },
    async attempts(deliveryId) {
      const row = await deliveries.findOne({ _id: deliveryId });
      return (row?.log ?? []).map(({ status, error, answer, ...rest }) => ({ ...rest, status, error, answer }));
    },
    async list(filter, page) {
      const rows = await list(parts, filter, page);
      return rows.map(toDelivery);
    },

    async heartbeat(processId, now) {
      await heartbeats.updateOne({ _id: processId }, { $set: { at: now } }, { upsert: true, ...QUICK });
      await heartbeats.deleteMany({ at: { $lt: now - HEARTBEAT_MS } }, QUICK);
    },
    async lastHeartbeat() {
      const [latest] = await heartbeats.find({}, LATEST).sort({ at: -1 }).limit(1).toArray();
      return latest?.at;
    },
    watch: (changed) => watcher.watch(changed),
    stopWatching: () => watcher.stop(),
  };
}

const WITHOUT_LOG = { projection: { log: 0 } } as const;
/** A sign of life that is lost in a fail-over is followed by the next one. */
const QUICK = { writeConcern: { w: 1 } } as const;
const LATEST = { readConcern: { level: 'local' } } as const;

function freeAt(now: number): Filter<DeliveryDoc> {
  return { $or: [{ lease: { $exists: false } }, { 'lease.until': { $lte: now } }] };
}

/** Of a row whose holder is dead, `nextAttemptAt` still says when it was due. */
async function rescue({ deliveries, heartbeats }: MongoParts, silentSince: number): Promise<number> {
  const alive = await heartbeats.distinct('_id', { at: { $gte: silentSince } });
  const orphaned = { state: 'trying', 'lease.holder': { $exists: true, $nin: alive } } as const;
  const freed = [{ $set: { readyAt: '$nextAttemptAt' } }, { $unset: 'lease' }];
  const { modifiedCount } = await deliveries.updateMany(orphaned, freed);
  return modifiedCount;
}

/** The schedules begin anew; the attempts made so far stay on record. */
async function retry(
  { deliveries }: MongoParts,
  filter: DeliveryFilter,
  now: number,
  deadlineAt: number,
): Promise<number> {
  const settled = { state: { $in: ['refused', 'given-up'] } } as const;
  const waiting = { state: 'trying', ...freeAt(now) } as const;
  const set = { state: 'trying', nextAttemptAt: now, readyAt: now, refusals: 0, backoffMs: 0 } as const;
  const { matchedCount } = await deliveries.updateMany(
    { $and: [matching(filter), { $or: [settled, waiting] }] },
    { $set: { ...set, deadline: { at: deadlineAt, becomes: 'given-up' } }, $unset: { lease: true } },
  );
  return matchedCount;
}

function matching({ id, ...rest }: DeliveryFilter): Filter<DeliveryDoc> {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...(id !== undefined && { _id: id }), ...Object.fromEntries(given) };
}

/** Newest first. */
async function list({ deliveries }: MongoParts, filter: DeliveryFilter, page: Page): Promise<DeliveryDoc[]> {
  const after = page.after === undefined ? undefined : await deliveries.findOne({ _id: page.after }, WITHOUT_LOG);
  if (after === null) return [];
  return deliveries
    .find({ ...matching(filter), ...(after && olderThan(after)) }, WITHOUT_LOG)
    .sort({ createdAt: -1, _id: -1 })
    .limit(page.limit)
    .toArray();
}

function olderThan({ createdAt, _id }: DeliveryDoc): Filter<DeliveryDoc> {
  return { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }] };
}
