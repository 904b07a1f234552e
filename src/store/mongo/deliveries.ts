import type { Filter } from 'mongodb';
import type { DeliveryFilter, DeliveryStore, Page } from '../store.ts';
import { createClaiming } from './claiming.ts';
import type { MongoParts } from './collections.ts';
import { type DeliveryDoc, toBreaker, toDelivery } from './delivery-documents.ts';
import { matching } from './delivery-filter.ts';
import { beat, farewell, rescue, silence } from './engines.ts';
import { bringForward, hasten, retry } from './rescheduling.ts';
import { settle } from './settling.ts';
import { createWatcher } from './watching.ts';

export interface MongoDeliveries extends DeliveryStore {
  /** Ends every watch. */
  stopWatching(): Promise<void>;
}

/** The outbox: who must be told, who is being told, and what became of it. */
export function createDeliveries(parts: MongoParts): MongoDeliveries {
  const { deliveries, breakers, transact } = parts;
  const watcher = createWatcher(parts);
  return {
    ...createClaiming(parts),
    settle: (leaseToken, settlements, changes) => transact((tx) => settle(parts, leaseToken, settlements, changes, tx)),
    bringForward: (origin, now, limit) => bringForward(parts, origin, now, limit),
    hasten: (processId, now) => hasten(parts, processId, now),
    retry: (filter, now, deadlineAt, audit) => retry(parts, filter, now, deadlineAt, audit),

    async breaker(origin) {
      const row = await breakers.findOne({ _id: origin });
      return row ? toBreaker(row) : undefined;
    },
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

    beat: (engine) => beat(parts, engine),
    farewell: (processId) => farewell(parts, processId),
    rescue: (request) => rescue(parts, request),
    silence: () => silence(parts),
    watch: (changed) => watcher.watch(changed),
    stopWatching: () => watcher.stop(),
  };
}

const WITHOUT_LOG = { projection: { log: 0 } } as const;

/**
 * Newest first. All rows of a logout bear its instant: told so, MongoDB reads them in the order of their list, and need not
 * sort them for each page of it, which for everybody's end are hundreds of thousands.
 */
async function list({ deliveries, logouts }: MongoParts, filter: DeliveryFilter, page: Page): Promise<DeliveryDoc[]> {
  const after = page.after === undefined ? undefined : await deliveries.findOne({ _id: page.after }, WITHOUT_LOG);
  if (after === null) return [];
  const logout =
    filter.logoutId === undefined
      ? undefined
      : await logouts.findOne({ _id: filter.logoutId }, { projection: { at: 1 } });
  const of = { ...matching(filter), ...(after && olderThan(after)) };
  return deliveries
    .find(logout ? { $and: [of, { createdAt: logout.at }] } : of, WITHOUT_LOG)
    .sort({ createdAt: -1, _id: -1 })
    .limit(page.limit)
    .toArray();
}

function olderThan({ createdAt, _id }: DeliveryDoc): Filter<DeliveryDoc> {
  return { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }] };
}
