import { describe, expect, it } from '@jest/globals';
import { newAccount, signIn, T0, unique } from '../../support/builders.ts';
import { ENDED_AT, endings, sids } from './ending-fixture.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

/** Targets of more than one session. */
export function endingAccountsSuite(make: MakePlace): void {
  const at = sharedStore(make);
  const { end, ended, told, isLive, exists, tokenOf } = endings(at);

  describe('an account', () => {
    it('ends with all its sessions and apps, and of a new generation', async () => {
      const first = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const { accountId } = first;
      const second = await signIn(at.store, { accountId });
      const other = await signIn(at.store);
      const logout = await ended({ kind: 'account', accountId });
      expect(logout).toMatchObject({ accountId, sessionsEnded: 2 });
      await expect(told(logout)).resolves.toEqual(sids(...first.participations, ...second.participations));
      await expect(at.store.sessions.generation(accountId)).resolves.toEqual({ account: 1, realm: 0 });
      await expect(Promise.all([first.uid, second.uid, other.uid].map(isLive))).resolves.toEqual([false, false, true]);
    });

    it('takes offline grants along, also of sessions that ended before', async () => {
      const { accountId, uid, participations } = await signIn(at.store);
      const offline = await tokenOf(participations[0], false);
      await ended({ kind: 'session', uid }, { keepsOffline: () => true });
      await expect(offline()).resolves.toBe(true);
      const logout = await ended({ kind: 'account', accountId }, { keepsOffline: () => true });
      expect(logout.sessionsEnded).toBe(0);
      await expect(offline()).resolves.toBe(false);
      await expect(exists('Grant', participations[0]?.grantId ?? '')).resolves.toBe(false);
    });

    it('makes a logout each time', async () => {
      const { id: accountId } = await newAccount(at.store);
      await ended({ kind: 'account', accountId });
      await ended({ kind: 'account', accountId });
      await expect(at.store.sessions.generation(accountId)).resolves.toMatchObject({ account: 2 });
    });

    it('spares one session, lifted with its grants over the new generation', async () => {
      const here = await signIn(at.store);
      const { accountId } = here;
      const there = await signIn(at.store, { accountId });
      const logout = await ended({ kind: 'account', accountId, exceptUid: here.uid });
      await expect(told(logout)).resolves.toEqual(sids(...there.participations));
      const session = await at.store.sessions.findByUid(here.uid);
      expect(session).toMatchObject({ session: { generation: { account: 1 } } });
      const grant = await at.store.provider.find('Grant', here.participations[0]?.grantId ?? '', ENDED_AT);
      expect(grant).toMatchObject({ generation: { account: 1, realm: 0 } });
      await expect(exists('Grant', there.participations[0]?.grantId ?? '')).resolves.toBe(false);
    });

    it('spares no session of somebody else', async () => {
      const alice = await signIn(at.store);
      const bob = await signIn(at.store);
      await ended({ kind: 'account', accountId: alice.accountId, exceptUid: bob.uid });
      await expect(at.store.sessions.findByUid(bob.uid)).resolves.toMatchObject({
        session: { generation: { account: 0 } },
      });
      await expect(isLive(alice.uid)).resolves.toBe(false);
    });

    it('is disabled in the same write', async () => {
      const { accountId } = await signIn(at.store);
      await ended({ kind: 'account', accountId }, { accountChange: { state: 'disabled' } });
      await expect(at.store.accounts.find(accountId)).resolves.toMatchObject({ state: 'disabled', generation: 1 });
    });

    it('is deleted in the same write: nothing personal stays, the name is free, the id is not', async () => {
      const account = await newAccount(at.store, { username: unique('Alice') });
      await at.store.accounts.allow(account.id, 'wiki', ['email'], T0);
      await ended({ kind: 'account', accountId: account.id }, { accountChange: { state: 'deleted' } });
      const left = await at.store.accounts.find(account.id);
      expect(left).toMatchObject({ id: account.id, state: 'deleted', claims: {}, passwordHash: '' });
      expect(JSON.stringify(left)).not.toContain(account.username);
      await expect(at.store.accounts.findByUsername(account.username)).resolves.toBeUndefined();
      await expect(at.store.accounts.consent(account.id, 'wiki')).resolves.toEqual([]);
      await newAccount(at.store, { username: account.username });
    });

    it('gets a new password in the same write', async () => {
      const { accountId } = await signIn(at.store);
      await ended({ kind: 'account', accountId }, { accountChange: { passwordHash: 'new' } });
      await expect(at.store.accounts.find(accountId)).resolves.toMatchObject({
        state: 'active',
        passwordHash: 'new',
        passwordChangedAt: ENDED_AT,
      });
    });

    it('that is not there has nothing to end', async () => {
      await expect(end({ kind: 'account', accountId: 'nobody' })).resolves.toEqual({ kind: 'nothing' });
    });
  });

  describe('one app of an account', () => {
    it('ends on all devices, sessions stay', async () => {
      const here = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const { accountId } = here;
      const there = await signIn(at.store, { accountId, clients: ['wiki'] });
      const other = await signIn(at.store, { clients: ['wiki'] });
      const logout = await ended({ kind: 'account-client', accountId, clientId: 'wiki' });
      expect(logout).toMatchObject({ accountId, sessionsEnded: 0 });
      await expect(told(logout)).resolves.toEqual(sids(here.participations[0], there.participations[0]));
      await expect(Promise.all([here.uid, there.uid, other.uid].map(isLive))).resolves.toEqual([true, true, true]);
      await expect(at.store.sessions.generation(accountId)).resolves.toMatchObject({ account: 0 });
    });

    it('takes every grant of this account and app, offline ones of ended sessions included', async () => {
      const { accountId, uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const [wiki, mail] = participations;
      const gone = await tokenOf(wiki, false);
      const kept = await tokenOf(mail, false);
      await ended({ kind: 'session', uid }, { keepsOffline: () => true });
      await end({ kind: 'account-client', accountId, clientId: 'wiki' });
      await expect(Promise.all([gone(), kept()])).resolves.toEqual([false, true]);
    });

    it('that is in no session has nothing to end', async () => {
      const { accountId } = await signIn(at.store, { clients: ['mail'] });
      const target = { kind: 'account-client', accountId, clientId: 'wiki' } as const;
      await expect(end(target)).resolves.toEqual({ kind: 'nothing' });
    });
  });

  describe('a client', () => {
    it("is removed: everybody's participations end, sessions stay, a cut-off is left behind", async () => {
      const clientId = unique('client');
      await at.store.clients.save([{ clientId, state: 'active', source: 'file', sealed: 'v1.sealed', updatedAt: T0 }]);
      const alice = await signIn(at.store, { clients: [clientId, 'mail'] });
      const bob = await signIn(at.store, { clients: [clientId] });
      const offline = await tokenOf(alice.participations[0], false);
      const logout = await ended({ kind: 'client', clientId }, { reason: 'client-removed', keepsOffline: () => true });
      expect(logout).toMatchObject({ accountId: undefined, sessionsEnded: 0 });
      await expect(told(logout)).resolves.toEqual(sids(alice.participations[0], bob.participations[0]));
      await expect(Promise.all([alice.uid, bob.uid].map(isLive))).resolves.toEqual([true, true]);
      await expect(offline()).resolves.toBe(false);
      await expect(at.store.clients.all()).resolves.toContainEqual(
        expect.objectContaining({ clientId, state: 'removed', sealed: 'v1.sealed' }),
      );
    });

    it('stays registered when it was only signed off from', async () => {
      const clientId = unique('client');
      const record = { clientId, state: 'active', source: 'file', sealed: 'v1.sealed', updatedAt: T0 } as const;
      await at.store.clients.save([record]);
      await ended({ kind: 'client', clientId }, { reason: 'operator' });
      await expect(at.store.clients.all()).resolves.toContainEqual(record);
    });

    it('makes a logout although nobody was in it', async () => {
      await ended({ kind: 'client', clientId: unique('client') });
    });
  });
}
