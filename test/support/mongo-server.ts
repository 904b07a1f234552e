import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MongoMemoryReplSet } from 'mongodb-memory-server-core';

/** A real replica set on loopback, started for one test run. */
export interface MongoServer {
  /** With `replicaSet=`, and no database: see `freshDatabaseUrl`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Each test has a database of its own, and a database is a hundred files, which WiredTiger would keep open for ten
 * minutes: after some 200 tests the server would have no descriptor left, and it ends itself when it can open no file.
 */
const CLOSE_IDLE_FILES = 'file_manager=(close_idle_time=5,close_scan_interval=5,close_handle_minimum=100)';

/** A file system in memory, where there is one. */
const MEMORY = '/dev/shm';
/** A whole run leaves less than 1 GB behind. */
const MEMORY_WANTED = 4 * 2 ** 30;

/**
 * Starts a replica set of one real `mongod` with its data in a temporary folder: on the disk, or with `inMemory` in memory
 * where there is room, in which a new database takes a third of the time. The program is the one of `MONGOD`, of the PATH,
 * or of a tools folder beside the clone; else mongodb-memory-server downloads one. Rejects when none can be had. It dies
 * with this process, also when that is killed.
 */
export async function startMongoServer({ inMemory = false } = {}): Promise<MongoServer> {
  const mongod = findMongod();
  const args = ['--wiredTigerCacheSizeGB', '0.25', '--wiredTigerEngineConfigString', CLOSE_IDLE_FILES];
  const dbPath = mkdtempSync(path.join(inMemory && hasRoom(MEMORY) ? MEMORY : tmpdir(), 'signoff-mongod-'));
  const set = await MongoMemoryReplSet.create({
    ...(mongod === undefined ? {} : { binary: { systemBinary: mongod, version: versionOf(mongod) } }),
    instanceOpts: [{ dbPath }],
    replSet: { count: 1, storageEngine: 'wiredTiger', args },
  });
  return {
    url: set.getUri(),
    async stop() {
      await set.stop();
      rmSync(dbPath, { recursive: true, force: true });
    },
  };
}

/**
 * The address of a database of its own on the replica set of this test run (`npm run test:mongo` starts it, `MONGO_URL`
 * names it), or undefined when there is none: show the suite as skipped then.
 */
export function freshDatabaseUrl(): string | undefined {
  const server = process.env['MONGO_URL'];
  if (!server) return undefined;
  const url = new URL(server);
  url.pathname = `/signoff_test_${randomBytes(8).toString('hex')}`;
  return url.href;
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= MEMORY_WANTED;
  } catch {
    return false;
  }
}

function findMongod(): string | undefined {
  return process.env['MONGOD'] || onThePath('mongod') || besideTheClone();
}

function onThePath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, program)).find(isProgram);
}

/** A machine set up for working on Signoff may have a script there that prints where its mongod is. */
function besideTheClone(): string | undefined {
  const script = path.resolve(import.meta.dirname, '../../..', 'shared', 'mongodb', 'mongod-path');
  return existsSync(script) ? execFileSync(script, { encoding: 'utf8' }).trim() : undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(mongod: string): string {
  const answer = execFileSync(mongod, ['--version'], { encoding: 'utf8' });
  return /db version v(\d+\.\d+\.\d+)/.exec(answer)?.[1] ?? '6.0.5';
}
