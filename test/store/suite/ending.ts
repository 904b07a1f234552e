import { describe, expect, it } from '@jest/globals';
import type { EndCause, EndTarget, Logout } from '../../../src/logout/logout.ts';
import type { NewParticipation, PlanDeliveries } from '../../../src/store/store.ts';
import {
  aCause,
  aCodeOf,
  aGrantOf,
  anOpening,
  aParticipation,
  aSessionWrite,
  aTokenOf,
  DAY,
  HOUR,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

export function endingSuite(make: MakePlace): void {
  const at = sharedStore(make);
  const ENDED_AT = T0 + HOUR;

  const end = (target: EndTarget, cause: Partial<EndCause> = {}, plan: PlanDeliveries = planAll()) =>
    at.store.sessions.end(unique('logout'), target, aCause(cause), ENDED_AT, plan);

  async function ended(target: EndTarget, cause: Partial<EndCause> = {}, plan?: PlanDeliveries): Promise<Logout> {
    const result = await end(target, cause, plan);
    if (result.kind === 'nothing') throw new Error('there was nothing to end');
    return result.logout;
  }

  async function told(logout: Logout): Promise<string[]> {
    const deliveries = await at.store.deliveries.list({ logoutId: logout.id }, { limit: 100 });
    return deliveries.map((delivery) => delivery.sid).sort();
  }

  const sids = (...participations: readonly (NewParticipation | undefined)[]) =>
    participations.map((each) => each?.sid ?? '').sort();

  const isLive = async (uid: string) => (await at.store.sessions.findByUid(uid)) !== undefined;
  const exists = async (model: string, idHash: string) =>
    (await at.store.provider.find(model, idHash, ENDED_AT)) !== undefined;

  /** A refresh token beside the grant that `signIn` made. */
  async function tokenOf(participation: NewParticipation | undefined, bound: boolean): Promise<() => Promise<boolean>> {
    if (!participation) throw new Error('no participation');
    const token = aTokenOf(participation, { bound });
    await at.store.provider.save(token);
    return () => exists('RefreshToken', token.idHash);
  }

  describe('a session', () => {
    it('ends with every app of it, one delivery each', async () => {
      const { uid, accountId, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const spared = await signIn(at.store, { accountId });
      const receipt = { linkHash: unique('link'), sealedContinueUri: 'v1.sealed' };
      const actor = { kind: 'client', id: 'wiki' } as const;
      const logout = await ended(
        { kind: 'session', uid },
        { reason: 'app', actor, scope: 'all-here', clientId: 'wiki', receipt },
      );
      expect(logout).toEqual({
        id: logout.id,
        target: { kind: 'session', uid },
        scope: 'all-here',
        reason: 'app',
        actor,
        at: ENDED_AT,
        accountId,
        clientId: 'wiki',
        sealedContinueUri: 'v1.sealed',
        sessionsEnded: 1,
        walking: false,
      });
      await expect(at.store.logouts.find(logout.id)).resolves.toEqual(logout);
      await expect(at.store.logouts.findByLink(receipt.linkHash)).resolves.toEqual(logout);
      await expect(told(logout)).resolves.toEqual(sids(...participations));
      const view = await at.store.sessions.get(uid);
      expect(view?.session).toMatchObject({ state: 'ended', endedAt: ENDED_AT, logoutId: logout.id });
      for (const each of view?.participations ?? []) {
        expect(each).toMatchObject({ endedAt: ENDED_AT, logoutId: logout.id });
      }
      await expect(isLive(spared.uid)).resolves.toBe(true);
    });

    it('makes deliveries as planned; what cannot or need not be told is final at once', async () => {
      const { uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail', 'chat'] });
      const [wiki] = participations;
      const states = { wiki: 'trying', mail: 'cannot-be-told', chat: 'moot' } as const;
      const deadline = { at: ENDED_AT + DAY, becomes: 'moot' } as const;
      const plan = planAll(({ clientId }) => ({ state: states[clientId as 'wiki'], deadline }));
      const logout = await ended({ kind: 'session', uid }, {}, plan);
      const deliveries = await at.store.deliveries.list({ logoutId: logout.id }, { limit: 10 });
      const byClient = new Map(deliveries.map((delivery) => [delivery.clientId, delivery]));
      expect(byClient.get('wiki')).toEqual({
        id: expect.any(String),
        logoutId: logout.id,
        clientId: 'wiki',
        accountId: wiki?.accountId,
        sessionUid: uid,
        sid: wiki?.sid,
        sub: wiki?.sub,
        state: 'trying',
        origin: 'https://wiki.test',
        createdAt: ENDED_AT,
        attempts: 0,
        refusals: 0,
        backoffMs: 0,
        nextAttemptAt: ENDED_AT,
        lastAttemptAt: undefined,
        lastStatus: undefined,
        lastError: undefined,
        deadline,
      });
      expect(byClient.get('mail')).toMatchObject({ state: 'cannot-be-told', nextAttemptAt: undefined });
      expect(byClient.get('chat')).toMatchObject({ state: 'moot', nextAttemptAt: undefined });
    });

    it('ends once', async () => {
      const { uid } = await signIn(at.store);
      await ended({ kind: 'session', uid });
      await expect(end({ kind: 'session', uid })).resolves.toEqual({ kind: 'nothing' });
      await expect(end({ kind: 'session', uid: 'nobody' })).resolves.toEqual({ kind: 'nothing' });
    });

    it('ends although it has only arrived', async () => {
      const { id: accountId } = await newAccount(at.store);
      const participation = aParticipation({ sessionUid: unique('uid'), accountId });
      const { sessionUid: uid } = participation;
      await at.store.sessions.join(participation, aCodeOf(participation), anOpening({ accountId }));
      const logout = await ended({ kind: 'session', uid });
      expect(logout.sessionsEnded).toBe(1);
      await expect(told(logout)).resolves.toEqual([participation.sid]);
      const late = aSessionWrite({ uid, opening: anOpening({ accountId }) });
      await expect(at.store.sessions.save(late)).resolves.toBe('ended');
    });

    it('ends although no app is in it', async () => {
      const { uid } = await signIn(at.store, { clients: [] });
      const logout = await ended({ kind: 'session', uid });
      await expect(told(logout)).resolves.toEqual([]);
    });

    it('takes its grants and tokens along', async () => {
      const { uid, participations } = await signIn(at.store);
      const [wiki] = participations;
      const bound = await tokenOf(wiki, true);
      const offline = await tokenOf(wiki, false);
      await ended({ kind: 'session', uid });
      await expect(Promise.all([bound(), offline(), exists('Grant', wiki?.grantId ?? '')])).resolves.toEqual([
        false,
        false,
        false,
      ]);
    });

    it('leaves offline tokens, with their grant, to the apps that keep them', async () => {
      const { uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const [wiki, mail] = participations;
      const bound = await tokenOf(wiki, true);
      const offline = await tokenOf(wiki, false);
      const lost = await tokenOf(mail, false);
      await ended({ kind: 'session', uid }, { keepsOffline: (clientId) => clientId === 'wiki' });
      await expect(Promise.all([bound(), offline(), lost()])).resolves.toEqual([false, true, false]);
      await expect(exists('Grant', wiki?.grantId ?? '')).resolves.toBe(true);
      await expect(exists('Grant', mail?.grantId ?? '')).resolves.toBe(false);
    });

    it('takes a grant on which nothing offline hangs, from apps that would keep it too', async () => {
      const { uid, participations } = await signIn(at.store);
      const bound = await tokenOf(participations[0], true);
      await ended({ kind: 'session', uid }, { keepsOffline: () => true });
      await expect(bound()).resolves.toBe(false);
      await expect(exists('Grant', participations[0]?.grantId ?? '')).resolves.toBe(false);
    });

    it('takes tokens of a grant that was made anew since the app joined', async () => {
      const { uid, participations } = await signIn(at.store);
      const [wiki] = participations;
      if (!wiki) throw new Error('nobody signed in');
      const offline = await tokenOf({ ...wiki, grantId: unique('grant') }, false);
      await ended({ kind: 'session', uid });
      await expect(offline()).resolves.toBe(false);
    });
  });

  describe('a participation', () => {
    it('ends alone: the session and its other apps stay', async () => {
      const { uid, accountId, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const [wiki, mail] = participations;
      const logout = await ended({ kind: 'participation', sid: wiki?.sid ?? '' }, { scope: 'app-here' });
      expect(logout).toMatchObject({ sessionsEnded: 0, accountId, walking: false });
      await expect(told(logout)).resolves.toEqual(sids(wiki));
      await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({
        authorizations: { mail: { sid: mail?.sid } },
        signedOffClients: ['wiki'],
      });
    });

    it('takes every live sid of the app in this session along, and its offline tokens', async () => {
      const { uid, accountId, participations } = await signIn(at.store, { clients: ['wiki', 'wiki', 'mail'] });
      const elsewhere = await signIn(at.store, { accountId, clients: ['wiki'] });
      const [first, second, mail] = participations;
      const tokens = [await tokenOf(first, false), await tokenOf(second, false), await tokenOf(mail, false)];
      const keepsOffline = () => true;
      const logout = await ended({ kind: 'participation', sid: first?.sid ?? '' }, { keepsOffline });
      await expect(told(logout)).resolves.toEqual(sids(first, second));
      await expect(Promise.all(tokens.map((isThere) => isThere()))).resolves.toEqual([false, false, true]);
      await expect(isLive(uid)).resolves.toBe(true);
      await expect(at.store.sessions.participation(elsewhere.participations[0]?.sid ?? '')).resolves.toMatchObject({
        endedAt: undefined,
      });
    });

    it('ends once, and takes what a late token left behind', async () => {
      const { participations } = await signIn(at.store);
      const target = { kind: 'participation', sid: participations[0]?.sid ?? '' } as const;
      await ended(target);
      const late = await tokenOf(participations[0], false);
      await expect(end(target)).resolves.toEqual({ kind: 'nothing' });
      await expect(late()).resolves.toBe(false);
      await expect(end({ kind: 'participation', sid: 'nobody' })).resolves.toEqual({ kind: 'nothing' });
    });
  });

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
      expect(session).toMatchObject({ session: { generation: { account: 1 } }, today: { account: 1 } });
      const grant = await at.store.provider.find('Grant', here.participations[0]?.grantId ?? '', ENDED_AT);
      expect(grant).toMatchObject({ generation: { account: 1, realm: 0 }, today: { account: 1, realm: 0 } });
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
      await at.store.clients.save([{ clientId, state: 'active', sealed: 'v1.sealed', updatedAt: T0 }]);
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

    it('judges grants by its cut-off, which no loading of client files undoes', async () => {
      const clientId = unique('client');
      const { participations } = await signIn(at.store, { clients: ['wiki'] });
      await ended({ kind: 'client', clientId });
      await at.store.clients.save([{ clientId, state: 'active', sealed: 'v1.sealed', updatedAt: T0 }]);
      const participation = participations[0];
      if (!participation) throw new Error('nobody signed in');
      const grant = aGrantOf({ ...participation, clientId, grantId: unique('grant') });
      await at.store.provider.save(grant);
      await expect(at.store.provider.find('Grant', grant.idHash, T0)).resolves.toMatchObject({ cutOffAt: ENDED_AT });
    });

    it('makes a logout although nobody was in it', async () => {
      await ended({ kind: 'client', clientId: unique('client') });
    });
  });
}
