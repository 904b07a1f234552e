import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { type Claims, verifiedEmailKey } from '../../accounts/account.ts';
import type { AccountDoc } from './account-documents.ts';
import type { LogoutDoc } from './delivery-documents.ts';
import type { ArtifactDoc } from './documents.ts';
import { createCollection, createIndexes, type Index as IndexOf } from './schema-1.ts';
import type { CutOffDoc, ParticipationDoc } from './session-documents.ts';

type Index = readonly [collection: string, ...index: IndexOf];

/** Deliveries that a claim may take: leased and settled ones have no `readyAt`. */
const FREE = { partialFilterExpression: { readyAt: { $exists: true } } } as const;

const UNTOLD = ['trying', 'refused', 'given-up', 'moot', 'cannot-be-told', 'asked-browser', 'not-asked-for'];

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
  // What a person sees of their own: live sessions by last use, ended ones by their end, names of their browsers.
  [
    'sessions',
    'used',
    { accountId: 1, lastSeenAt: -1, _id: -1 },
    { partialFilterExpression: { dueAt: { $exists: true } } },
  ],
  [
    'sessions',
    'over_of_account',
    { accountId: 1, endedAt: -1, _id: -1 },
    { partialFilterExpression: { endedAt: { $exists: true } } },
  ],
  // Sessions of one address, newest first.
  [
    'sessions',
    'of_address',
    { 'device.addressKey': 1, startedAt: -1, _id: -1 },
    { partialFilterExpression: { 'device.addressKey': { $exists: true } } },
  ],
  ['device_names', 'of_account', { accountId: 1, namedAt: -1, _id: -1 }],
  // Sessions with one app inside, newest session first.
  [
    'participations',
    'inside',
    { clientId: 1, sessionStartedAt: -1, sessionUid: -1 },
    { partialFilterExpression: { state: 'live' } },
  ],
  // Sign-in by e-mail address, where it is verified.
  ['accounts', 'by_email', { emailKey: 1 }, { sparse: true }],
  // What an account proves itself with, oldest first; whose a passkey is.
  ['credentials', 'of_account', { accountId: 1, createdAt: 1, _id: 1 }],
  ['credentials', 'by_passkey', { passkeyId: 1 }, { unique: true, sparse: true }],
  // Ending one app of everybody, and one app of an account: a walk reads what is older, not who came back since.
  [
    'participations',
    'older_of_client',
    { clientId: 1, clientGeneration: 1 },
    { partialFilterExpression: { state: 'live' } },
  ],
  [
    'participations',
    'older_of_app',
    { accountId: 1, clientId: 1, appGeneration: 1 },
    { partialFilterExpression: { state: 'live' } },
  ],
  // The sweep, in turn also where many fall due at the same instant.
  ['sessions', 'due_in_turn', { dueAt: 1, _id: 1 }, { partialFilterExpression: { dueAt: { $exists: true } } }],
  // Lists of what is not told, newest first: what somebody must look at.
  [
    'deliveries',
    'untold',
    { state: 1, createdAt: -1, _id: -1 },
    { partialFilterExpression: { state: { $in: UNTOLD } } },
  ],
  // Claim: the head of all that is free, and when the next one is due.
  ['deliveries', 'free', { readyAt: 1, origin: 1 }, FREE],
  // Claim behind the crowd of a sick origin; the head of one origin.
  ['deliveries', 'free_of_origin', { origin: 1, readyAt: 1 }, FREE],
  // What is past its deadline at a sick origin.
  ['deliveries', 'free_overdue', { origin: 1, 'deadline.at': 1 }, FREE],
  // Whether an origin is still owed anything.
  ['deliveries', 'trying', { origin: 1 }, { partialFilterExpression: { state: 'trying' } }],
  // What a claim has just taken; what a dead process holds.
  ['deliveries', 'leased_by', { 'lease.holder': 1, 'lease.token': 1 }, { sparse: true }],
  // What happened to an account, newest first, of one kind or of all; and what is old.
  ['activity', 'of_account', { accountId: 1, kind: 1, at: -1, _id: -1 }],
  ['activity', 'by_time', { at: 1 }],
  // Mails: what is due, what a claim has taken, what may be removed; lists, newest first.
  ['mails', 'due', { dueAt: 1, _id: 1 }, { sparse: true }],
  ['mails', 'claimed', { claim: 1 }, { sparse: true }],
  ['mails', 'settled', { settledAt: 1 }, { sparse: true }],
  ['mails', 'newest', { at: -1, _id: -1 }],
  ['mails', 'in_state', { state: 1, at: -1, _id: -1 }],
  ['mails', 'of_account', { accountId: 1, at: -1, _id: -1 }],
  // Links in mails.
  ['links', 'of_account', { accountId: 1, purpose: 1 }],
  ['links', 'expiring', { expiresAt: 1 }],
  // Browsers that an account signed in with.
  ['account_devices', 'of_account', { accountId: 1, seenAt: -1 }],
  // Everybody: what is older than the realm's generation.
  ['sessions', 'older_of_realm', { 'generation.realm': 1 }, { partialFilterExpression: { dueAt: { $exists: true } } }],
  // Logouts, newest first: of everybody, and of one account; removal.
  ['logouts', 'newest', { at: -1, _id: -1 }],
  [
    'logouts',
    'of_account',
    { accountId: 1, at: -1, _id: -1 },
    { partialFilterExpression: { accountId: { $exists: true } } },
  ],
  // Personal access tokens: who calls; the list, of everybody and of one account; removal.
  ['access_tokens', 'by_hash', { hash: 1 }, { unique: true }],
  ['access_tokens', 'by_time', { createdAt: 1, _id: 1 }],
  ['access_tokens', 'of_account', { accountId: 1, createdAt: 1, _id: 1 }],
  ['access_tokens', 'expiring', { expiresAt: 1 }],
  // Initial access tokens.
  ['registration_tokens', 'by_hash', { hash: 1 }, { unique: true }],
  ['registration_tokens', 'by_time', { createdAt: 1, _id: 1 }],
  ['registration_tokens', 'expiring', { expiresAt: 1 }],
  // What operators did, newest first.
  ['audit', 'of_subject', { subject: 1, _id: -1 }],
  ['audit', 'of_actor', { 'actor.id': 1, _id: -1 }],
  ['audit', 'of_action', { action: 1, _id: -1 }],
  ['answers', 'expiring', { expiresAt: 1 }],
  // Who is shut for the shortest time.
  ['breakers', 'shut', { shutUntil: 1 }],
];

