import type { ClientSession } from 'mongodb';
import { type Made, tellWritten } from '../new-deliveries.ts';
import type { EndWatch } from '../store.ts';
import type { MongoParts } from './collections.ts';

/** A transaction that `watch` follows. */
export async function transactWatched<T extends Made | undefined>(
  { transact }: Pick<MongoParts, 'transact'>,
  watch: EndWatch | undefined,
  work: (tx: ClientSession) => Promise<T>,
): Promise<T> {
  const written = await transact(work);
  if (written) tellWritten(watch, written);
  return written;
}
