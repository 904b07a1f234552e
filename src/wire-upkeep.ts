/** Looking after a store from outside: how far it is, copies of it, and whether a copy is any good. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { AppError } from './errors.ts';
import { openKeys } from './oidc/keys.ts';
import { iso } from './ops/clock.ts';
import { createCryptoBox } from './ops/crypto-box.ts';
import { readMasterKey } from './ops/master-key.ts';
import type { SchemaState } from './store/schema-state.ts';
import { openFoundation, type Surroundings } from './wire.ts';

/** Without bringing it up to date. Throws `storeUnavailable` where the store cannot be reached. */
export async function schemaOf({ store }: Pick<Config, 'store'>): Promise<SchemaState> {
  if (store.kind === 'sqlite') {
    const { sqliteSchema } = await import('./store/sqlite/upkeep.ts');
    return sqliteSchema(store.path);
  }
  const { mongoSchema } = await import('./store/mongo/upkeep.ts');
  return mongoSchema(store.url);
}

/** What a backup says of itself (`backup.json`). */
export interface BackupNote {
  readonly made_at: string;
  readonly issuer: string;
  /** Names the master key that opens it. */
  readonly key_id: string;
  readonly schema: number;
  readonly with_key: boolean;
}

const NAMES = { database: 'signoff.db', key: 'master.key', note: 'backup.json' } as const;

export interface Backup extends BackupNote {
  readonly directory: string;
  readonly bytes: number;
}

/** Copies the SQLite store into an empty or new folder, while others use it. Throws `backup_not_empty`. */
export async function backUp(config: Config, folder: string, withKey: boolean): Promise<Backup> {
  if (config.store.kind !== 'sqlite') throw new Error('backups of MongoDB are made by mongodump');
  const { copySqlite, sqliteSchema } = await import('./store/sqlite/upkeep.ts');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > 0) throw notEmpty(folder);
  const masterKey = readMasterKey(config, false);
  const database = join(folder, NAMES.database);
  copySqlite(config.store.path, database);
  const note: BackupNote = {
    made_at: iso(Date.now()),
    issuer: config.issuer,
    key_id: createCryptoBox(masterKey).keyId,
    schema: sqliteSchema(database).version,
    with_key: withKey,
  };
  if (withKey) writeOwn(join(folder, NAMES.key), `${masterKey.toString('base64')}\n`);
  writeOwn(join(folder, NAMES.note), `${JSON.stringify(note, null, 2)}\n`);
  return { ...note, directory: folder, bytes: statSync(database).size };
}

function writeOwn(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true });
}

function notEmpty(folder: string): AppError {
  return new AppError({
    code: 'backup_not_empty',
    status: 409,
    publicMessage: `${folder} is not empty. Name a new folder: nothing is written over.`,
  });
}

/** What a rehearsal of a restore came to. */
export interface Rehearsal {
  readonly note: BackupNote | undefined;
  /** What SQLite finds wrong with the file. */
  readonly faults: readonly string[];
  readonly schema: SchemaState;
  readonly counts: { readonly accounts: number; readonly live_sessions: number; readonly deliveries_trying: number };
}

const COUNT_MAX = 1_000_000;

/**
 * Restores a backup into a folder of its own, opens it as a start would, and removes it again. Throws `backup_missing`, and
 * what a start would throw: `wrong_key`, `wrong_issuer`, `store_newer`.
 */
export async function rehearseRestore(config: Config, folder: string, surroundings: Surroundings): Promise<Rehearsal> {
  const from = join(folder, NAMES.database);
  if (!existsSync(from)) throw missing(from);
  const { sqliteFaults, sqliteSchema } = await import('./store/sqlite/upkeep.ts');
  const scratch = mkdtempSync(join(tmpdir(), 'signoff-restore-'));
  try {
    const path = join(scratch, NAMES.database);
    copyFileSync(from, path);
    chmodSync(path, 0o600);
    const schema = sqliteSchema(path);
    const faults = sqliteFaults(path);
    const counts =
      faults.length > 0
        ? NOTHING
        : await countIn(withKeyOf(folder, { ...config, store: { kind: 'sqlite', path } }), surroundings);
    return { note: noteIn(folder), faults, schema, counts };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const NOTHING = { accounts: 0, live_sessions: 0, deliveries_trying: 0 };

/** A key that lies in the backup is the one to try. */
function withKeyOf(folder: string, config: Config): Config {
  const keyFile = join(folder, NAMES.key);
  return existsSync(keyFile) ? { ...config, key: undefined, keyFile } : config;
}

async function countIn(config: Config, surroundings: Surroundings): Promise<Rehearsal['counts']> {
  const foundation = await openFoundation(config, surroundings, { create: false });
  const { store } = foundation;
  try {
    await openKeys({ ...foundation, issuer: config.issuer });
    let accounts = 0;
    for (let after: string | undefined; ; ) {
      const page = await store.accounts.list({}, { limit: 1_000, ...(after !== undefined && { after }) });
      accounts += page.length;
      after = page.at(-1)?.id;
      if (page.length < 1_000 || accounts >= COUNT_MAX) break;
    }
    return {
      accounts,
      live_sessions: await store.figures.sessions('live', COUNT_MAX),
      deliveries_trying: await store.figures.deliveries('trying', COUNT_MAX),
    };
  } finally {
    await store.close();
  }
}

function noteIn(folder: string): BackupNote | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, NAMES.note), 'utf8')) as BackupNote;
  } catch {
    return undefined;
  }
}

function missing(path: string): AppError {
  return new AppError({
    code: 'backup_missing',
    status: 404,
    publicMessage: `There is no ${path}. Name a folder that "signoff backup" made.`,
  });
}
