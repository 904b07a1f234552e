import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Document, MongoClient } from 'mongodb';
import { openMongoStore } from '../../src/store/mongo/open.ts';
import { schema1 } from '../../src/store/mongo/schema-1.ts';
import { DAY, T0 } from '../support/builders.ts';
import { freshDatabaseUrl } from '../support/mongo-server.ts';
import { APPS, CUT_OFF_AT, cutOffsHold } from './upgrade.ts';

const url = freshDatabaseUrl();

(url === undefined ? describe.skip : describe)('MongoDB', () => {
  let client: MongoClient;
  beforeEach(async () => {
    client = new MongoClient(url ?? '');
    await schema1(client.db());
    await insert('meta', { _id: 'schema', version: 1 });
  });
  afterEach(() => client.close());

  async function insert(collection: string, row: Document & { _id: string }): Promise<void> {
    await client.db().collection<{ _id: string }>(collection).insertOne(row);
  }

  /** As version 1 wrote it: the walk of an app of one account had ended all of it, and owed the deliveries. */
  async function fill(): Promise<void> {
    const began = { device: { name: 'Firefox' }, startedAt: T0, lastSeenAt: T0, idleMs: DAY, expiresAt: T0 + DAY };
    const generation = { account: 0, realm: 0 };
    await insert('accounts', { _id: 'alice', state: 'active', generation: 0, username: 'alice', starts: 0 });
    const session = { accountId: 'alice', state: 'live', generation, dueAt: T0 + DAY, writes: 1, ...began };
    await insert('sessions', { _id: 'session', ...session });
    await insert('cut_offs', { _id: 'wiki', at: CUT_OFF_AT });
    await insert('gates', { _id: 'wiki 0', passed: 0, cutOffAt: CUT_OFF_AT });
    for (const { sid, clientId, startedAt } of APPS) {
      const app = { accountId: 'alice', clientId, grantId: `grant-of-${sid}` };
      const owed = { state: 'owed', endedAt: CUT_OFF_AT, logoutId: 'chat' };
      const state = sid === 'old-chat' ? owed : { state: 'live' };
      const times = { startedAt, renewedAt: startedAt };
      await insert('participations', { _id: sid, sessionUid: 'session', sub: 'alice', ...app, ...times, ...state });
      if (sid === 'old-chat') continue;
      const grant = { model: 'Grant', sealedPayload: '', bound: false, createdAt: startedAt, generation };
      await insert('artifacts', { _id: `Grant ${app.grantId}`, ...grant, ...app });
    }
    const logout = { reason: 'user', actor: { kind: 'user' }, at: CUT_OFF_AT, sessionsEnded: 0, walking: true };
    await insert('logouts', { _id: 'wiki', target: { kind: 'client', clientId: 'wiki' }, ...logout });
    const chat = { kind: 'account-client', accountId: 'alice', clientId: 'chat' };
    await insert('logouts', { _id: 'chat', target: chat, accountId: 'alice', ...logout });
  }

  it('a store of the first schema keeps its cut-offs, and the walks that were under way', async () => {
    await fill();
    const store = await openMongoStore({ url: url ?? '', create: false });
    try {
      await cutOffsHold(store);
    } finally {
      await store.close();
    }
    expect.hasAssertions();
  });
});
