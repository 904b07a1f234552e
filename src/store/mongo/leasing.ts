import type { ClientSession } from 'mongodb';
import type { Delivery } from '../../deliveries/delivery.ts';
import type { FirstLease } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { leaseFor } from './server-time.ts';

/** Where these are to be told, as far as it is known to fail. */
export async function failingOrigins(
  { breakers }: MongoParts,
  deliveries: readonly Delivery[],
  tx: ClientSession,
): Promise<ReadonlySet<string>> {
  if (deliveries.length === 0) return new Set();
  const rows = await breakers
    .find({ _id: { $in: deliveries.map(({ origin }) => origin) } }, { projection: { _id: 1 }, session: tx })
    .toArray();
  return new Set(rows.map(({ _id }) => _id));
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
