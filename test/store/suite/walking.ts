import { expect, it } from '@jest/globals';
import type { EndTarget } from '../../../src/logout/logout.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  aCause,
  aCodeOf,
  anOpening,
  aParticipation,
  aSessionWrite,
  HOUR,
  newAccount,
  planAll,
  T0,
  unique,
} from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

const MANY = 2_500;
/** Well within what one `end` does. */
const SOME = 300;

export function walkingSuite(make: MakePlace): void {
  const at = freshStore(make);
  const nothingKept = () => false;

  it('ends a session of 2,500 participations in several writes, none forgotten, none twice', async () => {
    const { accountId, uid } = await manyInOneSession(at.store);
    const logoutId = await begin({ kind: 'session', uid });
    await expect(at.store.sessions.findByUid(uid)).resolves.toBeUndefined();
    await walkToTheEnd(at.store, logoutId);
    await everyoneIsToldOnce(logoutId, accountId);
    await expect(at.store.logouts.find(logoutId)).resolves.toMatchObject({ walking: false, sessionsEnded: 1 });
  }, 120_000);

  it('ends what is not large before it answers', async () => {
    const { uid } = await manyInOneSession(at.store, SOME);
    const result = await at.store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), T0, planAll());
    if (result.kind === 'nothing') throw new Error('there was nothing to end');
    expect(result.logout).toMatchObject({ walking: false, sessionsEnded: 1 });
    await expect(at.store.logouts.progress(result.logout.id)).resolves.toMatchObject({ total: SOME });
    await expect(at.store.logouts.walking(1)).resolves.toEqual([]);
  }, 120_000);

  it('is resumed by another process after the first one died', async () => {
    const { accountId } = await manySessions(at.store);
    const logoutId = await begin({ kind: 'account', accountId });
    const another = await at.place.open();
    await expect(another.logouts.walking(10)).resolves.toEqual([logoutId]);
    await walkToTheEnd(another, logoutId);
    await everyoneIsToldOnce(logoutId, accountId);
    await expect(another.logouts.walking(10)).resolves.toEqual([]);
    await expect(another.logouts.find(logoutId)).resolves.toMatchObject({ walking: false, sessionsEnded: MANY });
  }, 120_000);

  it('is walked by two processes at once, each participation by one of them', async () => {
    const { accountId } = await manySessions(at.store);
    const logoutId = await begin({ kind: 'account', accountId });
    const another = await at.place.open();
    await Promise.all([walkToTheEnd(at.store, logoutId), walkToTheEnd(another, logoutId)]);
    await everyoneIsToldOnce(logoutId, accountId);
  }, 120_000);

  it('leaves sessions alone that begin during the walk', async () => {
    const { accountId } = await manySessions(at.store);
    const logoutId = await begin({ kind: 'account', accountId });
    const generation = await at.store.sessions.generation(accountId);
    const participation = aParticipation({ sessionUid: unique('uid'), accountId, startedAt: T0 + 2 * HOUR });
    const opening = anOpening({ accountId, generation, startedAt: T0 + 2 * HOUR });
    await expect(at.store.sessions.join(participation, aCodeOf(participation), opening)).resolves.toBe('joined');
    await walkToTheEnd(at.store, logoutId);
    await expect(at.store.sessions.participation(participation.sid)).resolves.toMatchObject({ endedAt: undefined });
  }, 120_000);

  it('is dead already where the walk has not come yet', async () => {
    const { accountId, sessions } = await manySessions(at.store);
    const logoutId = await begin({ kind: 'account-client', accountId, clientId: 'wiki' });
    await expect(at.store.logouts.find(logoutId)).resolves.toMatchObject({ walking: true });
    for (const { uid, participation } of [sessions.at(0), sessions.at(-1)].filter((each) => each !== undefined)) {
      await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({ signedOffClients: ['wiki'] });
      await expect(at.store.sessions.join(participation, aCodeOf(participation), undefined)).resolves.toBe('ended');
    }
  }, 120_000);

  async function begin(target: EndTarget): Promise<string> {
    const id = unique('logout');
    const result = await at.store.sessions.end(id, target, aCause(), T0 + HOUR, planAll());
    expect(result).toMatchObject({ kind: 'ended', logout: { walking: true } });
    const { total } = await at.store.logouts.progress(id);
    expect(total).toBeLessThan(MANY);
    return id;
  }

  async function walkToTheEnd(store: Store, logoutId: string): Promise<void> {
    while ((await store.sessions.continueEnd(logoutId, nothingKept, planAll())) === 'more');
  }

  async function everyoneIsToldOnce(logoutId: string, accountId: string): Promise<void> {
    await expect(at.store.logouts.progress(logoutId)).resolves.toMatchObject({ total: MANY, trying: MANY });
    const told = new Set<string>();
    for await (const sid of sidsOfDeliveries(at.store, accountId)) told.add(sid);
    expect(told.size).toBe(MANY);
  }
}

async function* sidsOfDeliveries(store: Store, accountId: string): AsyncGenerator<string> {
  let after: string | undefined;
  for (;;) {
    const page = await store.deliveries.list({ accountId }, { limit: 500, ...(after !== undefined && { after }) });
    for (const delivery of page) yield delivery.sid;
    after = page.at(-1)?.id;
    if (page.length < 500) return;
  }
}

async function manyInOneSession(store: Store, count = MANY) {
  const { id: accountId } = await newAccount(store);
  const uid = unique('uid');
  const opening = anOpening({ accountId });
  await store.sessions.save(aSessionWrite({ uid, opening }));
  await inBatches(count, async (n) => {
    const participation = aParticipation({ sessionUid: uid, accountId, clientId: `app-${n}` });
    await store.sessions.join(participation, aCodeOf(participation), undefined);
  });
  return { accountId, uid };
}

async function manySessions(store: Store) {
  const { id: accountId } = await newAccount(store);
  const opening = anOpening({ accountId });
  const sessions = Array.from({ length: MANY }, () => {
    const uid = unique('uid');
    return { uid, participation: aParticipation({ sessionUid: uid, accountId }) };
  });
  await inBatches(MANY, async (n) => {
    const { uid, participation } = sessions[n] ?? {};
    if (!uid || !participation) throw new Error('no such session');
    await store.sessions.join(participation, aCodeOf(participation), opening);
    await store.sessions.save(aSessionWrite({ uid, opening }));
  });
  return { accountId, sessions };
}

async function inBatches(count: number, act: (n: number) => Promise<void>): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  while (numbers.length > 0) await Promise.all(numbers.splice(0, 50).map(act));
}
