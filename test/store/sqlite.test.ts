import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/store.ts';
import { aCause, anAccount, HOUR, planAll, signIn, T0 } from '../support/builders.ts';
import { type StorePlace, sqlitePlace } from '../support/stores.ts';
import { faultsOf, listenForStatements } from './query-plans.ts';
import { endedSession } from './suite/deliveries-fixture.ts';
import { storeSuite } from './suite/store-suite.ts';

/** As long as a write waits for another process. */
const LOCK_WAIT_MS = 5_000;

let heard: ReturnType<typeof listenForStatements>;
beforeAll(() => {
  heard = listenForStatements();
});
afterAll(() => heard.stop());

storeSuite('the store on SQLite', { place: sqlitePlace });

describe('the SQLite file', () => {
  let place: StorePlace;
  let path: string;
  beforeEach(async () => {
    place = await sqlitePlace();
    path = place.url.slice('sqlite:'.length);
  });
  afterEach(() => place.remove());

  it('is made with its folder, for its owner alone', async () => {
    await place.open();
    const modeOf = async (name: string) => (await stat(name)).mode & 0o777;
    await expect(modeOf(dirname(path))).resolves.toBe(0o700);
    await expect(modeOf(path)).resolves.toBe(0o600);
    await expect(modeOf(`${path}-wal`)).resolves.toBe(0o600);
  });

  it('is not made by a program that only looks', async () => {
    await expect(openSqliteStore({ path, create: false })).rejects.toMatchObject({ code: 'store_missing' });
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(dirname(path));
    await writeFile(path, '');
    await expect(openSqliteStore({ path, create: false })).rejects.toMatchObject({ code: 'store_missing' });
    await place.open();
    const store = await openSqliteStore({ path, create: false });
    await store.close();
  });

  it('of a newer program is left alone', async () => {
    await (await place.open()).close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 1000');
    db.close();
    await expect(openSqliteStore({ path, create: true })).rejects.toMatchObject({ code: 'store_newer' });
  });

  it('that is no database is out of reach', async () => {
    await mkdir(dirname(path));
    await writeFile(path, 'this is a letter, not a database\n'.repeat(100));
    await expect(openSqliteStore({ path, create: true })).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('that cannot be written is out of reach, and can be read', async () => {
    const store = await place.open();
    const { uid } = await signIn(store);
    await store.close();
    await chmod(path, 0o400);
    if (process.getuid?.() === 0) return;
    const readOnly = await openSqliteStore({ path, create: false });
    await expect(readOnly.ping()).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(readOnly.sessions.findByUid(uid)).resolves.toBeDefined();
    await readOnly.close();
  });

  it('is reached by every statement of the suite above through an index that finds few rows', async () => {
    const store = await place.open();
    await askEveryList(store);
    const db = new DatabaseSync(path);
    const faults = faultsOf(db, heard.statements);
    db.close();
    expect(heard.statements.size).toBeGreaterThan(150);
    expect(faults).toEqual([]);
  });

  it('counts what became of a logout from an index alone, in its order', async () => {
    const store = await place.open();
    await store.logouts.progress('logout');
    await store.logouts.apps('logout');
    const db = new DatabaseSync(path);
    const counts = [...heard.statements].filter((sql) =>
      /^SELECT .*count\(\*\).* FROM deliveries.* GROUP BY/s.test(sql),
    );
    const plans = counts.map((sql) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all({})
        .map((step) => step['detail']),
    );
    db.close();
    const inOrder = ['SEARCH deliveries USING COVERING INDEX deliveries_of_logout (logout_id=?)'];
    expect(plans).toEqual([inOrder, inOrder]);
  });

  it('lists what became of a logout in its order, page by page, without sorting all of it', async () => {
    const store = await place.open();
    const { logoutId } = await endedSession(store, Array(25).fill('wiki'));
    const first = await store.deliveries.list({ logoutId }, { limit: 20 });
    const rest = await store.deliveries.list({ logoutId }, { limit: 20, after: first.at(-1)?.id ?? '' });
    expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(25);
    const db = new DatabaseSync(path);
    const lists = [...heard.statements].filter((sql) =>
      sql.startsWith('SELECT * FROM deliveries WHERE created_at = ('),
    );
    const steps = lists.flatMap((sql) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all({}));
    db.close();
    expect(lists.length).toBeGreaterThan(1);
    expect(steps.map((step) => String(step['detail'])).join()).not.toContain('TEMP B-TREE');
  });

  it('retry keeps its 5 ms: rows are looked for without the lock, and written a hundred at a time', async () => {
    const store = await place.open();
    const { logoutId } = await endedSession(store, Array(250).fill('wiki'));
    const begun: string[] = [];
    const { run } = StatementSync.prototype;
    StatementSync.prototype.run = function listen(this: StatementSync, ...given: Parameters<typeof run>) {
      if (this.sourceSQL.startsWith('BEGIN')) begun.push(this.sourceSQL);
      return run.apply(this, given);
    } as typeof run;
    try {
      await expect(store.deliveries.retry({ logoutId }, T0 + HOUR, T0 + 2 * HOUR)).resolves.toBe(250);
    } finally {
      StatementSync.prototype.run = run;
    }
    // One look for each state, three writes for the one that has any.
    expect(begun.toSorted()).toEqual([...Array(3).fill('BEGIN'), ...Array(3).fill('BEGIN IMMEDIATE')]);
  });

  it('does not spare a session that was dead already: of an older generation', async () => {
    const store = await place.open();
    const { accountId, uid } = await signIn(store);
    const db = new DatabaseSync(path);
    db.exec('UPDATE accounts SET generation = 5');
    db.close();
    await store.sessions.end('logout', { kind: 'account', accountId, exceptUid: uid }, aCause(), T0, planAll());
    await expect(store.sessions.get(uid)).resolves.toMatchObject({ session: { state: 'ended', logoutId: 'logout' } });
  });

  it('waits for a lock without stopping the process, and gives up as out of reach', async () => {
    const store = await place.open();
    const db = new DatabaseSync(path);
    db.exec('BEGIN IMMEDIATE');
    const ping = store.ping();
    await expect(store.sessions.findByCookie('anybody', T0)).resolves.toBeUndefined();
    db.exec('COMMIT');
    await expect(ping).resolves.toBeUndefined();
    db.exec('BEGIN IMMEDIATE');
    await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
    db.exec('ROLLBACK');
    db.close();
  });

  it('that is locked is out of reach for all who queue in the time of one, and lets others read meanwhile', async () => {
    const store = await place.open();
    const db = new DatabaseSync(path);
    db.exec('BEGIN IMMEDIATE');
    const since = performance.now();
    const queue = Array.from({ length: 300 }, () => store.ping());
    const unavailable = queue.map((ping) => expect(ping).rejects.toMatchObject({ code: 'store_unavailable' }));
    for (let n = 0; n < 100; n += 1) {
      await store.sessions.findByCookie('anybody', T0);
      await setImmediate();
    }
    expect(performance.now() - since).toBeLessThan(LOCK_WAIT_MS);
    await Promise.all(unavailable);
    expect(performance.now() - since).toBeLessThan(2 * LOCK_WAIT_MS);
    const first = store.ping();
    const second = store.accounts.create(anAccount());
    db.exec('COMMIT');
    db.close();
    await expect(Promise.all([first, second])).resolves.toEqual([undefined, 'created']);
  });
});

/** Their SQL is put together from what a filter names: every filter there is, on the first page and on the next. */
async function askEveryList(store: Store): Promise<void> {
  const { uid, accountId, participations } = await signIn(store);
  await store.sessions.end('logout', { kind: 'session', uid }, aCause(), T0, planAll());
  const [delivery] = await store.deliveries.list({}, { limit: 1 });
  const clientId = participations[0]?.clientId ?? '';
  for (const page of [{ limit: 10 }, { limit: 10, after: uid }]) {
    for (const filter of subsets({ accountId, clientId, state: 'ended' } as const)) {
      await store.sessions.list(filter, page);
      await store.sessions.list({ ...filter, state: 'live' }, page);
    }
  }
  const all = { id: delivery?.id ?? '', logoutId: 'logout', clientId, accountId, state: 'trying' } as const;
  for (const page of [{ limit: 10 }, { limit: 10, after: all.id }]) {
    for (const filter of subsets(all)) {
      for (const state of ['given-up', 'told'] as const) await store.deliveries.list({ ...filter, state }, page);
      await store.deliveries.list(filter, page);
    }
  }
  for (const filter of subsets(all)) await store.deliveries.retry(filter, T0 + HOUR, T0 + HOUR);
}

function subsets<T extends object>(whole: T): readonly Partial<T>[] {
  const sets: Partial<T>[] = [{}];
  for (const [name, value] of Object.entries(whole)) sets.push(...sets.map((set) => ({ ...set, [name]: value })));
  return sets;
}
