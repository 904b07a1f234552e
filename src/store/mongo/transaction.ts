/**
 * Transactions that run again as a whole when MongoDB says so. Reads see one snapshot; commits wait for a majority and
 * its journals, so that what was answered survives a fail-over and a power cut (invariant 3).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type ClientSession, type MongoClient, MongoError, MongoServerError } from 'mongodb';

/** Runs `work` in one transaction and answers what it answers. `work` may run more than once and must stay free of other effects. */
export type Transact = <T>(
  work: (session: ClientSession) => Promise<T>,
  isRefusal?: (answer: T) => boolean,
) => Promise<T>;

/** How long conflicts are retried: with two processes on one row a few milliseconds do, a thousand joins take seconds. */
const CONFLICT_LIMIT_MS = 15_000;
/** How long a lost server is waited for beyond the driver's own wait; then the caller says 503. */
const OUTAGE_LIMIT_MS = 3_000;
const BACKOFF_FIRST_MS = 2;
const BACKOFF_MAX_MS = 100;
/** Two first writes of one key collide as duplicates; a second run sees the other's row. A third time is a real duplicate. */
const DUPLICATE_RETRIES = 2;

const TRANSACTION = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', j: true },
  readPreference: 'primary',
} as const;

/**
 * `isRefusal`: answers after which nothing may be left behind; the transaction is then rolled back.
 */
export function createTransact(client: MongoClient): Transact {
  return async function transact(work, isRefusal = () => false) {
    const startedAt = performance.now();
    const session = client.startSession();
    try {
      for (let run = 0; ; run += 1) {
        try {
          return await runOnce(session, work, isRefusal, startedAt);
        } catch (error) {
          await abort(session);
          if (!mayRunAgain(error, run, performance.now() - startedAt)) throw error;
          await pause(backoffMs(run));
        }
      }
    } finally {
      await session.endSession().catch(ignore);
    }
  };
}

async function runOnce<T>(
  session: ClientSession,
  work: (session: ClientSession) => Promise<T>,
  isRefusal: (answer: T) => boolean,
  startedAt: number,
): Promise<T> {
  session.startTransaction(TRANSACTION);
  const answer = await work(session);
  if (isRefusal(answer)) await abort(session);
  else await commit(session, startedAt);
  return answer;
}

/** A commit whose answer was lost may be sent again: the server knows whether it has happened. */
async function commit(session: ClientSession, startedAt: number): Promise<void> {
  for (let run = 0; ; run += 1) {
    try {
      return await session.commitTransaction();
    } catch (error) {
      const late = performance.now() - startedAt > OUTAGE_LIMIT_MS;
      if (late || !hasLabel(error, 'UnknownTransactionCommitResult')) throw error;
      await pause(backoffMs(run));
    }
  }
}

async function abort(session: ClientSession): Promise<void> {
  if (session.inTransaction()) await session.abortTransaction().catch(ignore);
}

function mayRunAgain(error: unknown, run: number, elapsedMs: number): boolean {
  if (isDuplicate(error)) return run < DUPLICATE_RETRIES;
  if (!hasLabel(error, 'TransientTransactionError')) return false;
  return elapsedMs < (error instanceof MongoServerError ? CONFLICT_LIMIT_MS : OUTAGE_LIMIT_MS);
}

function backoffMs(run: number): number {
  return Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(run, 10));
}

function hasLabel(error: unknown, label: string): boolean {
  return error instanceof MongoError && error.hasErrorLabel(label);
}

/** Whether a unique index said no. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000;
}

function ignore(): void {}
