import type { ClientSession, Filter } from 'mongodb';
import type { Delivery } from '../../deliveries/delivery.ts';
import type { FirstLease } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { LeaseDoc } from './delivery-documents.ts';
import { SERVER_NOW } from './server-time.ts';
import type { ParticipationDoc } from './session-documents.ts';

/** A participation that is to end, and when it was read by the server's clock. */
export interface ReadParticipation extends ParticipationDoc {
  readonly readAt: number;
}

/**
 * With the clock by which what is made of them is leased: one that is inserted cannot ask for it, and a second write of the
 * same rows was the dearest command of an end.
 */
export function readParticipations(
  { participations }: MongoParts,
  which: Filter<ParticipationDoc>,
  limit: number,
  tx: ClientSession,
): Promise<readonly ReadParticipation[]> {
  const stages = [{ $match: which }, { $limit: limit }, { $set: { readAt: SERVER_NOW } }];
  return participations.aggregate<ReadParticipation>(stages, { session: tx }).toArray();
}

/** A lease that begins at an instant of the server's clock; `leaseFor` is the same as an expression. */
export function leaseFrom(now: number, { token, processId, leaseMs }: FirstLease): LeaseDoc {
  return { token, holder: processId, until: now + leaseMs };
}

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
