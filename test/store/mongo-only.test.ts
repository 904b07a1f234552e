/** What only a server can do to us: to be of the wrong kind, to die, to hang, to be shared. */
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClientSession, type Db, MongoClient } from 'mongodb';
import { migrate, schemaVersion } from '../../src/store/mongo/migrations.ts';
import { openMongoStore } from '../../src/store/mongo/open.ts';
import type { FirstLease, Store } from '../../src/store/store.ts';
import {
  aCause,
  aClaim,
  aCodeOf,
  anAccount,
  anArtifact,
  anAttempt,
  anOpening,
  aParticipation,
  HOUR,
  newAccount,
  planAll,
  signIn,
  T0,
  told,
  unique,
} from '../support/builders.ts';
import { freshDatabaseUrl } from '../support/mongo-server.ts';
import { listenForCommands, monitored } from './mongo-commands.ts';
import { command, type Mongod, prepareMongod } from './mongod.ts';

const url = freshDatabaseUrl();
const describeIt = url === undefined ? describe.skip : describe;

/** An answer within these many milliseconds is "in seconds": two waits of the driver, and a slow machine. */
const SECONDS = 12_000;

describeIt('MongoDB only', () => {
  const stores: Store[] = [];

  async function open(at: string, create = true): Promise<Store> {
    const store = await openMongoStore({ url: at, create });
    stores.push(store);
    return store;
  }

  afterEach(async () => {
    await Promise.all([...stores.splice(0), ...clients.splice(0)].map((one) => one.close()));
  });

  describe('a server without a replica set', () => {
    let mongod: Mongod;
    beforeAll(async () => {
      mongod = await prepareMongod(url ?? '');
    });
    afterEach(() => mongod.kill());
    afterAll(() => mongod.remove());

    it('is refused with the command that turns it into one', async () => {
      await mongod.start();
      const refusal = openMongoStore({ url: `mongodb://${mongod.host}/signoff`, create: true });
      await expect(refusal).rejects.toMatchObject({
        code: 'store_standalone',
        publicMessage: expect.stringMatching(/--replSet rs0 .*mongosh ".*" --eval 'rs\.initiate\(/),
      });
    });

    it('is refused as such, and not as out of reach, when the address names a replica set', async () => {
      await mongod.start();
      const refusal = openMongoStore({ url: `mongodb://${mongod.host}/signoff?replicaSet=mine`, create: true });
      await expect(refusal).rejects.toMatchObject({
        code: 'store_standalone',
        publicMessage: expect.stringContaining('--replSet mine'),
      });
    });

    it('opens after doing what the refusal says', async () => {
      await mongod.start('mine');
      const address = `mongodb://${mongod.host}/signoff?replicaSet=mine`;
      const refusal: Error = await openMongoStore({ url: address, create: true }).then(
        () => Promise.reject(new Error('opened')),
        (error) => error,
      );
      expect(refusal).toMatchObject({ code: 'store_standalone' });
      const config = /rs\.initiate\((\{.*\})\)/.exec(refusal.message)?.[1] ?? '';
      await command(mongod.host, { replSetInitiate: JSON.parse(config.replace(/(\w+):(?= )/g, '"$1":')) });
      const store = await open(address);
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });

  describe('a primary that goes away', () => {
    let mongod: Mongod;
    let address: string;
    beforeAll(async () => {
      mongod = await prepareMongod(url ?? '');
      await mongod.start('rs0');
      const members = [{ _id: 0, host: mongod.host }];
      await command(mongod.host, { replSetInitiate: { _id: 'rs0', members } });
      address = `mongodb://${mongod.host}/signoff?replicaSet=rs0`;
    });
    afterAll(() => mongod.remove());

    it('makes every call "store unavailable" within seconds, those that queue for one account as well, and all goes on by itself when it is back', async () => {
      const store = await open(address);
      const { uid, accountId } = await signIn(store);
      const woken = Promise.withResolvers<void>();
      const unwatch = await store.deliveries.watch(() => woken.resolve());
      await woken.promise;

      await mongod.kill();
      const since = performance.now();
      const unavailable = { code: 'store_unavailable', status: 503 };
      await Promise.all([
        expect(store.ping()).rejects.toMatchObject(unavailable),
        expect(store.sessions.findByUid(uid)).rejects.toMatchObject(unavailable),
        expect(end(store, uid)).rejects.toMatchObject(unavailable),
        expect(store.accounts.create(anAccount())).rejects.toMatchObject(unavailable),
        // The driver wraps what it says of these two.
        expect(store.provider.save(anArtifact())).rejects.toMatchObject(unavailable),
        expect(store.limits.fail(['somebody'], HOUR, T0)).rejects.toMatchObject(unavailable),
      ]);
      expect(performance.now() - since).toBeLessThan(SECONDS);
      const queuedAt = performance.now();
      const queue = Array.from({ length: 10 }, () => signIn(store, { accountId }));
      await Promise.all(queue.map((one) => expect(one).rejects.toMatchObject(unavailable)));
      expect(performance.now() - queuedAt).toBeLessThan(SECONDS);

      await mongod.start('rs0');
      await untilItAnswers(store);
      await expect(store.sessions.findByUid(uid)).resolves.toMatchObject({ session: { accountId } });
      await expect(end(store, uid)).resolves.toMatchObject({ kind: 'ended' });
      const again = Promise.withResolvers<void>();
      const unwatchAgain = await store.deliveries.watch(() => again.resolve());
      await again.promise;
      await Promise.all([unwatch(), unwatchAgain()]);
    }, 60_000);

    it('loses nothing that was answered before a kill -9', async () => {
      const store = await open(address);
      const { id: accountId } = await newAccount(store);
      const answered: string[] = [];
      for (let n = 0; n < 10; n += 1) {
        const { uid } = await signIn(store, { accountId });
        const result = await end(store, uid);
        if (result.kind === 'ended') answered.push(result.logout.id);
      }
      await mongod.kill();
      await mongod.start('rs0');
      await untilItAnswers(store);
      for (const id of answered) {
        await expect(store.logouts.progress(id)).resolves.toMatchObject({ total: 1, trying: 1 });
      }
    }, 60_000);

    it('that hangs instead is "store unavailable" within seconds as well', async () => {
      const store = await open(address);
      await store.ping();
      mongod.signal('SIGSTOP');
      try {
        const since = performance.now();
        await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable' });
        expect(performance.now() - since).toBeLessThan(SECONDS);
      } finally {
        mongod.signal('SIGCONT');
      }
      await untilItAnswers(store);
    }, 60_000);
  });

  describe('a database that several processes share', () => {
    it('hands each delivery to one of two engines that claim at once', async () => {
      const at = freshDatabaseUrl() ?? '';
      const [one, two] = [await open(at), await open(at)];
      const clients = Array.from({ length: 300 }, (_, n) => `app-${n}`);
      const { uid } = await signIn(one, { clients });
      await end(one, uid);
      for (const name of ['one', 'two']) await one.deliveries.beat({ processId: name, home: undefined }, T0 + HOUR);
      const [mine, yours] = await Promise.all([claimAll(one, 'one'), claimAll(two, 'two')]);
      expect(new Set([...mine, ...yours]).size).toBe(300);
      expect(mine.length + yours.length).toBe(300);
      expect(Math.min(mine.length, yours.length)).toBeGreaterThan(0);
    });

    it("lets one process's jumping clock move nobody else's rows, nor rob anybody", async () => {
      const at = freshDatabaseUrl() ?? '';
      const [one, two] = [await open(at), await open(at)];
      const { uid } = await signIn(one, { clients: ['wiki', 'mail', 'chat'] });
      await end(one, uid);
      const later = T0 + 9 * HOUR;
      const attempt = anAttempt({ verdict: 'retry', status: 500 });
      for (const [store, processId, limit] of [
        [one, 'one', 1],
        [two, 'two', 2],
      ] as const) {
        await store.deliveries.beat({ processId, home: undefined }, later);
        const { token, deliveries } = await store.deliveries.claim(aClaim({ processId, limit }));
        const again = { kind: 'again', attempt, nextAttemptAt: later, backoffMs: 1, refusal: false } as const;
        await store.deliveries.settle(token, [{ ...again, deliveryId: deliveries[0]?.id ?? '' }], []);
      }
      // The clock of one is set back by nine hours: what two has under way and what it put off stays as it is.
      await expect(one.deliveries.hasten('one', T0)).resolves.toBe(1);
      const { others } = await one.deliveries.beat({ processId: 'one', home: undefined }, T0);
      expect(others).toEqual([{ processId: 'two', home: undefined, silentMs: expect.any(Number) }]);
      expect(others[0]?.silentMs).toBeLessThan(HOUR);
      await expect(one.deliveries.rescue({ processId: 'one', now: later, dead: [], expired: true })).resolves.toBe(0);
      const states = (await one.deliveries.list({}, { limit: 9 })).map(({ nextAttemptAt }) => nextAttemptAt);
      expect(states.filter((due) => due === later)).toHaveLength(1);
      await expect(one.deliveries.nextDueAt()).resolves.toBe(T0);
    });

    it('answers what an unheard claim has taken, when that is repeated', async () => {
      const store = await open(freshDatabaseUrl() ?? '');
      const { uid } = await signIn(store, { clients: ['wiki', 'mail', 'chat'] });
      await end(store, uid);
      const request = aClaim({ limit: 2 });
      const unheard = await store.deliveries.claim(request);
      const heard = await store.deliveries.claim(request);
      const ids = ({ deliveries }: typeof heard) => deliveries.map(({ id }) => id);
      expect(ids(unheard)).toHaveLength(2);
      expect(ids(heard)).toEqual(expect.arrayContaining(ids(unheard)));
    });

    it('answers by its token what a write has leased of which nobody heard', async () => {
      const store = await open(freshDatabaseUrl() ?? '');
      const { uid } = await signIn(store, { clients: ['wiki', 'mail'] });
      await end(store, (await signIn(store, { clients: ['chat'] })).uid);
      const lease = aLease();
      await endLeased(store, uid, lease);
      const found = await store.deliveries.claim(aClaim({ ...lease, limit: 0 }));
      expect(found.deliveries.map(({ clientId }) => clientId).sort()).toEqual(['mail', 'wiki']);
    });

    it('is made once when two processes start together', async () => {
      const at = freshDatabaseUrl() ?? '';
      const opened = await Promise.all([open(at), open(at), open(at)]);
      await Promise.all(opened.map((store) => store.ping()));
    });

    it('wakes the other process when deliveries are to be made, not for leased ones, and not when they are over', async () => {
      const at = freshDatabaseUrl() ?? '';
      const [one, two] = [await open(at), await open(at)];
      const signedIn = await Promise.all([signIn(one), signIn(one), signIn(one)]);
      let calls = 0;
      let called = Promise.withResolvers<void>();
      const unwatch = await two.deliveries.watch(() => {
        calls += 1;
        called.resolve();
      });
      await called.promise;
      called = Promise.withResolvers();
      await end(one, signedIn[0].uid);
      await called.promise;
      const before = calls;
      const claim = await one.deliveries.claim(aClaim());
      await one.deliveries.settle(
        claim.token,
        claim.deliveries.map(({ id }) => told(id)),
        [],
      );
      await endLeased(one, signedIn[2].uid, aLease());
      // Longer than several changes are gathered: a call for one of them would have come.
      await pause(200);
      expect(calls).toBe(before);
      called = Promise.withResolvers();
      await end(one, signedIn[1].uid);
      await called.promise;
      expect(calls - before).toBe(1);
      await unwatch();
    });

    it('lets a hundred sign-ins of one account at once all begin', async () => {
      const store = await open(freshDatabaseUrl() ?? '');
      const { id: accountId } = await newAccount(store);
      const signedIn = await Promise.all(Array.from({ length: 100 }, () => signIn(store, { accountId })));
      expect(new Set(signedIn.map(({ uid }) => uid)).size).toBe(100);
    }, 60_000);

    it('loses no join of any account while the client is removed', async () => {
      const at = freshDatabaseUrl() ?? '';
      const [one, two] = [await open(at), await open(at)];
      for (let round = 0; round < 10; round += 1) {
        const clientId = unique('client');
        const joins = Array.from({ length: 20 }, () => join(one, clientId));
        const target = { kind: 'client', clientId } as const;
        await one.clients.save([{ clientId, state: 'active', source: 'file', sealed: 'v1.client', updatedAt: T0 }]);
        await Promise.race(joins);
        const cause = aCause({ reason: 'client-removed' });
        const result = await two.sessions.end(unique('logout'), target, cause, T0, planAll());
        const joined = (await Promise.all(joins)).filter((answer) => answer === 'joined').length;
        const total = result.kind === 'ended' ? (await two.logouts.progress(result.logout.id)).total : 0;
        expect(total).toBe(joined);
      }
    }, 60_000);

    it('waits seconds for what a process that died in mid transaction had written, not a minute', async () => {
      const at = freshDatabaseUrl() ?? '';
      const store = await open(at);
      const { uid, participations } = await signIn(store);
      const dead = await leaveOpen(at, async (db, session) => {
        await db.collection<{ _id: string }>('sessions').updateOne({ _id: uid }, { $inc: { writes: 1 } }, { session });
      });

      const since = performance.now();
      await expect(end(store, uid)).resolves.toMatchObject({ kind: 'ended' });
      expect(performance.now() - since).toBeLessThan(SECONDS);
      await dead();

      const deadEngine = await leaveOpen(at, async (db, session) => {
        await db.collection('deliveries').updateMany({}, { $set: { attempts: 9 } }, { session });
      });
      const claimed = await store.deliveries.claim(aClaim({ processId: 'alive' }));
      expect(claimed.deliveries.map(({ sid, attempts }) => [sid, attempts])).toEqual([[participations[0]?.sid, 0]]);
      expect(performance.now() - since).toBeLessThan(2 * SECONDS);
      await deadEngine();
    }, 60_000);

    it('is refused by an older program', async () => {
      const at = freshDatabaseUrl() ?? '';
      await open(at);
      const client = new MongoClient(at);
      await client
        .db()
        .collection<{ _id: string }>('meta')
        .updateOne({ _id: 'schema' }, { $set: { version: 99 } });
      await client.close();
      await expect(openMongoStore({ url: at, create: true })).rejects.toMatchObject({ code: 'store_newer' });
    });

    it('knows the e-mail addresses of accounts from before there was a key for them', async () => {
      const at = freshDatabaseUrl() ?? '';
      const store = await open(at);
      const claims = { email: 'Mira@Example.test', email_verified: true };
      const { id } = await newAccount(store, { claims });
      const client = new MongoClient(at);
      clients.push(client);
      await client
        .db()
        .collection('accounts')
        .updateMany({}, { $unset: { emailKey: '' } });
      await client
        .db()
        .collection<{ _id: string }>('meta')
        .updateOne({ _id: 'schema' }, { $set: { version: 1 } });

      const migrated = await open(at);

      await expect(migrated.accounts.findForSignIn('mira@example.test')).resolves.toMatchObject({ id });
    });

    it('is migrated by one process although a step takes longer than a silent holder keeps the lock', async () => {
      const client = new MongoClient(freshDatabaseUrl() ?? '', { readConcernLevel: 'majority' });
      clients.push(client);
      const db = client.db();
      let runs = 0;
      const slow = async () => {
        runs += 1;
        const first = await lockOf(db);
        for (let lock = first; lock.now <= first.until; lock = await lockOf(db));
      };
      await Promise.all([migrate(db, [slow], 300), migrate(db, [slow], 300)]);
      expect(runs).toBe(1);
      await expect(schemaVersion(db)).resolves.toBe(1);
    });

    it('is read as a majority has it and written to a majority, whatever its address says', async () => {
      const weak = 'readConcernLevel=local&w=1&journal=false&readPreference=nearest&wtimeoutMS=1';
      const heard = listenForCommands();
      try {
        const store = await open(`${monitored(freshDatabaseUrl() ?? '')}&${weak}`);
        await store.accounts.find('nobody');
        await store.ping();
      } finally {
        heard.stop();
      }
      const reads = heard.commands.filter((command) => 'find' in command);
      const writes = heard.commands.filter((command) => 'update' in command);
      expect(reads.length).toBeGreaterThan(0);
      expect(writes.length).toBeGreaterThan(0);
      expect(reads.map(({ readConcern }) => readConcern.level)).toEqual(reads.map(() => 'majority'));
      for (const { writeConcern } of writes) expect(writeConcern).toMatchObject({ w: 'majority', j: true });
    });

    it('is not made by a command that only looks', async () => {
      const at = freshDatabaseUrl() ?? '';
      await expect(openMongoStore({ url: at, create: false })).rejects.toMatchObject({ code: 'store_missing' });
      await open(at);
      await expect(open(at, false)).resolves.toBeDefined();
    });

    it('does not let in whom the server does not know, says so, and keeps the password to itself', async () => {
      const at = (freshDatabaseUrl() ?? '').replace('mongodb://', 'mongodb://nobody:hush-hush@');
      const refusal = await openMongoStore({ url: at, create: true }).catch((error: Error) => error);
      expect(refusal).toMatchObject({ code: 'store_access_denied' });
      expect(inspect(refusal, { depth: 10 })).not.toContain('hush-hush');
    });

    it('has no index that expires rows: a TTL would end a session and tell nobody', async () => {
      const at = freshDatabaseUrl() ?? '';
      await open(at);
      const client = new MongoClient(at);
      const collections = await client.db().collections();
      const indexes = (await Promise.all(collections.map((collection) => collection.indexes()))).flat();
      await client.close();
      expect(indexes.length).toBeGreaterThan(20);
      expect(indexes.filter((index) => 'expireAfterSeconds' in index)).toEqual([]);
    });
  });
});

function end(store: Store, uid: string) {
  return store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());
}

function aLease(): FirstLease {
  return { token: unique('lease'), processId: 'engine', leaseMs: HOUR, now: T0 };
}

function endLeased(store: Store, uid: string, lease: FirstLease) {
  const watch = { lease, leasing: () => undefined, written: () => undefined };
  return store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), T0, planAll(), watch);
}

