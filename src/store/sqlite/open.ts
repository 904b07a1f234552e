import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, storeUnavailable } from '../../errors.ts';
import type { Store } from '../store.ts';
import { createAccounts } from './accounts.ts';
import { createActivity } from './activity.ts';
import { createAnswers } from './answers.ts';
import { createAudit } from './audit.ts';
import { createClients } from './clients.ts';
import { type Connection, connect } from './connection.ts';
import { createCredentials } from './credentials.ts';
import { createDeliveries } from './deliveries.ts';
import { writeFact } from './facts.ts';
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

/**
 * Opens the store in the file `path` and brings it up to date. Several processes and threads may have it open.
 * Throws `store_missing` where there is none and `create` is false, `store_newer` after a newer program,
 * `store_unavailable` where the file cannot be used.
 */
export async function openSqliteStore(options: { path: string; create: boolean }): Promise<Store> {
  prepareFile(options);
  const connection = connect(options.path);
  try {
    await refuseEmpty(connection, options);
    await migrate(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return createStore(connection, options.path);
}

function createStore(connection: Connection, path: string): Store {
  const deliveries = createDeliveries(connection, path);
  return {
    sessions: createSessions(connection),
    logouts: createLogouts(connection),
    deliveries,
    provider: createProvider(connection),
    accounts: createAccounts(connection),
    credentials: createCredentials(connection),
    clients: createClients(connection),
    keys: createKeys(connection),
    limits: createLimits(connection),
    activity: createActivity(connection),
    mails: createMails(connection),
    links: createLinks(connection),
    operators: createOperators(connection),
    audit: createAudit(connection),
    answers: createAnswers(connection),
    figures: createFigures(connection),
    writers: 'one',
    async ping() {
      await connection.write((tx) => writeFact(tx, 'ping', ''));
    },
    async close() {
      await deliveries.stopWatching();
      await connection.close();
    },
  };
}

/** The file holds who is signed in where: only its owner may read it (SQLite gives its WAL the same mode). */
function prepareFile({ path, create }: { path: string; create: boolean }): void {
  if (existsSync(path)) return;
  if (!create) throw storeMissing(path);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw storeUnavailable(error);
  }
}

/** A file in which nothing was ever made (a start that was cut short) is no store either. */
async function refuseEmpty(connection: Connection, { path, create }: { path: string; create: boolean }): Promise<void> {
  if (create) return;
  const version = await connection.read(schemaVersion);
  if (version === 0) throw storeMissing(path);
}

function storeMissing(path: string): AppError {
  return new AppError({
    code: 'store_missing',
    status: 500,
    publicMessage: `There is no store at ${path}. Signoff makes one when it starts, or with the first "accounts add".`,
  });
}
