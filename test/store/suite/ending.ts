import { describe, expect, it } from '@jest/globals';
import {
  aCodeOf,
  anOpening,
  aParticipation,
  aSessionWrite,
  DAY,
  newAccount,
  planAll,
  signIn,
  unique,
} from '../../support/builders.ts';
import { ENDED_AT, endings, sids } from './ending-fixture.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

export function endingSuite(make: MakePlace): void {
  const at = sharedStore(make);
  const { end, ended, told, isLive, exists, tokenOf } = endings(at);

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
        paused: false,
        pace: undefined,
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
        asked: false,
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

    it('leaves its offline tokens, with their grant, where they are to be kept', async () => {
      const { uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const [wiki, mail] = participations;
      const [bound, offline] = [await tokenOf(wiki, true), await tokenOf(wiki, false)];
      const bare = await ended({ kind: 'participation', sid: mail?.sid ?? '', offline: 'kept' });
      const logout = await ended({ kind: 'participation', sid: wiki?.sid ?? '', offline: 'kept' });
      await expect(told(logout)).resolves.toEqual(sids(wiki));
      await expect(told(bare)).resolves.toEqual(sids(mail));
      await expect(Promise.all([bound(), offline()])).resolves.toEqual([false, true]);
      await expect(exists('Grant', wiki?.grantId ?? '')).resolves.toBe(true);
      await expect(exists('Grant', mail?.grantId ?? '')).resolves.toBe(false);
      await expect(isLive(uid)).resolves.toBe(true);
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
}
