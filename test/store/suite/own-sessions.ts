import { expect, it } from '@jest/globals';
import type { OwnCursor, OwnPage, OwnSession } from '../../../src/store/store.ts';
import {
  aCause,
  aCodeOf,
  anOpening,
  aParticipation,
  aSessionWrite,
  HOUR,
  MINUTE,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

const NOW = T0 + 2 * HOUR;

export function ownSessionsSuite(make: MakePlace): void {
  const at = freshStore(make);

  const page = (given: Partial<OwnPage> = {}): OwnPage => ({
    firstUid: 'none',
    now: NOW,
    endedSince: T0,
    limit: 50,
    ...given,
  });
  const own = (accountId: string, given: Partial<OwnPage> = {}) => at.store.sessions.own(accountId, page(given));
  const uidsOf = async (accountId: string, given: Partial<OwnPage> = {}) =>
    (await own(accountId, given)).map(({ session }) => session.uid);
  const end = (uid: string, when = NOW) =>
    at.store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), when, planAll());

  /** Four that live, used in this order, and two that ended. */
  async function aCrowd() {
    const { id: accountId } = await newAccount(at.store);
    const uids = [];
    for (let n = 0; n < 6; n += 1) uids.push((await signIn(at.store, { accountId, at: T0 + n * MINUTE })).uid);
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = uids;
    await at.store.sessions.touch(a, T0 + HOUR);
    await end(e, T0 + HOUR);
    await end(f, T0 + HOUR + MINUTE);
    await signIn(at.store);
    return { accountId, live: [a, d, c, b], ended: [f, e] };
  }

  it('come first, then by last use, then those that ended, newest first; nobody else’s', async () => {
    const { accountId, live, ended } = await aCrowd();
    const [a, d, c, b] = live;
    await expect(uidsOf(accountId)).resolves.toEqual([...live, ...ended]);
    await expect(uidsOf(accountId, { firstUid: b as string })).resolves.toEqual([b, a, d, c, ...ended]);
    await expect(uidsOf(accountId, { endedSince: T0 + HOUR + 1 })).resolves.toEqual([...live, ended[0]]);
  });

  it('come page by page, each once, also when one is used or ends in between', async () => {
    const { accountId, live, ended } = await aCrowd();
    const [a = '', d = '', c = '', b = ''] = live;
    await expect(walk(accountId, b, 2)).resolves.toEqual([b, a, d, c, ...ended]);
    await expect(walk(accountId, b, 5)).resolves.toEqual([b, a, d, c, ...ended]);
    const first = await own(accountId, { limit: 2 });
    await at.store.sessions.touch(d, T0 + HOUR + 5 * MINUTE);
    await expect(uidsOf(accountId, { limit: 2, after: cursor(first.at(-1)) })).resolves.toEqual([c, b]);
    await end(c);
    await expect(uidsOf(accountId, { limit: 2, after: cursor(first.at(-1)) })).resolves.toEqual([b, c]);
  });

  async function walk(accountId: string, firstUid: string, limit: number): Promise<readonly string[]> {
    const seen: string[] = [];
    let after: OwnCursor | undefined;
    for (;;) {
      const rows = await own(accountId, { firstUid, limit, ...(after && { after }) });
      seen.push(...rows.map(({ session }) => session.uid));
      if (rows.length < limit) return seen;
      after = cursor(rows.at(-1));
    }
  }

  function cursor(row: OwnSession | undefined): OwnCursor {
    if (row === undefined) throw new Error('there is no last row');
    const { uid, endedAt, lastSeenAt } = row.session;
    return endedAt === undefined ? { state: 'live', at: lastSeenAt, uid } : { state: 'ended', at: endedAt, uid };
  }

  it('leave out what is dead: due, of an older generation, still to come', async () => {
    const { id: accountId } = await newAccount(at.store);
    const old = await signIn(at.store, { accountId });
    const kept = await signIn(at.store, { accountId, at: NOW });
    const lost = aParticipation({ sessionUid: unique('uid'), accountId });
    await at.store.sessions.join(lost, aCodeOf(lost), anOpening({ accountId }));
    await expect(uidsOf(accountId, { now: T0 + 12 * HOUR })).resolves.toEqual([kept.uid]);
    const target = { kind: 'account', accountId, exceptUid: kept.uid } as const;
    await at.store.sessions.end('others', target, aCause(), NOW, planAll());
    const rows = await own(accountId);
    expect(rows.map(({ session }) => session.state)).toEqual(['live', 'ended', 'ended']);
    expect(new Set(rows.map(({ session }) => session.uid))).toEqual(new Set([kept.uid, old.uid, lost.sessionUid]));
    expect(rows[1]?.logout).toMatchObject({ id: 'others', reason: 'user', actor: aCause().actor, accountId });
  });

  it('say of each app where it is signed in, or what became of telling it', async () => {
    const { uid, accountId, participations } = await signIn(at.store, { clients: ['wiki', 'mail', 'chat'] });
    const [wiki, mail] = participations;
    const plan = planAll(({ clientId }) => (clientId === 'mail' ? { state: 'cannot-be-told' } : {}));
    for (const one of [wiki, mail]) {
      const target = { kind: 'participation', sid: one?.sid ?? '' } as const;
      await at.store.sessions.end(unique('logout'), target, aCause(), NOW, plan);
    }
    const states = async () =>
      Object.fromEntries((await own(accountId))[0]?.apps.map((app) => [app.participation.clientId, app.state]) ?? []);
    await expect(states()).resolves.toEqual({ wiki: 'trying', mail: 'cannot-be-told', chat: 'live' });
    const again = aParticipation({ sessionUid: uid, accountId, clientId: 'mail', startedAt: NOW });
    await at.store.sessions.join(again, aCodeOf(again), undefined);
    await expect(states()).resolves.toEqual({ wiki: 'trying', mail: 'live', chat: 'live' });
    const everywhere = { kind: 'account-client', accountId, clientId: 'chat' } as const;
    await at.store.sessions.end('l3', everywhere, aCause(), NOW, planAll());
    await expect(states()).resolves.toEqual({ wiki: 'trying', mail: 'live', chat: 'trying' });
  });

  it('keep where they began, and that a computer is shared', async () => {
    const { id: accountId } = await newAccount(at.store);
    const uid = unique('uid');
    const device = { name: 'Firefox on Linux', key: undefined, place: 'PT' };
    const opening = anOpening({ accountId, device, shared: true });
    await at.store.sessions.save(aSessionWrite({ uid, opening }));
    const shown = async () => (await own(accountId))[0]?.session;
    await expect(shown()).resolves.toMatchObject({ device: { place: 'PT' }, shared: true });
    await end(uid);
    await expect(shown()).resolves.toMatchObject({ state: 'ended', device: { place: 'PT' }, shared: true });
  });

  it('are counted, with the apps inside', async () => {
    const { accountId, uid } = await signIn(at.store, { clients: ['wiki', 'mail'] });
    await signIn(at.store, { accountId, clients: ['wiki', 'wiki'] });
    const ended = await signIn(at.store, { accountId, clients: ['wiki'] });
    await end(ended.uid);
    await signIn(at.store, { clients: ['wiki'] });
    await expect(at.store.sessions.reach(accountId)).resolves.toEqual({
      sessions: 2,
      apps: [
        { clientId: 'mail', sessions: 1, signIns: 1 },
        { clientId: 'wiki', sessions: 2, signIns: 3 },
      ],
    });
    await expect(at.store.sessions.reach(accountId, uid)).resolves.toEqual({
      sessions: 1,
      apps: [{ clientId: 'wiki', sessions: 1, signIns: 2 }],
    });
    await expect(at.store.sessions.reach('nobody')).resolves.toEqual({ sessions: 0, apps: [] });
  });

  it('are too many from the one on that began before the last few', async () => {
    const { id: accountId } = await newAccount(at.store);
    const uids = [];
    for (const n of [3, 1, 2, 0]) uids.push((await signIn(at.store, { accountId, at: T0 + n * MINUTE })).uid);
    const [latest = '', second, third, first] = uids;
    await signIn(at.store);
    const surplus = (keep: number, limit = 10) => at.store.sessions.surplus(accountId, keep, limit);
    await expect(surplus(4)).resolves.toEqual([]);
    await expect(surplus(1)).resolves.toEqual([third, second, first]);
    await expect(surplus(1, 1)).resolves.toEqual([third]);
    await end(latest);
    await expect(surplus(1)).resolves.toEqual([second, first]);
  });

  it('carry the name of their browser, all of them and the next ones, until it is taken back', async () => {
    const laptop = await signIn(at.store, { deviceKey: 'laptop' });
    const { accountId } = laptop;
    const bare = await signIn(at.store, { accountId });
    const bob = await signIn(at.store, { deviceKey: 'laptop' });
    const names = async (id = accountId) =>
      Object.fromEntries((await own(id)).map(({ session, givenName }) => [session.uid, givenName]));
    await expect(at.store.sessions.nameDevice(accountId, laptop.uid, 'Work', NOW)).resolves.toBe(true);
    await expect(at.store.sessions.nameDevice(accountId, bare.uid, 'Kiosk', NOW)).resolves.toBe(true);
    const told = await at.store.activity.list(accountId, { kind: 'name' }, 9);
    expect(told.map(({ session, detail }) => [session, detail?.['name']]).toSorted()).toEqual(
      [
        [laptop.uid, 'Work'],
        [bare.uid, 'Kiosk'],
      ].toSorted(),
    );
    await end(laptop.uid);
    const next = await signIn(at.store, { accountId, deviceKey: 'laptop' });
    await expect(names()).resolves.toEqual({ [laptop.uid]: 'Work', [bare.uid]: 'Kiosk', [next.uid]: 'Work' });
    await expect(names(bob.accountId)).resolves.toEqual({ [bob.uid]: undefined });
    await expect(at.store.sessions.nameDevice(accountId, bob.uid, 'Mine', NOW)).resolves.toBe(false);
    await expect(at.store.sessions.nameDevice(accountId, 'nothing', 'Mine', NOW)).resolves.toBe(false);
    await expect(names(bob.accountId)).resolves.toEqual({ [bob.uid]: undefined });
    await at.store.sessions.nameDevice(accountId, next.uid, undefined, NOW);
    await expect(names()).resolves.toMatchObject({ [laptop.uid]: undefined, [bare.uid]: 'Kiosk' });
  });

  it('of an account that is deleted have no name, and no more than a hundred are remembered', async () => {
    const { accountId, uid } = await signIn(at.store, { deviceKey: 'device-0' });
    await at.store.sessions.nameDevice(accountId, uid, 'first', NOW);
    for (let n = 1; n <= 100; n += 1) {
      const { uid: other } = await signIn(at.store, { accountId, clients: [], deviceKey: `device-${n}` });
      await at.store.sessions.nameDevice(accountId, other, `name ${n}`, NOW + n);
    }
    const given = (await own(accountId, { limit: 200 })).map(({ givenName }) => givenName);
    expect(given.filter((name) => name !== undefined)).toHaveLength(100);
    expect(given).not.toContain('first');
    const cause = aCause({ accountChange: { state: 'deleted' } });
    await at.store.sessions.end('gone', { kind: 'account', accountId }, cause, NOW, planAll());
    const after = await own(accountId, { limit: 200 });
    expect(after).toHaveLength(101);
    expect(after.map(({ givenName }) => givenName).filter((name) => name !== undefined)).toEqual([]);
  });
}
