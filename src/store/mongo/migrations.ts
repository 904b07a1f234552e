/**
 * Forward only: what was released is never edited, a change is a new entry at the end. Every step may run twice (a process
 * may die half way through), since collections and indexes cannot be made in one transaction.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Collection, Db } from 'mongodb';
import { AppError, storeUnavailable } from '../../errors.ts';
import { createRepeating, type Repeating } from '../../ops/repeating.ts';
import type { MetaDoc } from './documents.ts';
import { schema1 } from './schema-1.ts';
import { schema2 } from './schema-2.ts';
import { isDuplicate } from './transaction.ts';

type Migration = (db: Db) => Promise<void>;

const MIGRATIONS: readonly Migration[] = [schema1, schema2];

/** The version that this program brings a database to. */
export const KNOWN_SCHEMA = MIGRATIONS.length;

/** How long a lock stays with a holder of whom nothing is heard. */
const LOCK_MS = 30_000;
/** How long a second process waits for the first one's migration. */
const LOCK_WAIT_MS = 60_000;
const LOCK_POLL_MS = 50;

/**
 * Brings the database to this program's version, under a lock document, so that two processes that start together do it
 * once. Throws `store_newer` where a newer program has been here.
 */
export async function migrate(db: Db, migrations = MIGRATIONS, lockMs = LOCK_MS): Promise<void> {
  if ((await checkedVersion(db, migrations)) === migrations.length) return;
  await underLock(db, lockMs, async (stillMine) => {
    const from = await checkedVersion(db, migrations);
    for (const [index, up] of migrations.entries()) {
      if (index < from) continue;
      await up(db);
      await stillMine();
      await meta(db).updateOne({ _id: 'schema' }, { $set: { version: index + 1 } }, { upsert: true });
    }
  });
}

/** 0 for a database in which nothing of ours was ever made. */
export async function schemaVersion(db: Db): Promise<number> {
  const schema = await meta(db).findOne({ _id: 'schema' });
  return schema?.version ?? 0;
}

async function checkedVersion(db: Db, migrations: readonly Migration[]): Promise<number> {
  const found = await schemaVersion(db);
  if (found > migrations.length) throw storeNewer(found, migrations.length);
  return found;
}

/** A holder that died loses the lock when its time is over, by the server's clock. */
async function underLock(
  db: Db,
  lockMs: number,
  work: (stillMine: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const holder = randomUUID();
  const giveUpAt = performance.now() + LOCK_WAIT_MS;
  while (!(await takeLock(db, holder, lockMs))) {
    if (performance.now() > giveUpAt)
      throw storeUnavailable(new Error('the migration lock is held by another process'));
    await pause(LOCK_POLL_MS);
  }
  const renewal = renewing(db, holder, lockMs);
  try {
    await work(async () => {
      if (!(await takeLock(db, holder, lockMs)))
        throw storeUnavailable(new Error('another process took the migration lock'));
    });
  } finally {
    await renewal.stop();
    await meta(db).deleteOne({ _id: 'migration-lock', holder });
  }
}

/** Beside the work: one index over a large collection takes longer than the lock stays with a silent holder. */
function renewing(db: Db, holder: string, lockMs: number): Repeating {
  const renewal = createRepeating({
    everyMs: lockMs / 3,
    work: () => takeLock(db, holder, lockMs),
    // The work itself meets a server that is gone; a lock that was lost is seen when its step is over.
    failed: () => undefined,
  });
  renewal.start();
  return renewal;
}

/** Takes a free or abandoned lock, or keeps one's own for longer. */
async function takeLock(db: Db, holder: string, lockMs: number): Promise<boolean> {
  const isFree = { $lt: [{ $ifNull: ['$until', new Date(0)] }, '$$NOW'] };
  const isMine = { $or: [isFree, { $eq: ['$holder', holder] }] };
  const until = { $cond: [isMine, { $add: ['$$NOW', lockMs] }, '$until'] };
  const update = [{ $set: { holder: { $cond: [isMine, holder, '$holder'] }, until } }];
  try {
    const options = { upsert: true, returnDocument: 'after' } as const;
    const lock = await meta(db).findOneAndUpdate({ _id: 'migration-lock' }, update, options);
    return lock?.holder === holder;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

function meta(db: Db): Collection<MetaDoc> {
  return db.collection<MetaDoc>('meta');
}

function storeNewer(found: number, known: number): AppError {
  return new AppError({
    code: 'store_newer',
    status: 500,
    publicMessage: `The store is of version ${found}, this program knows versions up to ${known}. Start a newer Signoff, or restore the backup from before the upgrade.`,
  });
}
