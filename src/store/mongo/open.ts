import { MongoClient, type MongoClientOptions, MongoServerSelectionError } from 'mongodb';
import { AppError } from '../../errors.ts';
import type { Store } from '../store.ts';
import { createSlowCallWatch } from './abandoned.ts';
import { createAccounts } from './accounts.ts';
import { createActivity } from './activity.ts';
import { createAnswers } from './answers.ts';
import { createAudit } from './audit.ts';
import { createClients } from './clients.ts';
import { type MongoParts, mongoParts } from './collections.ts';
import { createCredentials } from './credentials.ts';
import { createDeliveries } from './deliveries.ts';
import { createEnding } from './ending.ts';
import { asStoreError, createGuard } from './errors.ts';
import { createFigures } from './figures.ts';
import { createKeys } from './keys.ts';
import { createLimits } from './limits.ts';
import { createLinks } from './links.ts';
import { createLogouts } from './logouts.ts';
import { createMails } from './mails.ts';
import { migrate, schemaVersion } from './migrations.ts';
import { createOperators } from './operators.ts';
import { createProvider } from './provider.ts';
import { createSessions } from './sessions.ts';
import { explainNoMember, refuseStandalone } from './topology.ts';

/**
 * A server that is out of reach must be a 503 in seconds, not a page that hangs. Reads see only what a majority has, so
 * that a fail-over takes back nothing that was acted upon.
 */
const OPTIONS = {
  appName: 'signoff',
  ignoreUndefined: true,
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 60_000,
  waitQueueTimeoutMS: 5_000,
  heartbeatFrequencyMS: 2_000,
  readPreference: 'primary',
  // Not `readConcern`: the URL's own `readConcernLevel` would win over that.
  readConcernLevel: 'majority',
  writeConcern: { w: 'majority', j: true, wtimeoutMS: 5_000 },
  retryReads: true,
  retryWrites: true,
} as const satisfies MongoClientOptions;

const DEFAULT_DATABASE = 'signoff';

/**
 * Opens the store at `url` (its database, or `signoff` where it names none) and brings it up to date. Any number of
 * processes may have it open. Throws `store_standalone` without a replica set, `store_missing` where there is no store and
 * `create` is false, `store_newer` after a newer program, `store_unavailable` where the server cannot be reached.
 */
export async function openMongoStore(options: { url: string; create: boolean }): Promise<Store> {
  const { client, parts } = await connectTo(options.url);
  try {
    if (!options.create && (await schemaVersion(parts.db)) === 0) throw storeMissing(parts.db.databaseName);
    await migrate(parts.db);
    return createStore(client, parts);
  } catch (error) {
    await client.close();
    throw asStoreError(error);
  }
}

/** Connected to a replica set; nothing was looked at yet. Throws `store_standalone` and `store_unavailable`. */
export async function connectTo(url: string): Promise<{ readonly client: MongoClient; readonly parts: MongoParts }> {
  const client = createClient(url);
  try {
    await connect(client, url);
    await refuseStandalone(client);
    return { client, parts: mongoParts(client, databaseIn(url)) };
  } catch (error) {
    await client.close();
    throw asStoreError(error);
  }
}

function createStore(client: MongoClient, parts: MongoParts): Store {
  const { guarded, idle } = createGuard(createSlowCallWatch(client, OPTIONS.appName));
  const { stopWatching, ...deliveries } = createDeliveries(parts);
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await stopWatching();
    await idle();
    await client.close();
  }
  return {
    sessions: guarded({ ...createSessions(parts), ...createEnding(parts) }),
    logouts: guarded(createLogouts(parts)),
    deliveries: guarded(deliveries),
    provider: guarded(createProvider(parts)),
    accounts: guarded(createAccounts(parts)),
    credentials: guarded(createCredentials(parts)),
    clients: guarded(createClients(parts)),
    keys: guarded(createKeys(parts)),
    limits: guarded(createLimits(parts)),
    activity: guarded(createActivity(parts)),
    mails: guarded(createMails(parts)),
    links: guarded(createLinks(parts)),
    operators: guarded(createOperators(parts)),
    audit: guarded(createAudit(parts)),
    answers: guarded(createAnswers(parts)),
    figures: guarded(createFigures(parts)),
    writers: 'many',
    ...guarded({
      async ping() {
        await parts.meta.updateOne({ _id: 'ping' }, { $inc: { count: 1 } }, { upsert: true });
      },
    }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function createClient(url: string): MongoClient {
  try {
    return new MongoClient(url, OPTIONS);
  } catch (error) {
    // By name: the part of the driver that reads the address has a class of its own.
    if (error instanceof Error && error.name === 'MongoParseError') throw badUrl(error);
    throw asStoreError(error);
  }
}

async function connect(client: MongoClient, url: string): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    if (error instanceof MongoServerSelectionError) await explainNoMember(url, OPTIONS);
    throw error;
  }
}

/** The driver's own default, `test`, says nothing to whoever finds it on a server. */
function databaseIn(url: string): string {
  const database = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(url)?.[1];
  return database === undefined ? DEFAULT_DATABASE : decodeURIComponent(database);
}

/** Without the cause: it may repeat the password of the URL. */
function badUrl(error: Error): AppError {
  return new AppError({
    code: 'store_url_invalid',
    status: 500,
    publicMessage: `The address of the MongoDB server cannot be read (${error.message}). It looks like mongodb://host:27017/signoff?replicaSet=rs0`,
  });
}

function storeMissing(database: string): AppError {
  return new AppError({
    code: 'store_missing',
    status: 500,
    publicMessage: `There is no store in the MongoDB database ${database}. Signoff makes one when it starts, or with the first "accounts add".`,
  });
}
