import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../src/store/store.ts';
import { openStoreAt } from '../test/support/stores.ts';
import type { BenchStore } from './bench-stores.ts';
import type { Crowd } from './crowd.ts';
import { crowdMongo } from './crowd-on-mongo.ts';
import { crowdSqlite } from './crowd-on-sqlite.ts';

/** A store with a crowd in it, open here as well as in products that are started with `settings`. */
export interface CrowdedStore {
  readonly store: Store;
  readonly settings: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function openCrowded(kind: BenchStore, crowd: Crowd): Promise<CrowdedStore> {
  const since = performance.now();
  const { settings, discard } = await placeFor(kind);
  const url = settings.SIGNOFF_STORE;
  await (await openStoreAt(url)).close();
  if (kind.name === 'SQLite') crowdSqlite(url.slice('sqlite:'.length), crowd);
  else await crowdMongo(url, crowd);
  const store = await openStoreAt(url);
  console.error(`  ${kind.name}: ${crowd.sessions} sessions in ${Math.round((performance.now() - since) / 1000)} s`);
  return {
    store,
    settings,
    async remove() {
      await store.close();
      await discard();
    },
  };
}

async function placeFor(kind: BenchStore) {
  const { SIGNOFF_STORE, ...others } = kind.freshSettings();
  if (SIGNOFF_STORE !== undefined) return { settings: { ...others, SIGNOFF_STORE }, discard: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), `signoff-crowd-${randomBytes(3).toString('hex')}-`));
  const discard = () => rm(folder, { recursive: true, force: true });
  return { settings: { ...others, SIGNOFF_STORE: `sqlite:${join(folder, 'signoff.db')}` }, discard };
}
