import { expect, it } from '@jest/globals';
import { fits } from '../../../src/store/audit-chain.ts';
import type { AuditRow, Store } from '../../../src/store/store.ts';
import {
  aCause,
  anAccount,
  anAuditEntry,
  aSigningKey,
  HOUR,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function auditSuite(make: MakePlace): void {
  const at = freshStore(make);
  const actions = async (store: Store) => (await store.audit.chain(0, 100)).map(({ action }) => action);

  /** Each row fits the one before, from the start to the end. */
  async function verified(store: Store): Promise<readonly AuditRow[]> {
    const { start, end } = await store.audit.bounds();
    const rows = await store.audit.chain(0, 1_000);
    let last = start;
    for (const row of rows) {
      expect(fits(row, last)).toBe(true);
      last = row;
    }
    expect({ seq: last.seq, hash: last.hash }).toEqual(end);
    return rows;
  }

  it('is written with each thing that an operator can do, and not where nothing was done', async () => {
    const { store } = at;
    const done = (action: string) => anAuditEntry({ action });
    const account = anAccount();
    await store.accounts.create(account, done('create'));
    await store.accounts.create(anAccount({ username: account.username }), done('never'));
    await store.accounts.setClaims(account.id, { name: 'A' }, done('claims'));
    await store.accounts.setClaims(unique('nobody'), {}, done('never'));
    await store.accounts.enable(account.id, done('never'));
    const record = { clientId: 'wiki', state: 'active', source: 'file', sealed: 'v1.', updatedAt: T0 } as const;
    await store.clients.replace(record, undefined, done('client'));
    await store.clients.replace(record, undefined, done('never'));
    await store.clients.checkedUp('wiki', record, { grade: 'A', at: T0 }, done('check-up'));
    await store.keys.saveSigningKeys([aSigningKey()], done('keys'));
    await store.keys.replaceCookieKeys('not these', 'v1.', done('never'));
    await store.deliveries.retry({ clientId: 'wiki' }, T0, T0 + HOUR, done('retry'));
    const { uid } = await signIn(store, { accountId: account.id });
    const end = (target: Parameters<Store['sessions']['end']>[1], action: string) =>
      store.sessions.end(unique('logout'), target, { ...aCause(), audit: done(action) }, T0, planAll());
    await end({ kind: 'session', uid }, 'end');
    await end({ kind: 'session', uid }, 'never');
    await end({ kind: 'account', accountId: account.id }, 'end account');
    await store.operators.setRole(account.id, 'owner', T0, done('role'));
    await expect(actions(store)).resolves.toEqual([
      'create',
      'claims',
      'client',
      'check-up',
      'keys',
      'retry',
      'end',
      'end account',
      'role',
    ]);
    await verified(store);
  });

  it('gives back what it was given, in a chain in which no row can be changed', async () => {
    await expect(at.store.audit.bounds()).resolves.toEqual({ start: { seq: 0, hash: '' }, end: { seq: 0, hash: '' } });
    const full = anAuditEntry({ from: '192.0.2.1', reason: 'asked by mail', before: '{"a":1}', after: '{"a":2}' });
    const bare = anAuditEntry();
    await at.store.accounts.create(anAccount(), full);
    await at.store.accounts.create(anAccount(), bare);
    const [first, second] = await verified(at.store);
    expect(first).toMatchObject({ ...full, seq: 1, previous: '' });
    expect(second).toMatchObject({ ...bare, seq: 2, previous: first?.hash });
    if (!first || !second) throw new Error('there are two rows');
    for (const forged of [{ after: '{"a":3}' }, { from: undefined }, { at: T0 + 1 }, { seq: 3 }]) {
      expect(fits({ ...first, ...forged }, { seq: 0, hash: '' })).toBe(false);
    }
    expect(fits(second, { seq: 1, hash: 'another' })).toBe(false);
  });

  it('has no gap and no fork, however many write at once', async () => {
    const another = await at.place.open();
    const write = (store: Store) => store.accounts.create(anAccount(), anAuditEntry());
    await Promise.all(Array.from({ length: 8 }, () => [write(at.store), write(another)]).flat());
    await expect(verified(at.store)).resolves.toHaveLength(16);
  });

  it('is listed newest first, of a subject, of an actor, of an action, and all of these', async () => {
    const write = (subject: string, id: string, action: string) =>
      at.store.accounts.create(anAccount(), anAuditEntry({ subject, actor: { kind: 'account', id }, action }));
    await write('client wiki', 'ann', 'clients.change');
    await write('client mail', 'ann', 'clients.change');
    await write('client wiki', 'bob', 'clients.change');
    await write('client wiki', 'bob', 'clients.remove');
    const seqs = async (filter: Parameters<Store['audit']['list']>[0], limit = 10) =>
      (await at.store.audit.list(filter, limit)).map(({ seq }) => seq);
    await expect(seqs({})).resolves.toEqual([4, 3, 2, 1]);
    await expect(seqs({}, 2)).resolves.toEqual([4, 3]);
    await expect(seqs({ before: 3 })).resolves.toEqual([2, 1]);
    await expect(seqs({ subject: 'client wiki' })).resolves.toEqual([4, 3, 1]);
    await expect(seqs({ subject: 'client wiki', before: 4 })).resolves.toEqual([3, 1]);
    await expect(seqs({ actorId: 'ann' })).resolves.toEqual([2, 1]);
    await expect(seqs({ action: 'clients.change' })).resolves.toEqual([3, 2, 1]);
    await expect(seqs({ actorId: 'bob', action: 'clients.change' })).resolves.toEqual([3]);
    await expect(seqs({ subject: 'client wiki', actorId: 'bob', action: 'clients.remove' })).resolves.toEqual([4]);
  });

  it('loses its oldest rows when they are old, and still fits from where it begins', async () => {
    const times = [T0, T0 + 2, T0 + 1, T0 + 3];
    for (const when of times) await at.store.accounts.create(anAccount(), anAuditEntry({ at: when }));
    await expect(at.store.audit.removeBefore(T0, 10)).resolves.toBe(0);
    await expect(at.store.audit.removeBefore(T0 + 2, 10)).resolves.toBe(1);
    await expect(verified(at.store)).resolves.toHaveLength(3);
    await expect(at.store.audit.removeBefore(T0 + 9, 2)).resolves.toBe(2);
    await expect(verified(at.store)).resolves.toMatchObject([{ seq: 4 }]);
    await expect(at.store.audit.removeBefore(T0 + 9, 2)).resolves.toBe(1);
    await newAccount(at.store);
    await at.store.accounts.create(anAccount(), anAuditEntry());
    await expect(verified(at.store)).resolves.toMatchObject([{ seq: 5 }]);
  });
}
