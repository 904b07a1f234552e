import type { ClientSession } from 'mongodb';
import type { Delivery } from '../../deliveries/delivery.ts';
import type { FirstLease } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { leaseFor } from './server-time.ts';

/** Leases deliveries in the write that makes them; answers which. An origin that is known to fail waits for a probe. */
export async function leaseThem(
  { deliveries, breakers }: MongoParts,
  trying: readonly Delivery[],
  { token, processId, leaseMs }: FirstLease,
  tx: ClientSession,
): Promise<readonly Delivery[]> {
  if (trying.length === 0) return [];
  const rows = await breakers
    .find({ _id: { $in: trying.map(({ origin }) => origin) } }, { projection: { _id: 1 }, session: tx })
    .toArray();
  const failing = new Set(rows.map(({ _id }) => _id));
  const leased = trying.filter(({ origin }) => !failing.has(origin));
  if (leased.length === 0) return [];
  const lease = [{ $set: { lease: leaseFor(token, processId, leaseMs) } }, { $unset: 'readyAt' }];
  await deliveries.updateMany({ _id: { $in: leased.map(({ id }) => id) } }, lease, { session: tx });
  return leased;
}
