import { MongoClient } from 'mongodb';
import { freshDatabaseUrl } from '../support/mongo-server.ts';
import { mongoPlace } from '../support/stores.ts';
import type { MakePlace } from './suite/fixture.ts';

/**
 * Places for one test after the other. A database and its indexes take the server 0.4 s to make and a few milliseconds to
 * empty, so the next test gets the one that the last has left.
 */
export function emptiedDatabases(asOpened: (url: string) => string): MakePlace {
  const left: string[] = [];
  return async (kind) => {
    const used = kind === 'unmade' ? undefined : left.pop();
    const url = used ?? freshDatabaseUrl() ?? '';
    return mongoPlace(asOpened(url), async () => {
      await empty(url);
      left.push(url);
    });
  };
}

/** Everything goes but the version of the schema. */
async function empty(url: string): Promise<void> {
  const client = new MongoClient(url);
  try {
    const collections = await client.db().collections();
    const rest = (name: string) => (name === 'meta' ? { _id: { $ne: 'schema' as never } } : {});
    await Promise.all(collections.map((one) => one.deleteMany(rest(one.collectionName))));
  } finally {
    await client.close();
  }
}
