/**
 * A process that dies in mid transaction leaves it open on the server for a minute (`transactionLifetimeLimitSeconds`), and
 * every row it wrote stays taken: transactions of others conflict, their plain writes wait. A kill -9 in mid sign-off would
 * make that session's next sign-off a 503 for a minute, and hold deliveries as long.
 */
import type { MongoClient } from 'mongodb';

/** A call that takes longer than this looks who holds it up. */
const SLOW_MS = 1_000;
/** Between two statements of ours lie milliseconds. A process that only slept so long is told to run its transaction again. */
const ABANDONED_MS = 3_000;

/** Watches a call that has begun; answers how to stop. */
export type WatchSlowCall = () => () => void;

/** Ends transactions of dead processes whenever a call of ours is slow; costs nothing while none is. */
export function createSlowCallWatch(client: MongoClient, appName: string): WatchSlowCall {
  let looking = false;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    // Out of reach, or a user who may not look: the server ends them itself, later.
    await endAbandoned(client, appName).catch(() => undefined);
    looking = false;
  }

  return function watchSlowCall() {
    const timer = setInterval(() => void look(), SLOW_MS).unref();
    return () => clearInterval(timer);
  };
}

/** The only read concern that `$currentOp` takes. */
const LOCAL = { readConcern: { level: 'local' } } as const;

/** Needs no privilege: a user always sees and ends what is its own, and all processes of the product are one user. */
async function endAbandoned(client: MongoClient, appName: string): Promise<void> {
  const admin = client.db('admin');
  const idle = { type: 'idleSession', appName, 'transaction.timeInactiveMicros': { $gt: ABANDONED_MS * 1_000 } };
  const rows = await admin.aggregate([{ $currentOp: { idleSessions: true } }, { $match: idle }], LOCAL).toArray();
  const killSessions = rows.map((row) => ({ id: (row['lsid'] as { readonly id: unknown }).id }));
  if (killSessions.length > 0) await admin.command({ killSessions });
}
