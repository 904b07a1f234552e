/** Apps that are owed deliveries: sessions written into the store and ended there, as another process would. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../src/store/store.ts';
import { aCause, planAll, signIn, unique } from '../test/support/builders.ts';
import { openStoreAt } from '../test/support/stores.ts';
import type { BenchStore } from './bench-stores.ts';

/** Apps in one session, so many times the same one: as many deliveries with one `end`. */
const PER_SESSION = 100;

/** An empty store of this kind, open here as well as in the products that are started with `settings`. */
export interface OpenStore {
  readonly settings: Readonly<Record<string, string>>;
  readonly store: Store;
  close(): Promise<void>;
}

export async function openBenchStore(kind: BenchStore): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-bench-store-'));
  const settings = { SIGNOFF_STORE: `sqlite:${join(folder, 'signoff.db')}`, ...kind.freshSettings() };
  const store = await openStoreAt(settings.SIGNOFF_STORE);
  return {
    settings,
    store,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface OpenBacklog extends Omit<OpenStore, 'store'> {
  /** Signs in so often at each app; answers what ends all of it. */
  prepare(
    owed: readonly { readonly clientId: string; readonly origin: string; readonly rows: number }[],
  ): Promise<() => Promise<void>>;
}

/** On an empty store of this kind. */
export async function openBacklog(kind: BenchStore): Promise<OpenBacklog> {
  const { settings, store, close } = await openBenchStore(kind);

  async function signInAt(clientId: string, rows: number): Promise<readonly string[]> {
    const uids: string[] = [];
    for (let left = rows; left > 0; left -= PER_SESSION) {
      const clients = Array<string>(Math.min(left, PER_SESSION)).fill(clientId);
      uids.push((await signIn(store, { clients, at: Date.now() })).uid);
    }
    return uids;
  }

  async function endSession(uid: string, origin: string): Promise<void> {
    await store.sessions.end(
      unique('logout'),
      { kind: 'session', uid },
      aCause(),
      Date.now(),
      planAll(() => ({ origin })),
    );
  }

  return {
    settings,
    async prepare(owed) {
      const atOnce = kind.name === 'SQLite' ? 1 : 16;
      const sessions: { readonly origin: string; readonly uids: readonly string[] }[] = [];
      for (let from = 0; from < owed.length; from += atOnce) {
        const some = owed.slice(from, from + atOnce);
        sessions.push(
          ...(await Promise.all(
            some.map(async ({ clientId, origin, rows }) => ({ origin, uids: await signInAt(clientId, rows) })),
          )),
        );
      }
      return async () => {
        for (const { origin, uids } of sessions) for (const uid of uids) await endSession(uid, origin);
      };
    },
    close,
  };
}
