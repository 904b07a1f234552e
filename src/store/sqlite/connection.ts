// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy, toStoreError } from './errors.ts';
import { createLine } from './line.ts';

/** One connection to the file. Queries are made inside `read` or `write` only, so that each method sees one state. */
export interface Connection {
  /** Several queries on one snapshot. */
  read<T>(work: (tx: Tx) => T): Promise<T>;
  /**
   * One atomic, durable write. `BEGIN IMMEDIATE` takes the lock at once: a deferred transaction that finds another
   * writer when it first writes fails whatever the busy timeout is. `work` may run more than once.
   */
  write<T>(work: (tx: Tx) => T): Promise<T>;
  /**
   * The same, but it does not wait for the disk: a killed process loses none of it, a power loss may take the last ones,
   * never one before a `write` that followed. For what nobody was promised (docs/decisions/0006-durability.md).
   */
  jot<T>(work: (tx: Tx) => T): Promise<T>;
  /** Waits for what is under way. Safe twice. */
  close(): Promise<void>;
}

export interface Tx {
  get<Row>(sql: string, params?: Params): Row | undefined;
  all<Row>(sql: string, params?: Params): readonly Row[];
  /** Answers how many rows changed. */
  run(sql: string, params?: Params): number;
}

/**
 * By name, as in `:name`; names that the SQL does not use are fine. `undefined` is NULL; lists travel as JSON and are
 * read with `json_each`.
 */
export type Params = Readonly<Record<string, string | number | undefined>>;

/** How long a call waits for another process or thread before it gives up with `storeUnavailable`. */
const LOCK_WAIT_MS = 5_000;
/** SQLite waits inside our event loop, so it waits this long only; the rest of the wait leaves the loop free. */
const BLOCKING_WAIT_MS = 2;

/** In WAL mode FULL waits for the disk at each commit, NORMAL at checkpoints. */
type Syncs = 'FULL' | 'NORMAL';

/** Opens an existing file. WAL: readers and the writer do not wait for each other. FULL: a `write` survives power loss. */
export function connect(path: string): Connection {
  const db = openFile(path);
  const tx = createTx(db);
  const frames = prepareFrames(db);
  const line = createLine(LOCK_WAIT_MS);
  const underWay = new Set<Promise<unknown>>();
  let syncs: Syncs = 'FULL';

  function tracked<T>(result: Promise<T>): Promise<T> {
    underWay.add(result);
    const forget = () => void underWay.delete(result);
    result.then(forget, forget);
    return result;
  }

  function inTransaction<T>(work: (tx: Tx) => T, wanted: Syncs): Promise<T> {
    const attempt = () => {
      if (syncs !== wanted) db.exec(`PRAGMA synchronous = ${wanted}`);
      syncs = wanted;
      return once(db, frames, 'write', () => work(tx));
    };
    return tracked(line.write(attempt));
  }

  return {
    read: (work) => tracked(patiently(() => once(db, frames, 'read', () => work(tx)))),
    write: (work) => inTransaction(work, 'FULL'),
    jot: (work) => inTransaction(work, 'NORMAL'),
    async close() {
      await Promise.allSettled(underWay);
      if (db.isOpen) db.close();
    },
  };
}

function openFile(path: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
    db.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
    return db;
  } catch (error) {
    throw toStoreError(error);
  }
}

function createTx(db: DatabaseSync): Tx {
  const statements = new Map<string, StatementSync>();
  function prepared(sql: string): StatementSync {
    const known = statements.get(sql);
    if (known) return known;
    const statement = db.prepare(sql);
    statement.setAllowUnknownNamedParameters(true);
    statements.set(sql, statement);
    return statement;
  }
  return {
    get: <Row>(sql: string, params: Params = {}) => prepared(sql).get(bindable(params)) as Row | undefined,
    all: <Row>(sql: string, params: Params = {}) => prepared(sql).all(bindable(params)) as Row[],
    run: (sql, params = {}) => Number(prepared(sql).run(bindable(params)).changes),
  };
}

function bindable(params: Params): Record<string, string | number | null> {
  const bound: Record<string, string | number | null> = {};
  for (const name in params) bound[name] = params[name] ?? null;
  return bound;
}

/** How a transaction begins and ends, compiled once: each of our queries is inside of one. */
type Frames = Readonly<Record<'read' | 'write' | 'commit', StatementSync>>;

function prepareFrames(db: DatabaseSync): Frames {
  return { read: db.prepare('BEGIN'), write: db.prepare('BEGIN IMMEDIATE'), commit: db.prepare('COMMIT') };
}

function once<T>(db: DatabaseSync, frames: Frames, kind: 'read' | 'write', work: () => T): T {
  frames[kind].run();
  try {
    const result = work();
    frames.commit.run();
    return result;
  } catch (error) {
    if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** A reader waits for nobody in WAL mode, but for a moment when the log is begun anew. */
async function patiently<T>(attempt: () => T): Promise<T> {
  const giveUpAt = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw toStoreError(error);
    }
    await sleep(1 + Math.random() * 2);
  }
}
