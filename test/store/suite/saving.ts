import { describe, expect, it } from '@jest/globals';
import {
  aCause,
  anOpening,
  aSessionWrite,
  HOUR,
  MINUTE,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

export function savingSuite(make: MakePlace): void {
  const at = sharedStore(make);
  const end = (id: string, uid: string) =>
    at.store.sessions.end(id, { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());

  /** Our own pages ask without its apps: of the same cookies, at the same times. */
  async function findByCookie(cookieHash: string, now: number) {
    const { sessions } = at.store;
    const [stored, held] = await Promise.all([
      sessions.findByCookie(cookieHash, now),
      sessions.findHeld(cookieHash, now),
    ]);
    expect(held).toEqual(stored && { session: stored.session, payload: stored.payload });
    return stored;
  }

  it('saves a session and finds it by cookie and by uid', async () => {
    const { uid, cookieHash, accountId, participations } = await signIn(at.store, { clients: ['wiki'] });
    const found = await findByCookie(cookieHash, T0);
    expect(found).toMatchObject({
      session: { uid, accountId, state: 'live' },
      payload: { loginTs: T0 / 1000 },
      authorizations: { wiki: { sid: participations[0]?.sid } },
      signedOffClients: [],
    });
    await expect(at.store.sessions.findByUid(uid)).resolves.toEqual(found);
    await expect(findByCookie('nobody', T0)).resolves.toBeUndefined();
    await expect(at.store.sessions.findByUid('nobody')).resolves.toBeUndefined();
  });

  it('begins nothing without an opening', async () => {
    const write = aSessionWrite({ uid: unique('uid') });
    await expect(at.store.sessions.save(write)).resolves.toBe('ended');
    await expect(at.store.sessions.get(write.uid)).resolves.toBeUndefined();
  });

  it('refuses a sign-in that was verified before "everywhere"', async () => {
    const { id: accountId } = await newAccount(at.store);
    const opening = anOpening({ accountId });
    await at.store.sessions.end(unique('logout'), { kind: 'account', accountId }, aCause(), T0, planAll());
    const write = aSessionWrite({ uid: unique('uid'), opening });
    await expect(at.store.sessions.save(write)).resolves.toBe('ended');
    await expect(findByCookie(write.cookieHash, T0)).resolves.toBeUndefined();
    const anew = aSessionWrite({ uid: write.uid, opening: { ...opening, generation: { account: 1, realm: 0 } } });
    await expect(at.store.sessions.save(anew)).resolves.toBe('saved');
  });

  it.each(['disabled', 'deleted'] as const)('refuses a sign-in of an account that is %s', async (state) => {
    const { id: accountId } = await newAccount(at.store);
    const cause = aCause({ accountChange: { state } });
    await at.store.sessions.end(unique('logout'), { kind: 'account', accountId }, cause, T0, planAll());
    const opening = anOpening({ accountId, generation: { account: 1, realm: 0 } });
    await expect(at.store.sessions.save(aSessionWrite({ uid: unique('uid'), opening }))).resolves.toBe('ended');
  });

  it('never revives an ended session, opening or not', async () => {
    const { uid, accountId, cookieHash } = await signIn(at.store);
    await end(unique('logout'), uid);
    await expect(at.store.sessions.save(aSessionWrite({ uid }))).resolves.toBe('ended');
    await expect(at.store.sessions.save(aSessionWrite({ uid, opening: anOpening({ accountId }) }))).resolves.toBe(
      'ended',
    );
    const rotated = aSessionWrite({ uid, cookieHash: unique('cookie') });
    await expect(at.store.sessions.save(rotated)).resolves.toBe('ended');
    await expect(findByCookie(cookieHash, T0)).resolves.toBeUndefined();
    await expect(findByCookie(rotated.cookieHash, T0)).resolves.toBeUndefined();
    await expect(at.store.sessions.findByUid(uid)).resolves.toBeUndefined();
    await expect(at.store.sessions.get(uid)).resolves.toMatchObject({ session: { state: 'ended' } });
  });

  it('replaces the payload and moves lastSeenAt', async () => {
    const { uid, cookieHash } = await signIn(at.store);
    const write = aSessionWrite({ uid, cookieHash, now: T0 + HOUR, payload: { loginTs: 7, transient: true } });
    await expect(at.store.sessions.save(write)).resolves.toBe('saved');
    const found = await at.store.sessions.findByUid(uid);
    expect(found?.payload).toEqual({ loginTs: 7, transient: true });
    expect(found?.session).toMatchObject({ lastSeenAt: T0 + HOUR, startedAt: T0 });
  });

  it('merges the apps of two tabs', async () => {
    const { uid, participations } = await signIn(at.store, { clients: ['wiki'] });
    await at.store.sessions.save(aSessionWrite({ uid, authorizations: { mail: { sid: 's-mail' } } }));
    const found = await at.store.sessions.findByUid(uid);
    expect(found?.authorizations).toEqual({ wiki: { sid: participations[0]?.sid }, mail: { sid: 's-mail' } });
  });

  it('hides the entry of an app that signed off, also from a tab that still has it', async () => {
    const { uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
    const [wiki, mail] = participations;
    const target = { kind: 'participation', sid: wiki?.sid ?? '' } as const;
    await at.store.sessions.end(unique('logout'), target, aCause(), T0 + HOUR, planAll());
    const before = await at.store.sessions.findByUid(uid);
    expect(before?.authorizations).toEqual({ mail: { sid: mail?.sid } });
    expect(before?.signedOffClients).toEqual(['wiki']);
    await at.store.sessions.save(aSessionWrite({ uid, authorizations: { wiki: { sid: wiki?.sid ?? '' } } }));
    await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({ authorizations: { mail: {} } });
    expect((await at.store.sessions.findByUid(uid))?.authorizations).not.toHaveProperty('wiki');
  });

  describe('rotated cookies', () => {
    it('lead to the session for 60 s, then nowhere', async () => {
      const { uid, cookieHash } = await signIn(at.store);
      const rotated = unique('cookie');
      await at.store.sessions.save(aSessionWrite({ uid, cookieHash: rotated, now: T0 + HOUR }));
      await expect(findByCookie(cookieHash, T0 + HOUR + MINUTE)).resolves.toMatchObject({
        session: { uid },
      });
      await expect(findByCookie(cookieHash, T0 + HOUR + MINUTE + 1)).resolves.toBeUndefined();
      await expect(findByCookie(rotated, T0 + 9 * HOUR)).resolves.toMatchObject({ session: { uid } });
    });

    it('are not given another minute by a second retirement', async () => {
      const { cookieHash } = await signIn(at.store);
      await at.store.sessions.retireCookie(cookieHash, T0);
      await at.store.sessions.retireCookie(cookieHash, T0 + MINUTE);
      await expect(findByCookie(cookieHash, T0 + MINUTE)).resolves.toBeDefined();
      await expect(findByCookie(cookieHash, T0 + MINUTE + 1)).resolves.toBeUndefined();
    });

    it('end with their session at once', async () => {
      const { uid, cookieHash } = await signIn(at.store);
      await at.store.sessions.retireCookie(cookieHash, T0 + HOUR);
      await end(unique('logout'), uid);
      await expect(findByCookie(cookieHash, T0 + HOUR)).resolves.toBeUndefined();
    });

    it('let a slow tab add its app, and nothing else', async () => {
      const { uid, cookieHash, participations } = await signIn(at.store, { clients: ['wiki'] });
      const rotated = unique('cookie');
      await at.store.sessions.save(
        aSessionWrite({ uid, cookieHash: rotated, now: T0 + HOUR, payload: { loginTs: 2 } }),
      );
      const slow = aSessionWrite({
        uid,
        cookieHash,
        now: T0 + 2 * HOUR,
        payload: { loginTs: 1 },
        authorizations: { mail: { sid: 's-mail' } },
      });
      await expect(at.store.sessions.save(slow)).resolves.toBe('merged');
      const found = await findByCookie(rotated, T0 + 2 * HOUR);
      expect(found?.payload).toEqual({ loginTs: 2 });
      expect(found?.session.lastSeenAt).toBe(T0 + HOUR);
      expect(found?.authorizations).toEqual({ wiki: { sid: participations[0]?.sid }, mail: { sid: 's-mail' } });
      await expect(findByCookie(cookieHash, T0 + 2 * HOUR)).resolves.toBeUndefined();
    });

    it("of a session that is not known are nobody's", async () => {
      await expect(at.store.sessions.retireCookie('nobody', T0)).resolves.toBeUndefined();
      await expect(findByCookie('nobody', T0)).resolves.toBeUndefined();
    });
  });

  it("a late writer's ended sid does not push out the one that took its place", async () => {
    const { uid, cookieHash, participations } = await signIn(at.store, { clients: ['wiki'] });
    const ended = participations[0]?.sid ?? '';
    const target = { kind: 'participation', sid: ended } as const;
    await at.store.sessions.end(unique('logout'), target, aCause(), T0 + HOUR, planAll());
    const anew = { wiki: { sid: unique('sid') } };
    await at.store.sessions.save(aSessionWrite({ uid, cookieHash, authorizations: anew }));
    await at.store.sessions.save(aSessionWrite({ uid, cookieHash, authorizations: { wiki: { sid: ended } } }));
    await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({ authorizations: anew });
  });

  it('keeps apart ids that differ only in case', async () => {
    const uid = unique('Uid');
    const upper = await signIn(at.store, { uid: uid.toUpperCase() });
    const lower = await signIn(at.store, { uid: uid.toLowerCase() });
    await end(unique('logout'), upper.uid);
    await expect(at.store.sessions.findByUid(upper.uid)).resolves.toBeUndefined();
    await expect(at.store.sessions.findByUid(lower.uid)).resolves.toMatchObject({ session: { uid: lower.uid } });
    await expect(findByCookie(lower.cookieHash, T0)).resolves.toBeDefined();
    await expect(findByCookie(lower.cookieHash.toUpperCase(), T0)).resolves.toBeUndefined();
  });
}
