import type { ClientSession } from 'mongodb';
import type { EndWatch } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { Made } from './making-deliveries.ts';

/** A transaction that `watch` follows. */
export async function transactWatched<T extends Made | undefined>(
  { transact }: Pick<MongoParts, 'transact'>,
  watch: EndWatch | undefined,
  work: (tx: ClientSession) => Promise<T>,
): Promise<T> {
  const written = await transact(async (tx) => {
    const made = await work(tx);
    if (made && made.leased.length > 0) watch?.leasing(made.leased);
    return made;
  });
  if (written && (written.leased.length > 0 || written.rest)) watch?.written(written.leased, written.rest);
  return written;
}
