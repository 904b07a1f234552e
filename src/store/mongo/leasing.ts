import type { ClientSession } from 'mongodb';
import type { Delivery } from '../../deliveries/delivery.ts';
import { LEASED_MAX } from '../new-deliveries.ts';
import type { FirstLease } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { leaseFor } from './server-time.ts';

/** Those that the write that makes them may lease. An origin that is known to fail waits for a probe. */
export async function leasable(
  { breakers }: MongoParts,
  made: readonly Delivery[],
  tx: ClientSession,
): Promise<readonly Delivery[]> {
  const trying = made.filter(({ state }) => state === 'trying');
  if (trying.length === 0) return [];
  const rows = await breakers
    .find({ _id: { $in: trying.map(({ origin }) => origin) } }, { projection: { _id: 1 }, session: tx })
    .toArray();
  const failing = new Set(rows.map(({ _id }) => _id));
  return trying.filter(({ origin }) => !failing.has(origin)).slice(0, LEASED_MAX);
}

/** Leases rows of this write, which says of none of them that it is free. */
export async function leaseThem(
  { deliveries }: MongoParts,
  ids: readonly string[],
  { token, processId, leaseMs }: FirstLease,
  tx: ClientSession,
): Promise<void> {
  if (ids.length === 0) return;
  const lease = [{ $set: { lease: leaseFor(token, processId, leaseMs) } }];
  await deliveries.updateMany({ _id: { $in: [...ids] } }, lease, { session: tx });
}
