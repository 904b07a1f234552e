/**
 * Loaded before the product (`--import`) in a process that is to die: kills it, as the kernel kills, right before or right
 * after the commit of the first write that made deliveries, which is the first logout. `DIE_AT` says which. It stands
 * between the adapter and its driver, so that the product itself knows nothing of it.
 */
import { createRequire } from 'node:module';
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { StatementSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

/** Around the commit of a logout: not done, so the logout never was; done, so it must be kept although nobody was answered. */
export type CommitPoint = 'before-commit' | 'after-commit';

const point = process.env['DIE_AT'] as CommitPoint | undefined;

// The delivery thread loads this too, but only the main thread commits logouts.
if (point !== undefined && isMainThread) {
  if (process.env['SIGNOFF_STORE']?.startsWith('mongodb')) watchMongo(point);
  else watchSqlite(point);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function watchSqlite(when: CommitPoint): void {
  let isLogout = false;
  const { run } = StatementSync.prototype;

  StatementSync.prototype.run = function watched(this: StatementSync, ...given: Parameters<typeof run>) {
    const sql = this.sourceSQL;
    if (sql.startsWith('BEGIN')) isLogout = false;
    if (sql.startsWith('INSERT INTO deliveries')) isLogout = true;
    const isIt = sql === 'COMMIT' && isLogout;
    if (isIt && when === 'before-commit') die();
    const done = run.apply(this, given);
    if (isIt) die();
    return done;
  } as typeof run;
}

function watchMongo(when: CommitPoint): void {
  // Here and not above: its half a second of loading is not for runs on SQLite.
  const { ClientSession, Collection } = createRequire(import.meta.url)('mongodb') as typeof import('mongodb');
  const logouts = new WeakSet<object>();
  const { insertMany } = Collection.prototype;
  const { commitTransaction } = ClientSession.prototype;

  Collection.prototype.insertMany = function watched(docs, options) {
    if (this.collectionName === 'deliveries' && options?.session) logouts.add(options.session);
    return insertMany.call(this, docs, options);
  };

  ClientSession.prototype.commitTransaction = async function watched(options) {
    const isIt = logouts.has(this);
    if (isIt && when === 'before-commit') die();
    await commitTransaction.call(this, options);
    if (isIt) die();
  };
}
