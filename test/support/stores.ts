import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/store.ts';

/** Somewhere to keep a store, empty at first. Opened twice it is two connections to one store. */
export interface StorePlace {
  /** As in `SIGNOFF_STORE`: another process opens the same store with `openStoreAt`. */
  readonly url: string;
  open(): Promise<Store>;
  /** Closes what was opened here and removes what was kept. */
  remove(): Promise<void>;
}

/** A file in a temporary folder of its own; never `:memory:`, which a second thread could not see. */
export async function sqlitePlace(): Promise<StorePlace> {
  const folder = await mkdtemp(join(tmpdir(), 'signoff-store-'));
  return placeAt(`sqlite:${join(folder, 'data', 'signoff.db')}`, () => rm(folder, { recursive: true, force: true }));
}

/** A database of its own on a replica set that runs; `url` names it. The server is thrown away as a whole, so it stays. */
export async function mongoPlace(url: string, discard = async () => {}): Promise<StorePlace> {
  return placeAt(url, discard);
}

/** Opens the store at a place's `url`, made when it is not there. */
export async function openStoreAt(url: string): Promise<Store> {
  if (url.startsWith('mongodb')) {
    const { openMongoStore } = await import('../../src/store/mongo/open.ts');
    return openMongoStore({ url, create: true });
  }
  return openSqliteStore({ path: url.slice('sqlite:'.length), create: true });
}

function placeAt(url: string, discard: () => Promise<void>): StorePlace {
  const opened: Store[] = [];
  return {
    url,
    async open() {
      const store = await openStoreAt(url);
      opened.push(store);
      return store;
    },
    async remove() {
      await Promise.all(opened.map((store) => store.close()));
      await discard();
    },
  };
}