/** What they were for, the new ones do. */
const DROPPED = {
  sessions: ['due'],
  participations: ['to_end_client', 'to_end_account'],
  deliveries: ['ready', 'ready_of_origin', 'overdue', 'leased'],
  breakers: ['open'],
  logouts: ['by_time'],
} as const;

/** Made here since a transaction that has to make one waits for locks. */
const ADDED = [
  'activity',
  'mails',
  'links',
  'account_devices',
  'operators',
  'access_tokens',
  'registration_tokens',
  'audit',
  'answers',
];

export async function schema2(db: Db): Promise<void> {
  for (const name of ADDED) await createCollection(db, name);
  await rememberDevices(db);
  await tellWhenSessionsBegan(db);
  await keyEmails(db);
  await db.collection('sessions').updateMany({ payload: /"transient":true/ }, { $set: { shared: true } });
  await numberCutOffs(db);
  await db.collection('deliveries').updateMany({ 'lease.holder': { $exists: true } }, { $unset: { readyAt: true } });
  // What an engine learnt within minutes is not worth carrying over.
  await db.collection('breakers').deleteMany({ shutUntil: { $exists: false } });
  const byCollection = Map.groupBy(INDEXES, ([collection]) => collection);
  for (const [collection, indexes] of byCollection) {
    const those = indexes.map(([, ...index]) => index);
    await createIndexes(db, collection, those);
  }
  for (const [collection, names] of Object.entries(DROPPED)) await dropIndexes(db, collection, names);
}

async function dropIndexes(db: Db, collection: string, names: readonly string[]): Promise<void> {
  const there = await db.collection(collection).indexes();
  for (const { name = '' } of there) {
    if (names.includes(name)) await db.collection(collection).dropIndex(name);
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

/** What each account signed in with as long as its sessions are kept. */
async function rememberDevices(db: Db): Promise<void> {
  const into = { into: 'account_devices', whenMatched: 'keepExisting', whenNotMatched: 'insert' } as const;
  const key = { $concat: ['["', '$_id.accountId', '","', '$_id.key', '"]'] };
  await db
    .collection('sessions')
    .aggregate([
      { $match: { 'device.key': { $exists: true } } },
      { $group: { _id: { accountId: '$accountId', key: '$device.key' }, seenAt: { $max: '$startedAt' } } },
      { $project: { _id: key, accountId: '$_id.accountId', seenAt: 1 } },
      { $merge: into },
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

interface CutOffDoc1 {
  readonly _id: string;
  readonly at: number;
}

/**
 * A cut-off was an instant. What began at its client later is of the first generation from here on; what began before stays
 * of none, and dead.
 */
async function numberCutOffs(db: Db): Promise<void> {
  const old = db.collection<CutOffDoc1>('cut_offs');
  const rows = await old.find({ at: { $exists: true } }).toArray();
  for (const { _id: clientId, at } of rows) {
    await numberCutOff(db, clientId, at);
    await old.deleteOne({ _id: clientId, at });
  }
  const walks = { walking: true, 'target.kind': 'client' } as const;
  await db.collection<LogoutDoc>('logouts').updateMany(walks, { $set: { generation: 1 } });
}

async function numberCutOff(db: Db, clientId: string, at: number): Promise<void> {
  const first = { $set: { clientGeneration: 1 } };
  const later = { clientId, state: 'live', startedAt: { $gt: at } } as const;
  await db.collection<ParticipationDoc>('participations').updateMany(later, first);
  const grants = { model: 'Grant', clientId, createdAt: { $gt: at } };
  await db.collection<ArtifactDoc>('artifacts').updateMany(grants, first);
  const row = { _id: `client ${clientId}` };
  await db.collection<CutOffDoc>('cut_offs').updateOne(row, { $set: { generation: 1 } }, { upsert: true });
}
