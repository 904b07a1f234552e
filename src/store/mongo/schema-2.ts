import type { AnyBulkWriteOperation, CreateIndexesOptions, Db, IndexSpecification } from 'mongodb';
import { type Claims, verifiedEmailKey } from '../../accounts/account.ts';
import type { AccountDoc } from './documents.ts';

type Index = readonly [collection: string, name: string, key: IndexSpecification, options?: CreateIndexesOptions];

/** What changed since the first schema: indexes, each named after the query it is for. */
const INDEXES: readonly Index[] = [
  // What is open, newest first: of everybody, and of one account.
  ['sessions', 'open', { startedAt: -1, _id: -1 }, { partialFilterExpression: { dueAt: { $exists: true } } }],
  [
    'sessions',
    'open_of_account',
    { accountId: 1, startedAt: -1, _id: -1 },
    { partialFilterExpression: { dueAt: { $exists: true } } },
  ],
  // Sessions with one app inside, newest session first.
  [
    'participations',
    'inside',
    { clientId: 1, sessionStartedAt: -1, sessionUid: -1 },
    { partialFilterExpression: { state: 'live' } },
  ],
  // Sign-in by e-mail address, where it is verified.
  ['accounts', 'by_email', { emailKey: 1 }, { sparse: true }],
  // Lists of what is not told, newest first: what somebody must look at.
  [
    'deliveries',
    'untold',
    { state: 1, createdAt: -1, _id: -1 },
    { partialFilterExpression: { state: { $in: ['trying', 'refused', 'given-up', 'moot', 'cannot-be-told'] } } },
  ],
];

export async function schema2(db: Db): Promise<void> {
  await tellWhenSessionsBegan(db);
  await keyEmails(db);
  for (const [collection, name, key, options] of INDEXES) {
    await db.collection(collection).createIndex(key, { name, ...options });
  }
}

/** Each live participation gets the beginning of its session. */
async function tellWhenSessionsBegan(db: Db): Promise<void> {
  const untold = { state: 'live', sessionStartedAt: { $exists: false } };
  await db
    .collection('participations')
    .aggregate([
      { $match: untold },
      { $lookup: { from: 'sessions', localField: 'sessionUid', foreignField: '_id', as: 'session' } },
      { $set: { sessionStartedAt: { $first: '$session.startedAt' } } },
      { $unset: 'session' },
      {
        $merge: {
          into: 'participations',
          whenMatched: [{ $set: { sessionStartedAt: '$$new.sessionStartedAt' } }],
          whenNotMatched: 'discard',
        },
      },
    ])
    .toArray();
}

const ACCOUNTS_PER_WRITE = 1_000;

/** Claims are JSON, which an index cannot see into. */
async function keyEmails(db: Db): Promise<void> {
  const accounts = db.collection<AccountDoc>('accounts');
  let writes: AnyBulkWriteOperation<AccountDoc>[] = [];
  const flush = async () => {
    if (writes.length > 0) await accounts.bulkWrite(writes, { ordered: false });
    writes = [];
  };
  for await (const { _id, claims } of accounts.find({ claims: /"email_verified":true/ })) {
    const emailKey = verifiedEmailKey(JSON.parse(claims) as Claims);
    // A change of claims that came first is the newer one.
    if (emailKey !== undefined) writes.push({ updateOne: { filter: { _id, claims }, update: { $set: { emailKey } } } });
    if (writes.length === ACCOUNTS_PER_WRITE) await flush();
  }
  await flush();
}
