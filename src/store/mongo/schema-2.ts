import type { CreateIndexesOptions, Db, IndexSpecification } from 'mongodb';

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
