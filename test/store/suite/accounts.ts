import { expect, it } from '@jest/globals';
import type { Page } from '../../../src/store/store.ts';
import { aCause, anAccount, newAccount, planAll, T0, unique } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function accountsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const change = (accountId: string, state: 'disabled' | 'deleted') =>
    at.store.sessions.end(
      unique('logout'),
      { kind: 'account', accountId },
      aCause({ accountChange: { state } }),
      T0,
      planAll(),
    );

  it('keep a password that is hashed anew, for whoever saw the hash before', async () => {
    const account = anAccount();
    await at.store.accounts.create(account);
    await expect(at.store.accounts.rehash(account.id, 'another', '$new')).resolves.toBe(false);
    await expect(at.store.accounts.rehash(account.id, account.passwordHash, '$new')).resolves.toBe(true);
    await expect(at.store.accounts.find(account.id)).resolves.toEqual({ ...account, passwordHash: '$new' });
  });

  it('gives back what it was given, by id and by name', async () => {
    const account = await newAccount(at.store, { username: 'Álice', claims: { name: 'Alice', nested: { a: [1] } } });
    await expect(at.store.accounts.find(account.id)).resolves.toEqual(account);
    await expect(at.store.accounts.findByUsername('Álice')).resolves.toEqual(account);
    await expect(at.store.accounts.find('nobody')).resolves.toBeUndefined();
    await expect(at.store.accounts.findByUsername('nobody')).resolves.toBeUndefined();
  });

  it('finds a name in any case and Unicode form, and gives it once', async () => {
    const account = await newAccount(at.store, { username: 'Élodie' });
    await expect(at.store.accounts.findByUsername(' ÉLODIE ')).resolves.toEqual(account);
    await expect(at.store.accounts.create(anAccount({ username: 'élodie' }))).resolves.toBe('taken');
  });

  it('finds who signs in by name, and by an e-mail address that is verified, in any case', async () => {
    const claims = { email: 'Alice@Example.test', email_verified: true };
    const alice = await newAccount(at.store, { username: 'alice', claims });
    await newAccount(at.store, { username: 'bob', claims: { email: 'bob@example.test' } });
    const find = async (name: string) => (await at.store.accounts.findForSignIn(name))?.id;
    expect(await Promise.all([' ALICE ', 'alice@example.TEST', 'Alice@Example.test'].map(find))).toEqual(
      Array(3).fill(alice.id),
    );
    expect(await Promise.all(['bob@example.test', 'nobody@example.test', ''].map(find))).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('finds nobody by an e-mail address of two accounts; a name that looks like one goes first', async () => {
    const shared = { email: 'team@example.test', email_verified: true };
    await newAccount(at.store, { claims: shared });
    const second = await newAccount(at.store, { claims: shared });
    await expect(at.store.accounts.findForSignIn('team@example.test')).resolves.toBeUndefined();
    await change(second.id, 'disabled');
    await expect(at.store.accounts.findForSignIn('team@example.test')).resolves.toBeUndefined();
    const named = await newAccount(at.store, { username: 'Team@example.test' });
    await expect(at.store.accounts.findForSignIn('team@example.test')).resolves.toMatchObject({ id: named.id });
  });

  it('an e-mail address goes with its claim, with its verification and with its account', async () => {
    const verified = { email: 'carol@example.test', email_verified: true };
    const { id } = await newAccount(at.store);
    const find = async () => (await at.store.accounts.findForSignIn('carol@example.test'))?.id;
    const seen = [await find()];
    for (const claims of [verified, { ...verified, email_verified: false }, verified, { name: 'Carol' }, verified]) {
      await at.store.accounts.setClaims(id, claims);
      seen.push(await find());
    }
    await change(id, 'deleted');
    expect([...seen, await find()]).toEqual([undefined, id, undefined, id, undefined, id, undefined]);
  });

  it('gives a name to one of two who ask at once', async () => {
    const another = await at.place.open();
    const username = unique('Name');
    const answers = await Promise.all(
      [at.store, another].map((store) => store.accounts.create(anAccount({ username }))),
    );
    expect(answers.sort()).toEqual(['created', 'taken']);
  });

  it('lists by name, page by page, without deleted ones', async () => {
    const [bob, alice, carol, dave] = [
      await newAccount(at.store, { username: 'bob' }),
      await newAccount(at.store, { username: 'Alice' }),
      await newAccount(at.store, { username: 'carol' }),
      await newAccount(at.store, { username: 'dave' }),
    ];
    await change(carol.id, 'deleted');
    await change(dave.id, 'disabled');
    const first = await at.store.accounts.list({}, { limit: 2 });
    expect(first.map((account) => account.id)).toEqual([alice.id, bob.id]);
    const second = await at.store.accounts.list({}, { limit: 2, after: bob.id });
    expect(second.map((account) => account.id)).toEqual([dave.id]);
  });

  it('lists those whose user name begins as somebody typed it, page by page', async () => {
    const usernames = ['search', 'SearchÄ', 'search b', 'search\u{1f600}', 'searcH%', 'search_', 'searc', 'seasrch'];
    const ids = await Promise.all(usernames.map(async (username) => (await newAccount(at.store, { username })).id));
    const [whole, umlaut, blank, emoji, percent, line] = ids;
    const found = async (beginning: string, page: Page) =>
      (await at.store.accounts.list({ beginning }, page)).map((account) => account.id);
    await expect(found(' SEARCH', { limit: 10 })).resolves.toEqual([whole, blank, percent, line, umlaut, emoji]);
    await expect(found('search', { limit: 2 })).resolves.toEqual([whole, blank]);
    await expect(found('search', { limit: 2, after: String(percent) })).resolves.toEqual([line, umlaut]);
    await expect(found('search_', { limit: 10 })).resolves.toEqual([line]);
    await expect(found('nobody begins so', { limit: 10 })).resolves.toEqual([]);
  });

  it('changes claims, but not of a deleted account', async () => {
    const { id } = await newAccount(at.store);
    await at.store.accounts.setClaims(id, { name: 'Alice' });
    await expect(at.store.accounts.find(id)).resolves.toMatchObject({ claims: { name: 'Alice' } });
    await change(id, 'deleted');
    await at.store.accounts.setClaims(id, { name: 'Alice' });
    expect((await at.store.accounts.find(id))?.claims).toEqual({});
  });

  it('enables what was disabled, and never what was deleted', async () => {
    const { id } = await newAccount(at.store);
    await change(id, 'disabled');
    await expect(at.store.accounts.find(id)).resolves.toMatchObject({ state: 'disabled', generation: 1 });
    await at.store.accounts.enable(id);
    await expect(at.store.accounts.find(id)).resolves.toMatchObject({ state: 'active', generation: 1 });
    await change(id, 'deleted');
    await at.store.accounts.enable(id);
    await expect(at.store.accounts.find(id)).resolves.toMatchObject({ state: 'deleted' });
  });

  it('is not undone by a later change: deleted stays deleted', async () => {
    const { id } = await newAccount(at.store);
    await change(id, 'deleted');
    await change(id, 'disabled');
    await expect(at.store.accounts.find(id)).resolves.toMatchObject({ state: 'deleted', generation: 2 });
  });

  it('remembers which scopes were allowed to which app', async () => {
    await expect(at.store.accounts.consent('alice', 'wiki')).resolves.toEqual([]);
    await at.store.accounts.allow('alice', 'wiki', ['openid', 'email'], T0);
    await at.store.accounts.allow('alice', 'wiki', ['email', 'profile'], T0);
    await at.store.accounts.allow('alice', 'mail', ['phone'], T0);
    const scopes = await at.store.accounts.consent('alice', 'wiki');
    expect(scopes.toSorted()).toEqual(['email', 'openid', 'profile']);
    await expect(at.store.accounts.consent('bob', 'wiki')).resolves.toEqual([]);
  });
}