const clients: MongoClient[] = [];

/** Both by the server's clock. */
async function lockOf(db: Db): Promise<{ until: Date; now: Date }> {
  const rows = db
    .collection('meta')
    .aggregate<{ until: Date; now: Date }>([
      { $match: { _id: 'migration-lock' } },
      { $project: { until: 1, now: '$$NOW' } },
    ]);
  return (await rows.next()) ?? Promise.reject(new Error('the lock is not held'));
}

/** As a killed process leaves it on the server: begun, and silent since. Answers a check that somebody ended it. */
async function leaveOpen(
  at: string,
  work: (db: Db, session: ClientSession) => Promise<void>,
): Promise<() => Promise<void>> {
  const client = new MongoClient(at, { appName: 'signoff' });
  clients.push(client);
  const session = client.startSession();
  session.startTransaction();
  await work(client.db(), session);
  return () => expect(session.commitTransaction()).rejects.toThrow('aborted');
}

async function claimAll(store: Store, processId: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { deliveries } = await store.deliveries.claim(aClaim({ limit: 20, processId }));
    if (deliveries.length === 0) return ids;
    ids.push(...deliveries.map(({ id }) => id));
  }
}

/** A first sign-in, whose code comes before its session. */
async function join(store: Store, clientId: string): ReturnType<Store['sessions']['join']> {
  const { id: accountId } = await newAccount(store);
  const participation = aParticipation({ sessionUid: unique('uid'), accountId, clientId });
  return store.sessions.join(participation, aCodeOf(participation), anOpening({ accountId }));
}

/** Each try waits for the server in the driver, so this does not spin. */
async function untilItAnswers(store: Store): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await store.ping();
    } catch (error) {
      if (tries === 10) throw error;
    }
  }
}
