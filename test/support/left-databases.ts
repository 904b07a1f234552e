import { type Db, MongoClient } from 'mongodb';
import { freshDatabaseUrl } from './mongo-server.ts';

/**
 * Databases that tests have left, for those that come next, in whichever of jest's processes: a database and its indexes
 * take the server 0.4 s to make and a few milliseconds to empty, and each is a hundred files.
 */
const POOL = 'signoff_test_left';

/** The address of an empty database on the replica set of this run: one that was left, or a new one. */
export async function takeDatabase(): Promise<string> {
  const fresh = freshDatabaseUrl() ?? '';
  return withDatabase(inPool(fresh), async (pool) => {
    const left = await pool.collection<{ _id: string }>('left').findOneAndDelete({});
    return left?._id ?? fresh;
  });
}

/** Nobody has it open any more. Everything in it goes but the version of the schema. */
export async function leaveDatabase(url: string): Promise<void> {
  await withDatabase(url, async (db) => {
    const rest = (name: string) => (name === 'meta' ? { _id: { $ne: 'schema' as never } } : {});
    await Promise.all((await db.collections()).map((one) => one.deleteMany(rest(one.collectionName))));
  });
  await withDatabase(inPool(url), (pool) => pool.collection<{ _id: string }>('left').insertOne({ _id: url }));
}

function inPool(address: string): string {
  const url = new URL(address);
  url.pathname = `/${POOL}`;
  return url.href;
}

async function withDatabase<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}
