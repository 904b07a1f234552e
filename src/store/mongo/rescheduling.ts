import type { Filter } from 'mongodb';
import type { AuditEntry, DeliveryFilter } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import type { DeliveryDoc } from './delivery-documents.ts';
import { matching } from './delivery-filter.ts';
import { HEARD_LATELY } from './server-time.ts';

/** Rows of one write. */
const SLICE = 1_000;

/** By hand. The schedules begin anew; the attempts made so far stay on record. */
export async function retry(
  parts: MongoParts,
  filter: DeliveryFilter,
  now: number,
  deadlineAt: number,
  audit?: AuditEntry,
): Promise<number> {
  if (audit) await parts.transact((tx) => appendAudit(parts, audit, tx));
  let total = 0;
  for (const state of statesApart(filter)) {
    const isRetriable = { state, lease: { $exists: false } } as const;
    total += await retryAll(parts, filter, { now, deadlineAt, isRetriable });
  }
  return total;
}

const RETRIABLE = ['trying', 'refused', 'given-up'] as const;

/** Where only a time is said, few of its deliveries are retriable; each state has an index that knows them. */
function statesApart({ id, logoutId, clientId, accountId, state }: DeliveryFilter) {
  const isNarrow = [id, logoutId, clientId, accountId, state].some((one) => one !== undefined);
  return isNarrow ? [{ $in: [...RETRIABLE] }] : RETRIABLE;
}

interface Retrying {
  readonly now: number;
  readonly deadlineAt: number;
  readonly isRetriable: Filter<DeliveryDoc>;
}

async function retryAll(parts: MongoParts, filter: DeliveryFilter, how: Retrying): Promise<number> {
  const which = { $and: [matching(filter), how.isRetriable] };
  let total = 0;
  for (let from: Filter<DeliveryDoc> = {}; ; ) {
    const rows = await parts.deliveries
      .find({ $and: [which, from] }, { projection: { createdAt: 1, origin: 1 } })
      .sort({ createdAt: -1, _id: -1 })
      .limit(SLICE)
      .toArray();
    total += await retrySlice(parts, rows, how);
    const last = rows.at(-1);
    if (!last || rows.length < SLICE) return total;
    from = { $or: [{ createdAt: { $lt: last.createdAt } }, { createdAt: last.createdAt, _id: { $lt: last._id } }] };
  }
}

async function retrySlice(
  { deliveries, breakers }: MongoParts,
  rows: readonly Pick<DeliveryDoc, '_id' | 'origin'>[],
  { now, deadlineAt, isRetriable }: Retrying,
): Promise<number> {
  if (rows.length === 0) return 0;
  const ids = rows.map(({ _id }) => _id);
  const set = { state: 'trying', nextAttemptAt: now, readyAt: now, refusals: 0, backoffMs: 0 } as const;
  const { matchedCount } = await deliveries.updateMany(
    { _id: { $in: ids }, ...isRetriable },
    { $set: { ...set, deadline: { at: deadlineAt, becomes: 'given-up' } }, $unset: { settledBy: true } },
  );
  // For one probe; how often the origin has failed is still known.
  const origins = [...new Set(rows.map(({ origin }) => origin))];
  await breakers.updateMany({ _id: { $in: origins } }, { $min: { shutUntil: now } });
  return matchedCount;
}

/** What another living process wrote is right by its clock. */
export async function hasten(
  { deliveries, breakers, heartbeats }: MongoParts,
  processId: string,
  now: number,
): Promise<number> {
  // Not `distinct`, which does not know the server's clock.
  const living = await heartbeats.find({ _id: { $ne: processId }, ...HEARD_LATELY }).toArray();
  const others = living.map(({ _id }) => _id);
  await breakers.deleteMany({ by: { $nin: others } });
  const waiting = { readyAt: { $gt: now }, settledBy: { $nin: others } };
  const { modifiedCount } = await deliveries.updateMany(waiting, { $set: { nextAttemptAt: now, readyAt: now } });
  return modifiedCount;
}

/** Of those that were refused only so many are passed over: the rest comes at its own time. */
const LOOK = 2_000;

export async function bringForward(
  { deliveries, breakers }: MongoParts,
  origin: string,
  now: number,
  limit: number,
): Promise<number> {
  if (await breakers.findOne({ _id: origin })) return 0;
  const head = { projection: { refusals: 1 }, hint: 'free_of_origin' } as const;
  const waiting = await deliveries
    .find({ origin, readyAt: { $gt: now } }, head)
    .limit(LOOK)
    .toArray();
  const ids = waiting
    .filter(({ refusals }) => refusals === 0)
    .slice(0, limit)
    .map(({ _id }) => _id);
  if (ids.length === 0) return 0;
  const due = { $set: { nextAttemptAt: now, readyAt: now } };
  const { modifiedCount } = await deliveries.updateMany({ _id: { $in: ids }, readyAt: { $gt: now } }, due);
  return modifiedCount;
}
