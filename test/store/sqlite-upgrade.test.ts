import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { SCHEMA_1 } from '../../src/store/sqlite/schema-1.ts';
import { SCHEMA_2 } from '../../src/store/sqlite/schema-2.ts';
import { DAY, T0 } from '../support/builders.ts';
import { APPS, CUT_OFF_AT, cutOffsHold } from './upgrade.ts';

let folder: string;
let db: DatabaseSync;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signoff-upgrade-'));
  db = new DatabaseSync(join(folder, 'signoff.db'));
  db.exec(SCHEMA_1);
  db.exec('PRAGMA user_version = 1');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function insert(table: string, row: Readonly<Record<string, string | number | null>>): void {
  const names = Object.keys(row);
  db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map((name) => `:${name}`)})`).run(row);
}

/** As version 1 wrote it. */
function fill(): void {
  const began = { device_name: 'Firefox', started_at: T0, last_seen_at: T0, idle_ms: DAY, expires_at: T0 + DAY };
  const generation = { gen_account: 0, gen_realm: 0 };
  const person = { username: 'alice', claims: '{}', password_hash: '', created_at: T0, password_changed_at: T0 };
  insert('accounts', { id: 'alice', state: 'active', generation: 0, ...person });
  insert('sessions', { uid: 'session', account_id: 'alice', state: 'live', due_at: T0 + DAY, ...generation, ...began });
  insert('cut_offs', { client_id: 'wiki', at: CUT_OFF_AT });
  for (const { sid, clientId, startedAt } of APPS) {
    const app = { account_id: 'alice', client_id: clientId, grant_id: `grant-of-${sid}` };
    const times = { started_at: startedAt, renewed_at: startedAt };
    insert('participations', { sid, session_uid: 'session', sub: 'alice', ...app, ...times });
    const grant = { model: 'Grant', id_hash: app.grant_id, sealed_payload: '', bound: 0, created_at: startedAt };
    insert('artifacts', { ...grant, ...app, ...generation });
  }
  const logout = { reason: 'user', actor_kind: 'user', at: CUT_OFF_AT, sessions_ended: 0, walking: 1 };
  const wiki = { kind: 'client', clientId: 'wiki' };
  const chat = { kind: 'account-client', accountId: 'alice', clientId: 'chat' };
  for (const target of [wiki, chat]) {
    const columns = { target: JSON.stringify(target), target_kind: target.kind, target_client_id: target.clientId };
    insert('logouts', { id: target.clientId, account_id: target === chat ? 'alice' : null, ...columns, ...logout });
  }
}

it('a store of the second schema keeps its apps, which had no check-up yet', async () => {
  db.exec(SCHEMA_2);
  db.exec('PRAGMA user_version = 2');
  const app = { client_id: 'wiki', state: 'active', sealed: 'v1.wiki', updated_at: T0 };
  insert('clients', { ...app, source: 'api' });
  db.close();
  const store = await openSqliteStore({ path: join(folder, 'signoff.db'), create: false });
  const record = { clientId: 'wiki', state: 'active', source: 'api', sealed: 'v1.wiki', updatedAt: T0 };
  await expect(store.clients.all()).resolves.toEqual([record]);
  await store.close();
});

it('a store of the first schema keeps its cut-offs, and the walks that were under way', async () => {
  fill();
  db.close();
  const store = await openSqliteStore({ path: join(folder, 'signoff.db'), create: false });
  try {
    await cutOffsHold(store);
  } finally {
    await store.close();
  }
  expect.hasAssertions();
});
