import { type CreateIndexesOptions, type Db, type IndexDescription, MongoServerError } from 'mongodb';

export type Index = readonly [name: string, key: IndexDescription['key'], options?: CreateIndexesOptions];

/**
 * The first schema: collections and their indexes, each named after the query it is for. Collections are made here since a
 * transaction that has to make one waits for locks. No index ever expires a row: a TTL would end a session and tell nobody.
 */
const COLLECTIONS: Readonly<Record<string, readonly Index[]>> = {
  meta: [],
  sessions: [
    // Which session is this browser's: the current id and the ones it had before.
    ['by_cookie', { 'cookies.hash': 1 }, { unique: true, sparse: true }],
    // The sweep, and when to sweep next; ended sessions are not in it.
    ['due', { dueAt: 1 }, { sparse: true }],
    ['newest', { startedAt: -1, _id: -1 }],
    ['of_account', { accountId: 1, startedAt: -1, _id: -1 }],
    // Ending an account, however many sessions of the last month are still kept.
    ['to_end', { accountId: 1, dueAt: 1 }, { partialFilterExpression: { dueAt: { $exists: true } } }],
    // "Who else is signed in in this browser".
    ['of_device', { 'device.key': 1 }, { partialFilterExpression: { state: 'live' } }],
    // Removal after the retention time.
    ['ended', { endedAt: 1 }, { sparse: true }],
  ],
  participations: [
    // Everything of a session: views, hidden authorizations, ending one app or all of them.
    ['of_session', { sessionUid: 1, startedAt: 1 }],
    // Ending one account, one app of it, one app of everybody: the live ones only.
    ['to_end_account', { accountId: 1, clientId: 1 }, { partialFilterExpression: { state: 'live' } }],
    ['to_end_client', { clientId: 1, startedAt: 1 }, { partialFilterExpression: { state: 'live' } }],
    // What a logout ended; removal must leave it while that logout is at work.
    ['of_logout', { logoutId: 1 }, { sparse: true }],
    // The walk of a large logout; almost always empty.
    ['owed', { logoutId: 1, startedAt: 1 }, { partialFilterExpression: { state: 'owed' } }],
  ],
  logouts: [
    // The receipt; gone once it was closed.
    ['by_link', { linkHash: 1 }, { unique: true, sparse: true }],
    ['walking', { at: 1 }, { partialFilterExpression: { walking: true } }],
    // Removal after the retention time.
    ['by_time', { at: 1 }],
  ],
  deliveries: [
    // Claim: the head of all, and when the next one is due. With the origin in it, skipping a sick app reads no rows.
    ['ready', { readyAt: 1, origin: 1 }, { partialFilterExpression: { state: 'trying' } }],
    // A probe of one origin.
    ['ready_of_origin', { origin: 1, readyAt: 1 }, { partialFilterExpression: { state: 'trying' } }],
    // What is past its deadline at a sick origin.
    ['overdue', { origin: 1, 'deadline.at': 1 }, { partialFilterExpression: { state: 'trying' } }],
    // Rescue of what a dead process held.
    ['leased', { 'lease.holder': 1 }, { sparse: true }],
    // Progress and apps of a logout.
    ['of_logout', { logoutId: 1, state: 1, attempts: 1 }],
    // Removal asks what a session still owes.
    ['trying_of_session', { sessionUid: 1 }, { partialFilterExpression: { state: 'trying' } }],
    // Lists, newest first: all, of one client, of one account.
    ['newest', { createdAt: -1, _id: -1 }],
    ['of_client', { clientId: 1, createdAt: -1, _id: -1 }],
    ['of_account', { accountId: 1, createdAt: -1, _id: -1 }],
  ],
  breakers: [['open', { openUntil: 1 }]],
  heartbeats: [['latest', { at: -1 }]],
  artifacts: [
    // Revocation of a grant, and whether anything still hangs on it.
    ['of_grant', { grantId: 1 }, { sparse: true }],
    // What dies with a session, and tokens of one app in it.
    ['of_session', { sessionUid: 1, clientId: 1 }, { sparse: true }],
    // Every grant of an account, or of an account and client.
    ['grants_of_account', { accountId: 1, clientId: 1 }, { partialFilterExpression: { model: 'Grant' } }],
    // Removal of what expired, by `removeExpired`.
    ['expiring', { expiresAt: 1 }, { sparse: true }],
  ],
  accounts: [
    // Sign-in by name, "taken", and the list by name; deleted accounts are not in it.
    ['by_name', { usernameKey: 1 }, { unique: true, sparse: true }],
  ],
  consents: [['of_account', { accountId: 1 }]],
  clients: [],
  cut_offs: [],
  gates: [],
  signing_keys: [],
  // Removal of closed windows.
  limits: [['closing', { closesAt: 1 }]],
};

/** Ids that differ only in case are different ids, whatever the database's default is. */
const BINARY = { locale: 'simple' } as const;

export async function schema1(db: Db): Promise<void> {
  for (const [name, indexes] of Object.entries(COLLECTIONS)) {
    await createCollection(db, name);
    await createIndexes(db, name, indexes);
  }
}

/** All of a collection in one command: the server reads through its documents once. */
export async function createIndexes(db: Db, collection: string, indexes: readonly Index[]): Promise<void> {
  if (indexes.length === 0) return;
  await db.collection(collection).createIndexes(indexes.map(([name, key, options]) => ({ ...options, name, key })));
}

export async function createCollection(db: Db, name: string): Promise<void> {
  const NAMESPACE_EXISTS = 48;
  try {
    await db.createCollection(name, { collation: BINARY });
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}
