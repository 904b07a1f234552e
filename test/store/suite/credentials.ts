import { expect, it } from '@jest/globals';
import { CREDENTIALS_MAX, type Passkey, type Totp } from '../../../src/accounts/credential.ts';
import type { NewCredential } from '../../../src/store/store.ts';
import { aCause, HOUR, newAccount, planAll, T0, unique } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';
import { anEvent } from './news-fixture.ts';

const SILENT = { events: [], mails: [] } as const;

function aTotp(given: Partial<Totp> & { accountId: string }): Totp {
  const facts = { name: 'Phone', createdAt: T0, lastUsedAt: undefined };
  return { id: unique('totp'), kind: 'totp', ...facts, sealedSecret: 'v1.sealed', lastStep: 0, ...given };
}

function aPasskey(given: Partial<Passkey> & { accountId: string }): Passkey {
  return {
    id: unique('credential'),
    kind: 'passkey',
    name: 'Laptop',
    createdAt: T0,
    lastUsedAt: undefined,
    passkeyId: unique('passkey'),
    publicKey: 'cose',
    counter: 0,
    transports: ['internal', 'hybrid'],
    synced: true,
    ...given,
  };
}

export function credentialsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const add = (credential: NewCredential['credential'], recoveryHashes: readonly string[] = [], news = SILENT) =>
    at.store.credentials.add({ credential, recoveryHashes, news });
  const of = (accountId: string) => at.store.credentials.ofAccount(accountId);
  const end = (accountId: string, accountChange: NonNullable<ReturnType<typeof aCause>['accountChange']>) =>
    at.store.sessions.end(
      unique('logout'),
      { kind: 'account', accountId },
      aCause({ accountChange }),
      T0 + HOUR,
      planAll(),
    );

  it('gives back what it was given, oldest first, and of this account only', async () => {
    const [alice, bob] = [await newAccount(at.store), await newAccount(at.store)];
    const laptop = aPasskey({ accountId: alice.id, createdAt: T0 + 1 });
    const phone = aTotp({ accountId: alice.id });
    expect([await add(laptop, ['h1', 'h2']), await add(phone, ['h3'])]).toEqual(['first', 'added']);
    await add(aTotp({ accountId: bob.id }));
    await expect(of(alice.id)).resolves.toEqual({ list: [phone, laptop], recoveryCodes: 2 });
    await expect(at.store.credentials.findPasskey(laptop.passkeyId)).resolves.toEqual(laptop);
    await expect(at.store.credentials.findPasskey('unknown')).resolves.toBeUndefined();
    await expect(of('nobody')).resolves.toEqual({ list: [], recoveryCodes: 0 });
  });

  it('adds none to an account that is not active, no passkey twice, and no more than a sign-in can look at', async () => {
    const { id: accountId } = await newAccount(at.store);
    await expect(add(aTotp({ accountId: 'nobody' }))).resolves.toBe('gone');
    const laptop = aPasskey({ accountId });
    await expect(add(laptop, ['h1'])).resolves.toBe('first');
    await expect(add({ ...laptop, id: unique('other') })).resolves.toBe('taken');
    for (let count = 1; count < CREDENTIALS_MAX; count++) await add(aTotp({ accountId }));
    await expect(add(aTotp({ accountId }))).resolves.toBe('full');
    expect((await of(accountId)).list).toHaveLength(CREDENTIALS_MAX);
    await end(accountId, { state: 'disabled' });
    await expect(add(aTotp({ accountId }))).resolves.toBe('gone');
  });

  it('counts those that come at once one after the other', async () => {
    const { id: accountId } = await newAccount(at.store);
    await add(aTotp({ accountId }), ['h1']);
    for (let count = 2; count < CREDENTIALS_MAX; count++) await add(aTotp({ accountId }));
    const another = await at.place.open();
    const answers = await Promise.all(
      [at.store, another].map((store) =>
        store.credentials.add({ credential: aTotp({ accountId }), recoveryHashes: [], news: SILENT }),
      ),
    );
    expect(answers.sort()).toEqual(['added', 'full']);
  });

  it('tells of it in the same write', async () => {
    const { id: accountId } = await newAccount(at.store);
    const event = anEvent({ accountId, kind: 'credential' });
    const phone = aTotp({ accountId });
    await at.store.credentials.add({ credential: phone, recoveryHashes: [], news: { events: [event], mails: [] } });
    const removed = anEvent({ accountId, kind: 'credential', at: T0 + 1 });
    await at.store.credentials.remove(accountId, phone.id, { events: [removed], mails: [] });
    await at.store.credentials.remove(accountId, phone.id, { events: [anEvent({ accountId })], mails: [] });
    await expect(at.store.activity.list(accountId, {}, 10)).resolves.toEqual([removed, event]);
  });

  it('takes a new name, from its owner only', async () => {
    const [alice, bob] = [await newAccount(at.store), await newAccount(at.store)];
    const phone = aTotp({ accountId: alice.id });
    await add(phone);
    await expect(at.store.credentials.rename(alice.id, phone.id, 'Tablet')).resolves.toBe(true);
    await expect(at.store.credentials.rename(bob.id, phone.id, 'Mine')).resolves.toBe(false);
    await expect(at.store.credentials.remove(bob.id, phone.id, SILENT)).resolves.toBe(false);
    expect((await of(alice.id)).list).toEqual([{ ...phone, name: 'Tablet' }]);
  });

  it('takes the recovery codes away with the last one', async () => {
    const { id: accountId } = await newAccount(at.store);
    const [phone, laptop] = [aTotp({ accountId }), aPasskey({ accountId })];
    await add(phone, ['h1', 'h2']);
    await add(laptop);
    await at.store.credentials.remove(accountId, phone.id, SILENT);
    expect((await of(accountId)).recoveryCodes).toBe(2);
    await at.store.credentials.remove(accountId, laptop.id, SILENT);
    await expect(of(accountId)).resolves.toEqual({ list: [], recoveryCodes: 0 });
    await expect(at.store.credentials.useRecoveryCode(accountId, 'h1')).resolves.toBe(false);
  });

  it('takes a time step once, and none before it', async () => {
    const { id: accountId } = await newAccount(at.store);
    const phone = aTotp({ accountId });
    await add(phone);
    const another = await at.place.open();
    const twice = await Promise.all([at.store, another].map((store) => store.credentials.useTotp(phone.id, 7, T0 + 5)));
    expect(twice.sort()).toEqual([false, true]);
    await expect(at.store.credentials.useTotp(phone.id, 6, T0 + 6)).resolves.toBe(false);
    await expect(at.store.credentials.useTotp(phone.id, 8, T0 + 7)).resolves.toBe(true);
    expect((await of(accountId)).list).toEqual([{ ...phone, lastStep: 8, lastUsedAt: T0 + 7 }]);
  });

  it('takes an answer of a passkey once, and none whose counter went back', async () => {
    const { id: accountId } = await newAccount(at.store);
    const laptop = aPasskey({ accountId });
    const key = aPasskey({ accountId, counter: 4 });
    await add(laptop);
    await add(key);
    const use = (id: string, counter: number, challengedAt: number, now: number) =>
      at.store.credentials.usePasskey(id, { counter, challengedAt, now });
    const answer = () => use(laptop.id, 0, T0 + 10, T0 + 20);
    expect((await Promise.all([answer(), answer()])).sort()).toEqual([false, true]);
    await expect(use(laptop.id, 0, T0 + 20, T0 + 30)).resolves.toBe(false);
    await expect(use(laptop.id, 0, T0 + 21, T0 + 30)).resolves.toBe(true);
    await expect(use(key.id, 4, T0 + 10, T0 + 20)).resolves.toBe(false);
    await expect(use(key.id, 0, T0 + 10, T0 + 20)).resolves.toBe(false);
    await expect(use(key.id, 5, T0 + 10, T0 + 20)).resolves.toBe(true);
    await expect(at.store.credentials.findPasskey(key.passkeyId)).resolves.toMatchObject({
      counter: 5,
      lastUsedAt: T0 + 20,
    });
  });

  it('takes a recovery code once, and new ones in the place of all', async () => {
    const { id: accountId } = await newAccount(at.store);
    await expect(at.store.credentials.replaceRecoveryCodes(accountId, ['h0'], SILENT)).resolves.toBe(false);
    await add(aTotp({ accountId }), ['h1', 'h2']);
    const another = await at.place.open();
    const use = (hash: string, store = at.store) => store.credentials.useRecoveryCode(accountId, hash);
    expect((await Promise.all([use('h1'), use('h1', another)])).sort()).toEqual([false, true]);
    await expect(at.store.credentials.replaceRecoveryCodes(accountId, ['h3', 'h4', 'h5'], SILENT)).resolves.toBe(true);
    expect([await use('h2'), await use('h3'), (await of(accountId)).recoveryCodes]).toEqual([false, true, 2]);
  });

  it('goes with its account, and with an end that says so', async () => {
    const [alice, bob, carol] = [await newAccount(at.store), await newAccount(at.store), await newAccount(at.store)];
    const key = aPasskey({ accountId: carol.id });
    for (const { id: accountId } of [alice, bob, carol]) await add(aTotp({ accountId }), ['h1']);
    await add(key);
    await end(alice.id, { state: 'deleted' });
    await end(bob.id, { removeCredentials: 'all' });
    await end(carol.id, { removeCredentials: key.id });
    await expect(of(alice.id)).resolves.toEqual({ list: [], recoveryCodes: 0 });
    await expect(of(bob.id)).resolves.toEqual({ list: [], recoveryCodes: 0 });
    await expect(of(carol.id)).resolves.toMatchObject({ list: [{ kind: 'totp' }], recoveryCodes: 1 });
  });
}
