import { expect, it } from '@jest/globals';
import type { FailedTry } from '../../../src/activity/news.ts';
import type { EndResult } from '../../../src/logout/logout.ts';
import {
  aCause,
  aCodeOf,
  anOpening,
  aParticipation,
  aSessionWrite,
  DAY,
  HOUR,
  MINUTE,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';
import { aMail, anEvent } from './news-fixture.ts';

export function activitySuite(make: MakePlace): void {
  const at = freshStore(make);
  const eventsOf = (accountId: string) => at.store.activity.list(accountId, {}, 100);
  const end = (target: Parameters<typeof at.store.sessions.end>[1], given: Parameters<typeof aCause>[0] = {}) =>
    at.store.sessions.end(unique('logout'), target, aCause(given), T0 + HOUR, planAll());

  it('tells of a sign-in once, with its app and device, whatever is saved afterwards', async () => {
    const { id: accountId } = await newAccount(at.store);
    const uid = unique('uid');
    const opening = anOpening({ accountId, clientId: 'wiki', locale: 'de' });
    const first = aParticipation({ sessionUid: uid, accountId });
    await at.store.sessions.join(first, aCodeOf(first), opening);
    await expect(eventsOf(accountId)).resolves.toEqual([]);
    await at.store.sessions.save(aSessionWrite({ uid, opening }));
    await at.store.sessions.save(aSessionWrite({ uid, now: T0 + HOUR, opening }));
    await expect(eventsOf(accountId)).resolves.toEqual([
      anEvent({
        id: uid,
        accountId,
        kind: 'sign-in',
        session: uid,
        device: 'Firefox on Linux',
        clientId: 'wiki',
      }),
    ]);
    await expect(at.store.accounts.find(accountId)).resolves.toMatchObject({ locale: 'de' });
  });

  it('tells nothing of a sign-in that was refused', async () => {
    const { id: accountId } = await newAccount(at.store);
    await end({ kind: 'account', accountId }, { accountChange: { state: 'disabled' } });
    const opening = anOpening({ accountId });
    await expect(at.store.sessions.save(aSessionWrite({ uid: unique('uid'), opening }))).resolves.toBe('ended');
    expect((await eventsOf(accountId)).map(({ kind }) => kind)).toEqual(['logout']);
  });

  it('tells of the end of a session, of an app in it, and of an account, by its logout', async () => {
    const { accountId, uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
    const sid = participations[0]?.sid ?? '';
    const from = { session: uid, device: 'A phone', place: 'Norway' };
    await end({ kind: 'participation', sid }, { reason: 'app', actor: { kind: 'client', id: 'wiki' } });
    await end({ kind: 'session', uid }, { reason: 'idle', actor: { kind: 'system' }, scope: 'all-here' });
    await end({ kind: 'account', accountId }, { from, scope: 'all-everywhere' });
    const told = (await eventsOf(accountId)).filter(({ kind }) => kind === 'logout').reverse();
    expect(told.map(({ reason, actor, detail }) => [reason, actor, detail?.['target'], detail?.['scope']])).toEqual(
      [
        ['app', 'client', 'participation', null],
        ['idle', 'system', 'session', 'all-here'],
        ['user', 'user', 'account', 'all-everywhere'],
      ].sort(),
    );
    expect(told.every(({ id, logoutId, session }) => id === logoutId && session === uid)).toBe(true);
    expect(told.map(({ clientId }) => clientId)).toContain('wiki');
    expect(told.map(({ device }) => device)).toContain('A phone');
  });

  it('tells of each of several ends, and of none that was none', async () => {
    const [first, second] = [await signIn(at.store), await signIn(at.store)];
    const ends = [first, second, first].map(({ uid }) => ({ id: unique('logout'), uid, reason: 'idle' as const }));
    const shared = { actor: { kind: 'system' }, keepsOffline: () => false } as const;
    const results: EndResult[] = [];
    const endTwo = async () => {
      const rest = ends.slice(results.length, 2);
      results.push(...(await at.store.sessions.endSome(rest, shared, T0 + HOUR, planAll())));
    };
    // A short write takes as many as it can.
    while (results.length < 2) await endTwo();
    await at.store.sessions.endSome(ends.slice(2), shared, T0 + HOUR, planAll());
    expect(results.map(({ kind }) => kind)).toEqual(['ended', 'ended']);
    for (const [index, { accountId, uid }] of [first, second].entries()) {
      const told = (await eventsOf(accountId)).filter(({ kind }) => kind === 'logout');
      expect(told).toEqual([
        expect.objectContaining({ id: ends[index]?.id, session: uid, device: 'Firefox on Linux', reason: 'idle' }),
      ]);
    }
  });

  it('tells each account once that an app ended for everybody', async () => {
    const alice = await signIn(at.store, { clients: ['shop'] });
    await signIn(at.store, { accountId: alice.accountId, clients: ['shop'] });
    const bob = await signIn(at.store, { clients: ['shop'] });
    const carol = await signIn(at.store, { clients: ['wiki'] });
    const result = await end({ kind: 'client', clientId: 'shop' }, { reason: 'client-removed' });
    const logoutId = result.kind === 'ended' ? result.logout.id : '';
    while ((await at.store.sessions.continueEnd(logoutId, { keepsOffline: () => false, plan: planAll() })) === 'more');
    const told = async ({ accountId }: { accountId: string }) =>
      (await eventsOf(accountId)).filter(({ kind }) => kind === 'logout');
    for (const one of [alice, bob]) {
      await expect(told(one)).resolves.toEqual([expect.objectContaining({ clientId: 'shop', logoutId })]);
    }
    await expect(told(carol)).resolves.toEqual([]);
  });

  it('brings along what else an end tells of, or nothing where it is none', async () => {
    const { accountId, uid } = await signIn(at.store);
    const [event, mail] = [anEvent({ accountId, at: T0 + HOUR }), aMail({ accountId })];
    const news = { events: [event], mails: [mail] };
    await end({ kind: 'session', uid: 'nobody' }, { news });
    await expect(at.store.mails.find(mail.id)).resolves.toBeUndefined();
    await end({ kind: 'session', uid }, { news });
    await expect(eventsOf(accountId)).resolves.toContainEqual(event);
    await expect(at.store.mails.find(mail.id)).resolves.toMatchObject({ state: 'waiting' });
  });

  it('withdrawn consent is an end of the app, also where nothing but the consent was left', async () => {
    const { accountId } = await signIn(at.store, { clients: ['wiki'] });
    for (const clientId of ['wiki', 'mail']) await at.store.accounts.allow(accountId, clientId, ['openid'], T0);
    const revoke = (clientId: string) =>
      end({ kind: 'account-client', accountId, clientId }, { reason: 'consent-revoked' });
    await expect(end({ kind: 'account-client', accountId, clientId: 'mail' })).resolves.toEqual({ kind: 'nothing' });
    for (const clientId of ['wiki', 'mail']) {
      await expect(revoke(clientId)).resolves.toMatchObject({ kind: 'ended' });
      await expect(at.store.accounts.consent(accountId, clientId)).resolves.toEqual([]);
      await expect(revoke(clientId)).resolves.toEqual({ kind: 'nothing' });
    }
    const told = (await eventsOf(accountId)).filter(({ reason }) => reason === 'consent-revoked');
    expect(told.map(({ clientId }) => clientId).toSorted()).toEqual(['mail', 'wiki']);
  });

  it('lists consents, and tells of a new one', async () => {
    const { id: accountId } = await newAccount(at.store);
    const event = anEvent({ accountId, kind: 'consent', clientId: 'wiki', detail: { scopes: ['email'] } });
    await at.store.accounts.allow(accountId, 'wiki', ['email'], T0, { events: [event], mails: [] });
    await at.store.accounts.allow(accountId, 'mail', ['openid'], T0);
    await expect(at.store.accounts.consents(accountId, 10)).resolves.toEqual([
      { clientId: 'mail', scopes: ['openid'], updatedAt: T0 },
      { clientId: 'wiki', scopes: ['email'], updatedAt: T0 },
    ]);
    await expect(eventsOf(accountId)).resolves.toEqual([event]);
  });

  it('failed tries of one address are one event of the day, with a count', async () => {
    const tried: FailedTry = { accountId: 'alice', addressHash: 'one', device: 'curl', place: 'Norway' };
    const fail = (now: number, given: Partial<FailedTry> = {}) =>
      at.store.limits.fail(['a'], HOUR, now, { ...tried, ...given });
    await fail(T0);
    await Promise.all([fail(T0 + MINUTE), fail(T0 + MINUTE)]);
    await fail(T0, { addressHash: 'another' });
    await fail(T0 + DAY);
    const told = await at.store.activity.list('alice', { kind: 'failed' }, 10);
    expect(told.map(({ at: when, detail }) => [when, detail?.['count']])).toEqual([
      [T0 + DAY, 1],
      [T0 + MINUTE, 3],
      [T0, 1],
    ]);
    expect(told[1]).toMatchObject({
      device: 'curl',
      place: 'Norway',
      detail: { first_at: new Date(T0).toISOString() },
    });
  });

  it('lists newest first, of one kind or all, page by page from a row that may be gone', async () => {
    const event = (n: number) =>
      anEvent({ id: `e${n}`, accountId: 'alice', at: T0 + (n >> 1), kind: n % 3 === 0 ? 'consent' : 'password' });
    const events = Array.from({ length: 9 }, (_, n) => event(n));
    await at.store.mails.post({ events: [...events, anEvent({ accountId: 'bob' })], mails: [] });
    const ids = async (...asked: Parameters<typeof at.store.activity.list>) =>
      (await at.store.activity.list(...asked)).map(({ id }) => id);
    await expect(ids('alice', {}, 4)).resolves.toEqual(['e8', 'e7', 'e6', 'e5']);
    await expect(ids('alice', { after: event(5) }, 4)).resolves.toEqual(['e4', 'e3', 'e2', 'e1']);
    await expect(ids('alice', { kind: 'consent', after: event(6) }, 4)).resolves.toEqual(['e3', 'e0']);
    await expect(ids('alice', { after: { at: T0 + 1, id: 'e2x' } }, 2)).resolves.toEqual(['e2', 'e1']);
    await expect(at.store.activity.removeBefore(T0 + 2, 3)).resolves.toBe(3);
    await expect(at.store.activity.removeBefore(T0 + 2, 3)).resolves.toBe(2);
    await expect(ids('alice', {}, 9)).resolves.toEqual(['e8', 'e7', 'e6', 'e5', 'e4']);
  });

  it('a device that an account never signed in with brings a mail, its first one and known ones do not', async () => {
    const begin = await signingInOn();
    expect([await begin('laptop'), await begin('laptop'), await begin('phone'), await begin('phone')]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    const { id: other } = await newAccount(at.store);
    const opening = anOpening({
      accountId: other,
      device: { name: 'Firefox', key: 'phone', place: undefined },
      ifNewDevice: aMail(),
    });
    await at.store.sessions.save(aSessionWrite({ uid: unique('uid'), cookieHash: unique('cookie'), opening }));
    await expect(at.store.mails.list({}, { limit: 10 })).resolves.toHaveLength(1);
  });

  it('of more than 200 devices of an account the one is forgotten that was not seen for longest', async () => {
    const begin = await signingInOn();
    for (let n = 0; n <= 200; n += 1) await begin(`device ${n}`, T0 + n);
    expect([await begin('device 1', T0 + 201), await begin('device 0', T0 + 202)]).toEqual([false, true]);
    expect([await begin('device 3', T0 + 203), await begin('device 2', T0 + 204)]).toEqual([false, true]);
  });

  /** Somebody new; each sign-in answers whether it brought a mail about a new device. */
  async function signingInOn() {
    const { id: accountId } = await newAccount(at.store);
    return async (key: string, now = T0): Promise<boolean> => {
      const mail = aMail({ accountId, kind: 'new-device' });
      const opening = anOpening({ accountId, device: { name: 'Firefox', key, place: undefined }, ifNewDevice: mail });
      await at.store.sessions.save(aSessionWrite({ uid: unique('uid'), cookieHash: unique('cookie'), opening, now }));
      return (await at.store.mails.find(mail.id)) !== undefined;
    };
  }
}
