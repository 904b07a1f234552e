/** The stores the product is measured on: SQLite, and MongoDB where a server can be had. */
import { randomBytes } from 'node:crypto';
import { type MongoServer, startMongoServer } from '../test/support/mongo-server.ts';

export const STORE_NAMES = ['SQLite', 'MongoDB'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

export interface BenchStore {
  readonly name: StoreName;
  /** Settings (environment) of a product on an empty store of this kind. */
  freshSettings(): Readonly<Record<string, string>>;
}

export interface BenchStores {
  readonly all: readonly BenchStore[];
  stop(): Promise<void>;
}

const SQLITE: BenchStore = { name: 'SQLite', freshSettings: () => ({}) };

/**
 * Both, or `only` the one of them. MongoDB is a replica set of one member: what its majority writes cost without a network.
 * Where none can be had it is left out and that is said; throws where nothing else was asked for.
 */
export async function startStores(only?: StoreName): Promise<BenchStores> {
  const server =
    only === SQLITE.name ? undefined : await startMongoServer().catch((error: unknown) => leaveOut(error, only));
  const all = [SQLITE, ...(server ? [onMongo(server)] : [])];
  return { all: all.filter(({ name }) => name === (only ?? name)), stop: async () => server?.stop() };
}

function leaveOut(error: unknown, only: StoreName | undefined): undefined {
  if (only) throw error;
  console.error(`MongoDB is left out: ${error instanceof Error ? error.message : String(error)}`);
}

function onMongo({ url }: MongoServer): BenchStore {
  return {
    name: 'MongoDB',
    freshSettings() {
      const address = new URL(url);
      address.pathname = `/signoff_bench_${randomBytes(6).toString('hex')}`;
      return { SIGNOFF_STORE: address.href, SIGNOFF_KEY: randomBytes(32).toString('base64') };
    },
  };
}
