/** The stores the product is measured on: SQLite, and MongoDB where a server can be had. */
import { randomBytes } from 'node:crypto';
import { type MongoServer, startMongoServer } from '../test/support/mongo-server.ts';

export interface BenchStore {
  readonly name: 'SQLite' | 'MongoDB';
  /** Settings (environment) of a product on an empty store of this kind. */
  freshSettings(): Readonly<Record<string, string>>;
}

export interface BenchStores {
  readonly all: readonly BenchStore[];
  stop(): Promise<void>;
}

const SQLITE: BenchStore = { name: 'SQLite', freshSettings: () => ({}) };

/** A replica set of one member: what its majority writes cost without a network. Says so where none can be had. */
export async function startStores(): Promise<BenchStores> {
  const server = await startMongoServer().catch((error: unknown) => {
    console.error(`MongoDB is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
  if (!server) return { all: [SQLITE], stop: async () => undefined };
  return { all: [SQLITE, onMongo(server)], stop: () => server.stop() };
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
