import { expect, it } from '@jest/globals';
import { aCause, DAY, HOUR, MINUTE, newAccount, planAll, signIn, T0, unique } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';
import { aLink, aMail, anEvent } from './news-fixture.ts';

export function mailsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const post = async (...mails: readonly ReturnType<typeof aMail>[]) => {
    await at.store.mails.post({ events: [], mails });
    return mails;
  };
  const claim = (token: string, now: number, limit = 10) =>
    at.store.mails.claim({ token, limit, leaseMs: MINUTE, now });

  it('hands out what is due, oldest first, to one claim', async () => {
    const [first, second, later] = await post(aMail(), aMail({ at: T0 + 1 }), aMail({ at: T0 + HOUR }));
    await expect(at.store.mails.nextDueAt()).resolves.toBe(T0);
    const mine = await claim('one', T0 + 1, 1);
    expect(mine).toEqual([
      { ...first, link: undefined, state: 'waiting', attempts: 0, nextAttemptAt: T0 + 1 + MINUTE },
    ]);
    expect((await claim('two', T0 + 1)).map(({ id }) => id)).toEqual([second?.id]);
    await expect(claim('three', T0 + 1)).resolves.toEqual([]);
    expect((await claim('four', T0 + HOUR)).map(({ id }) => id)).toEqual([first?.id, second?.id, later?.id]);
  });

  it('two claims at once never hand out the same mail', async () => {
    await post(...Array.from({ length: 20 }, () => aMail()));
    const another = await at.place.open();
    const claims = await Promise.all(
      [at.store, another].map((store, n) => store.mails.claim({ token: `t${n}`, limit: 15, leaseMs: MINUTE, now: T0 })),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('a sent mail keeps no token and waits no more; a claim that was lost settles nothing', async () => {
    const [mail] = await post(aMail({ sealedToken: 'v1.sealed' }));
    const id = mail?.id ?? '';
    await claim('lost', T0);
    await claim('mine', T0 + MINUTE);
    const sent = { kind: 'sent', at: T0 + MINUTE } as const;
    await expect(at.store.mails.settle('lost', id, sent)).resolves.toBe(false);
    await expect(at.store.mails.settle('mine', id, sent)).resolves.toBe(true);
    await expect(at.store.mails.find(id)).resolves.toMatchObject({
      state: 'sent',
      attempts: 1,
      sealedToken: undefined,
      settledAt: T0 + MINUTE,
      nextAttemptAt: undefined,
    });
    await expect(at.store.mails.nextDueAt()).resolves.toBeUndefined();
    await expect(at.store.mails.retry(id, T0 + HOUR, T0 + DAY)).resolves.toBe(false);
  });

  it('tries again when it is told to, gives up, and goes out again by hand', async () => {
    const [mail] = await post(aMail({ sealedToken: 'v1.sealed' }));
    const id = mail?.id ?? '';
    await claim('one', T0);
    await at.store.mails.settle('one', id, { kind: 'retry', nextAttemptAt: T0 + HOUR, error: 'greylisted' });
    await expect(claim('two', T0 + HOUR - 1)).resolves.toEqual([]);
    expect(await claim('two', T0 + HOUR)).toEqual([expect.objectContaining({ attempts: 1, lastError: 'greylisted' })]);
    await at.store.mails.settle('two', id, { kind: 'given-up', at: T0 + DAY, error: 'no such mailbox' });
    await expect(at.store.mails.find(id)).resolves.toMatchObject({ state: 'given-up', sealedToken: 'v1.sealed' });
    await expect(at.store.mails.nextDueAt()).resolves.toBeUndefined();
    await expect(at.store.mails.retry(id, T0 + 2 * DAY, T0 + 3 * DAY)).resolves.toBe(true);
    expect(await claim('three', T0 + 2 * DAY)).toEqual([
      expect.objectContaining({ id, state: 'waiting', attempts: 2, giveUpAt: T0 + 3 * DAY, settledAt: undefined }),
    ]);
    await expect(at.store.mails.retry('nobody', T0, T0)).resolves.toBe(false);
  });

  it('lists newest first, by account and state, page by page', async () => {
    const mails = await post(
      ...[0, 1, 2, 3].map((n) => aMail({ id: `m${n}`, at: T0 + n, accountId: n === 3 ? 'bob' : 'alice' })),
    );
    await claim('one', T0, 1);
    await at.store.mails.settle('one', mails[0]?.id ?? '', { kind: 'sent', at: T0 });
    const ids = async (...asked: Parameters<typeof at.store.mails.list>) =>
      (await at.store.mails.list(...asked)).map(({ id }) => id);
    await expect(ids({}, { limit: 3 })).resolves.toEqual(['m3', 'm2', 'm1']);
    await expect(ids({}, { limit: 3, after: 'm1' })).resolves.toEqual(['m0']);
    await expect(ids({ accountId: 'alice' }, { limit: 3, after: 'm2' })).resolves.toEqual(['m1', 'm0']);
    await expect(ids({ state: 'waiting' }, { limit: 3, after: 'm3' })).resolves.toEqual(['m2', 'm1']);
    await expect(ids({ accountId: 'alice', state: 'sent' }, { limit: 3 })).resolves.toEqual(['m0']);
    await expect(ids({}, { limit: 3, after: 'gone' })).resolves.toEqual([]);
  });

  it('removes what was settled, so many at a time, and never what waits', async () => {
    const mails = await post(aMail(), aMail(), aMail());
    await claim('one', T0);
    for (const { id } of mails.slice(1)) await at.store.mails.settle('one', id, { kind: 'sent', at: T0 });
    await expect(at.store.mails.removeBefore(T0, 9)).resolves.toBe(0);
    expect([await at.store.mails.removeBefore(T0 + 1, 1), await at.store.mails.removeBefore(T0 + 1, 9)]).toEqual([
      1, 1,
    ]);
    await expect(at.store.mails.list({}, { limit: 9 })).resolves.toHaveLength(1);
  });

  it('a link comes with its mail and is found by its purpose until it is too old', async () => {
    const link = aLink({ purpose: 'not-me', session: 'uid' });
    await post(aMail({ link }));
    await expect(at.store.links.find(link.hash, 'not-me', T0)).resolves.toEqual({ ...link, usedAt: undefined });
    await expect(at.store.links.find(link.hash, 'reset', T0)).resolves.toBeUndefined();
    await expect(at.store.links.find(link.hash, 'not-me', T0 + HOUR)).resolves.toBeUndefined();
    await expect(at.store.links.removeExpired(T0 + HOUR - 1, 5)).resolves.toBe(0);
    await expect(at.store.links.removeExpired(T0 + HOUR, 5)).resolves.toBe(1);
  });

  it('a link is spent by one end only, with all that this end does', async () => {
    const { accountId } = await signIn(at.store);
    const link = aLink({ accountId });
    await post(aMail({ accountId, link }));
    const another = await at.place.open();
    const results = await Promise.all(
      [at.store, another].map((store, n) => {
        const news = { events: [anEvent({ id: `event-${n}`, accountId })], mails: [] };
        const cause = aCause({ linkHash: link.hash, accountChange: { passwordHash: `hash-${n}` }, news });
        return store.sessions.end(unique('logout'), { kind: 'account', accountId }, cause, T0 + 1, planAll());
      }),
    );
    const winner = results.findIndex(({ kind }) => kind === 'ended');
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['ended', 'nothing']);
    const account = await at.store.accounts.find(accountId);
    expect(account).toMatchObject({ passwordHash: `hash-${winner}`, generation: 1 });
    const told = await at.store.activity.list(accountId, { kind: 'password' }, 9);
    expect(told.map(({ id }) => id)).toEqual([`event-${winner}`]);
    await expect(at.store.links.find(link.hash, 'reset', T0 + 1)).resolves.toMatchObject({ usedAt: T0 + 1 });
  });

  it('a link that is too old or unknown ends nothing', async () => {
    const { accountId } = await signIn(at.store);
    const link = aLink({ accountId });
    await post(aMail({ accountId, link }));
    for (const linkHash of [link.hash, 'nobody']) {
      const target = { kind: 'account', accountId } as const;
      const ended = at.store.sessions.end(unique('logout'), target, aCause({ linkHash }), T0 + HOUR, planAll());
      await expect(ended).resolves.toEqual({ kind: 'nothing' });
    }
    await expect(at.store.sessions.generation(accountId)).resolves.toMatchObject({ account: 0 });
  });

  it('a new password makes other links to set one worthless, and does what was asked for', async () => {
    const { id: accountId, passwordHash: from } = await newAccount(at.store);
    const [reset, notMe] = [aLink({ accountId }), aLink({ accountId, purpose: 'not-me' })];
    await post(aMail({ accountId, link: reset }), aMail({ accountId, link: notMe }));
    const must = aCause({ accountChange: { mustChangePassword: true } });
    await at.store.sessions.end(unique('logout'), { kind: 'account', accountId }, must, T0, planAll());
    await expect(at.store.accounts.find(accountId)).resolves.toMatchObject({ mustChangePassword: true });
    const event = anEvent({ accountId });
    const change = { accountId, passwordHash: 'new', at: T0 + 1, news: { events: [event], mails: [] } };
    await expect(at.store.accounts.changePassword({ ...change, from: 'another' })).resolves.toBe(false);
    await expect(at.store.accounts.changePassword({ ...change, from })).resolves.toBe(true);
    await expect(at.store.accounts.find(accountId)).resolves.toMatchObject({
      passwordHash: 'new',
      passwordChangedAt: T0 + 1,
      mustChangePassword: false,
      generation: 1,
    });
    await expect(at.store.activity.list(accountId, { kind: 'password' }, 9)).resolves.toEqual([event]);
    await expect(at.store.links.find(reset.hash, 'reset', T0 + 2)).resolves.toMatchObject({ usedAt: T0 + 1 });
    await expect(at.store.links.find(notMe.hash, 'not-me', T0 + 2)).resolves.toMatchObject({ usedAt: undefined });
  });

  it('a deleted account leaves neither mails nor links behind', async () => {
    const { id: accountId } = await newAccount(at.store);
    const link = aLink({ accountId });
    await post(aMail({ accountId, link }));
    const gone = aCause({ accountChange: { state: 'deleted' } });
    await at.store.sessions.end(unique('logout'), { kind: 'account', accountId }, gone, T0, planAll());
    await expect(at.store.mails.list({}, { limit: 9 })).resolves.toEqual([]);
    await expect(at.store.links.find(link.hash, 'reset', T0)).resolves.toBeUndefined();
  });
}
