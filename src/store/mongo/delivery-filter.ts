import type { Filter } from 'mongodb';
import type { DeliveryFilter } from '../store.ts';
import type { DeliveryDoc } from './delivery-documents.ts';

/** As a query. */
export function matching({ id, since, until, ...rest }: DeliveryFilter): Filter<DeliveryDoc> {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const within = { ...(since !== undefined && { $gte: since }), ...(until !== undefined && { $lt: until }) };
  return {
    ...(id !== undefined && { _id: id }),
    ...(Object.keys(within).length > 0 && { createdAt: within }),
    ...Object.fromEntries(given),
  };
}
