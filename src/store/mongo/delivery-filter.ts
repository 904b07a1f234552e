import type { Filter } from 'mongodb';
import type { DeliveryFilter } from '../store.ts';
import type { DeliveryDoc } from './documents.ts';

/** As a query. */
export function matching({ id, ...rest }: DeliveryFilter): Filter<DeliveryDoc> {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...(id !== undefined && { _id: id }), ...Object.fromEntries(given) };
}
