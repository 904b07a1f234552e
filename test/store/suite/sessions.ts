import { expect, it } from '@jest/globals';
import type { SessionFilter } from '../../../src/store/store.ts';
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

export function sessionsSuite(make: MakePlace): void {
  const at = freshStore(make);

  it('gives back a session with its participations, oldest first', async () => {
    const { uid, accountId, participations } = await signIn(at.store, {
      clients: ['wiki', 'mail'],
      deviceKey: 'device',
    });
    const view = await at.store.sessions.get(uid);
    expect(view?.session).toEqual({
      uid,
      accountId,
      state: 'live',
      generation: { account: 0, realm: 0 },
      device: { name: 'Firefox on Linux', key: 'device', place: undefined },
      shared: false,
      startedAt: T0,
      lastSeenAt: T0,
      idleMs: 12 * HOUR,
      expiresAt: T0 + 14 * DAY,
      endedAt: undefined,
      logoutId: undefined,
    });
    expect(view?.participations).toHaveLength(2);
    const fresh = { renewedAt: T0, endedAt: undefined, logoutId: undefined };
    expect(view?.participations).toEqual(expect.arrayContaining(participations.map((each) => ({ ...each, ...fresh }))));
    const [first] = participations;
    await expect(at.store.sessions.participation(first?.sid ?? '')).resolves.toMatchObject({ clientId: 'wiki' });
    await expect(at.store.sessions.get('nobody')).resolves.toBeUndefined();
    await expect(at.store.sessions.participation('nobody')).resolves.toBeUndefined();
  });

  it('lists newest first, page by page, without a row twice or left out', async () => {
    const started = [0, 1, 1, 1, 2].map((minute) => T0 + minute * MINUTE);
    const uids: string[] = [];
    for (const startedAt of started) uids.push((await signIn(at.store, { at: startedAt })).uid);
    const seen: string[] = [];
    for (;;) {
      const after = seen.at(-1);
      const rows = await at.store.sessions.list({}, { limit: 2, ...(after !== undefined && { after }) });
      seen.push(...rows.map((row) => row.session.uid));
      if (rows.length < 2) break;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen)).toEqual(new Set(uids));
    expect([seen[0], seen[4]]).toEqual([uids[4], uids[0]]);
  });

  it('lists by account, by client that is inside, and by state', async () => {
    const alice = await signIn(at.store, { clients: ['wiki', 'mail'] });
    const bob = await signIn(at.store, { clients: ['wiki'] });
    const [wiki] = bob.participations;
    const uidsOf = async (filter: Parameters<typeof at.store.sessions.list>[0]) =>
      (await at.store.sessions.list(filter, { limit: 10 })).map((row) => row.session.uid).sort();
    await expect(uidsOf({ accountId: alice.accountId })).resolves.toEqual([alice.uid]);
    await expect(uidsOf({ clientId: 'mail' })).resolves.toEqual([alice.uid]);
    await expect(uidsOf({ clientId: 'wiki' })).resolves.toEqual([alice.uid, bob.uid].sort());
    await at.store.sessions.end('l1', { kind: 'participation', sid: wiki?.sid ?? '' }, aCause(), T0 + HOUR, planAll());
    await expect(uidsOf({ clientId: 'wiki' })).resolves.toEqual([alice.uid]);
    await at.store.sessions.end('l2', { kind: 'session', uid: alice.uid }, aCause(), T0 + HOUR, planAll());
    await expect(uidsOf({ state: 'ended' })).resolves.toEqual([alice.uid]);
    await expect(uidsOf({ state: 'live' })).resolves.toEqual([bob.uid]);
  });

  it('lists by the address that was signed in from', async () => {
    const [early, late] = [
      await signIn(at.store, { addressKey: 'a' }),
      await signIn(at.store, { addressKey: 'a', at: T0 + 1 }),
    ];
    const other = await signIn(at.store, { addressKey: 'b', clients: ['mail'] });
    await signIn(at.store);
    await expect(at.store.sessions.get(other.uid)).resolves.toMatchObject({ session: { device: { addressKey: 'b' } } });
    await end(late);
    await expect(uidsOf({ addressKey: 'a' }, 1)).resolves.toEqual([late.uid, early.uid]);
    await expect(uidsOf({ addressKey: 'a', state: 'live' }, 1)).resolves.toEqual([early.uid]);
    await expect(uidsOf({ addressKey: 'a', state: 'ended' }, 1)).resolves.toEqual([late.uid]);
    await expect(uidsOf({ addressKey: 'a', clientId: 'wiki' }, 1)).resolves.toEqual([early.uid]);
    await expect(uidsOf({ addressKey: 'b', accountId: other.accountId }, 1)).resolves.toEqual([other.uid]);
    await expect(uidsOf({ addressKey: 'b', accountId: early.accountId }, 1)).resolves.toEqual([]);
    await expect(uidsOf({ addressKey: 'a', until: T0 + 1 }, 1)).resolves.toEqual([early.uid]);
    await expect(uidsOf({ addressKey: 'nobody' }, 1)).resolves.toEqual([]);
  });

  it('lists what began before an instant, and goes on from there', async () => {
    const uids: string[] = [];
    for (const minute of [0, 1, 2]) uids.push((await signIn(at.store, { at: T0 + minute * MINUTE })).uid);
    const filter = { until: T0 + 2 * MINUTE };
    await expect(uidsOf(filter, 10)).resolves.toEqual([uids[1], uids[0]]);
    await expect(uidsOf(filter, 1)).resolves.toEqual([uids[1], uids[0]]);
    await expect(uidsOf({ ...filter, clientId: 'wiki' }, 1)).resolves.toEqual([uids[1], uids[0]]);
    await expect(uidsOf({ until: T0 }, 10)).resolves.toEqual([]);
  });

  it('lists those with one app inside by when they began, each once, page by page', async () => {
    const early = await signIn(at.store, { clients: ['mail', 'wiki'] });
    const late = await signIn(at.store, { clients: ['wiki', 'wiki'], at: T0 + MINUTE });
    await join(early, T0 + HOUR);
    const begun = await arrive(T0 + 2 * MINUTE);
    const byClient = { clientId: 'wiki' };
    await expect(uidsOf(byClient, 10)).resolves.toEqual([begun.uid, late.uid, early.uid]);
    await expect(uidsOf(byClient, 1)).resolves.toEqual([begun.uid, late.uid, early.uid]);
    await expect(uidsOf({ ...byClient, state: 'live' }, 1)).resolves.toEqual([late.uid, early.uid]);
    await expect(uidsOf({ ...byClient, state: 'arriving' }, 1)).resolves.toEqual([begun.uid]);
    await expect(uidsOf({ ...byClient, accountId: early.accountId }, 1)).resolves.toEqual([early.uid]);
    await save(begun, T0 - MINUTE);
    await expect(uidsOf({ ...byClient, state: 'live' }, 1)).resolves.toEqual([late.uid, early.uid, begun.uid]);
    await end(late);
    await expect(uidsOf(byClient, 1)).resolves.toEqual([early.uid, begun.uid]);
    await expect(uidsOf({ ...byClient, state: 'ended' }, 1)).resolves.toEqual([]);
  });

  async function uidsOf(filter: SessionFilter, limit: number): Promise<readonly string[]> {
    const seen: string[] = [];
    for (;;) {
      const after = seen.at(-1);
      const rows = await at.store.sessions.list(filter, { limit, ...(after !== undefined && { after }) });
      seen.push(...rows.map((row) => row.session.uid));
      if (rows.length < limit) return seen;
    }
  }

  function join({ uid, accountId }: { uid: string; accountId: string }, startedAt: number) {
    const participation = aParticipation({ sessionUid: uid, accountId, startedAt });
    return at.store.sessions.join(participation, aCodeOf(participation), undefined);
  }

  /** A first sign-in at `wiki` whose session is not saved yet. */
  async function arrive(startedAt: number): Promise<{ uid: string; accountId: string }> {
    const { id: accountId } = await newAccount(at.store);
    const uid = unique('uid');
    const participation = aParticipation({ sessionUid: uid, accountId, startedAt });
    await at.store.sessions.join(participation, aCodeOf(participation), anOpening({ accountId, startedAt }));
    return { uid, accountId };
  }

  /** What is saved is what counts: the sign-in of another tab may have been first. */
  function save({ uid, accountId }: { uid: string; accountId: string }, startedAt: number) {
    return at.store.sessions.save(aSessionWrite({ uid, opening: anOpening({ accountId, startedAt }) }));
  }

  function end({ uid }: { uid: string }) {
    return at.store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());
  }

  it('knows the live sessions of one browser', async () => {
    const here = await signIn(at.store, { deviceKey: 'laptop' });
    const ended = await signIn(at.store, { deviceKey: 'laptop' });
    await signIn(at.store, { deviceKey: 'phone' });
    await at.store.sessions.end('l1', { kind: 'session', uid: ended.uid }, aCause(), T0, planAll());
    const sessions = await at.store.sessions.ofDevice('laptop');
    expect(sessions.map((session) => session.uid)).toEqual([here.uid]);
  });

  it('moves what was used, at most once a minute, and never what is over', async () => {
    const { uid } = await signIn(at.store);
    const lastSeen = async () => (await at.store.sessions.get(uid))?.session.lastSeenAt;
    await at.store.sessions.touch(uid, T0 + MINUTE - 1);
    await expect(lastSeen()).resolves.toBe(T0);
    await at.store.sessions.touch(uid, T0 + MINUTE);
    await expect(lastSeen()).resolves.toBe(T0 + MINUTE);
    await expect(at.store.sessions.nextDueAt()).resolves.toBe(T0 + MINUTE + 12 * HOUR);
    await at.store.sessions.end('l1', { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());
    await at.store.sessions.touch(uid, T0 + 2 * HOUR);
    await expect(lastSeen()).resolves.toBe(T0 + MINUTE);
    await expect(at.store.sessions.nextDueAt()).resolves.toBeUndefined();
  });

  it('names what is due: idle, too old, or arriving and never come; soonest first', async () => {
    const { id: accountId } = await newAccount(at.store);
    const idle = await signIn(at.store, { accountId, at: T0 + HOUR });
    const lost = unique('uid');
    const participation = aParticipation({ sessionUid: lost, accountId });
    await at.store.sessions.join(participation, aCodeOf(participation), anOpening({ accountId }));
    const dueAt = async (now: number, limit = 10) =>
      (await at.store.sessions.due(now, limit)).map(({ session }) => session.uid);
    await expect(dueAt(T0 + 10 * MINUTE - 1)).resolves.toEqual([]);
    await expect(dueAt(T0 + 10 * MINUTE)).resolves.toEqual([lost]);
    await expect(dueAt(T0 + 13 * HOUR)).resolves.toEqual([lost, idle.uid]);
    await expect(dueAt(T0 + 13 * HOUR, 1)).resolves.toEqual([lost]);
    await expect(at.store.sessions.nextDueAt()).resolves.toBe(T0 + 13 * HOUR);
  });

  it('ends for age even what is used all the time', async () => {
    const { uid } = await signIn(at.store);
    for (let now = T0; now < T0 + 14 * DAY; now += 11 * HOUR) await at.store.sessions.touch(uid, now);
    await expect(at.store.sessions.nextDueAt()).resolves.toBe(T0 + 14 * DAY);
  });

  it('has one generation an account, raised by its end', async () => {
    const { accountId, uid } = await signIn(at.store);
    const other = await signIn(at.store);
    await at.store.sessions.end('l1', { kind: 'account', accountId }, aCause(), T0, planAll());
    await expect(at.store.sessions.generation(accountId)).resolves.toEqual({ account: 1, realm: 0 });
    await expect(at.store.sessions.generation(other.accountId)).resolves.toEqual({ account: 0, realm: 0 });
    await expect(at.store.sessions.get(uid)).resolves.toMatchObject({ session: { state: 'ended', logoutId: 'l1' } });
  });
}
