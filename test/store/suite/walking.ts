import { expect, it } from '@jest/globals';
import type { EndTarget } from '../../../src/logout/logout.ts';
import { isLive } from '../../../src/sessions/session.ts';
import {
  aCause,
  aCodeOf,
  anOpening,
  aParticipation,
  aTokenOf,
  HOUR,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { crowdInOneSession, crowdOfSessions } from '../../support/crowd.ts';
import { startChild } from './child.ts';
import { freshStore, type MakePlace } from './fixture.ts';
import { everyoneIsToldOnce, walkToTheEnd } from './walk-to-the-end.ts';

/** More than an `end` does before it answers. */
const LARGE = 1_400;
const SLOW_MS = 120_000;

export function walkingSuite(make: MakePlace): void {
  const at = freshStore(make);

  it(
    'ends 2,500 apps of a session although the process died after the first write, none forgotten, none twice',
    async () => {
      const crowd = await crowdInOneSession(at.store, 2_500);
      const logoutId = unique('logout');
      const child = await startChild(at.place.url);
      await child.run('end', { id: logoutId, target: { kind: 'session', uid: crowd.uid } });
      await child.kill();
      const another = await at.place.open();
      await expect(another.logouts.walking(10)).resolves.toEqual([logoutId]);
      await expect(another.sessions.findByUid(crowd.uid)).resolves.toBeUndefined();
      const again = another.sessions.end(
        unique('logout'),
        { kind: 'session', uid: crowd.uid },
        aCause(),
        T0,
        planAll(),
      );
      await expect(again).resolves.toEqual({ kind: 'nothing' });
      await walkToTheEnd(another, logoutId);
      await everyoneIsToldOnce(at.store, logoutId, crowd);
      await expect(another.logouts.walking(10)).resolves.toEqual([]);
      await expect(another.logouts.find(logoutId)).resolves.toMatchObject({ walking: false, sessionsEnded: 1 });
    },
    SLOW_MS,
  );

  it('kills all of a session with the first, short write of its end; whoever ends an app of it meanwhile tells it once', async () => {
    const clients = Array.from({ length: 100 }, (_, n) => `app-${n}`);
    const { uid, accountId, participations } = await signIn(at.store, { clients });
    const tokens = participations.map((each) => aTokenOf(each, { bound: true, createdAt: T0 }));
    for (const token of tokens) await expect(at.store.provider.save(token)).resolves.toBe('saved');
    const id = unique('logout');
    const NOW = T0 + HOUR;
    // What goes by a pace answers after its first write.
    const begun = await at.store.sessions.end(id, { kind: 'session', uid }, aCause({ pace: 10 }), NOW, planAll());
    expect(begun).toMatchObject({ kind: 'ended', logout: { walking: true, sessionsEnded: 1 } });
    const inside = (await at.store.sessions.get(uid))?.participations ?? [];
    expect(inside.filter(isLive).length).toBeGreaterThan(50);
    await expect(at.store.sessions.findByUid(uid)).resolves.toBeUndefined();
    for (const { model, idHash } of tokens) {
      await expect(at.store.provider.find(model, idHash, T0)).resolves.toBeUndefined();
    }
    const late = aParticipation({ sessionUid: uid, accountId });
    await expect(at.store.sessions.join(late, aCodeOf(late), anOpening({ accountId }))).resolves.toBe('ended');
    for (const clientId of ['app-1', 'app-98']) {
      await at.store.sessions.end(unique('logout'), { kind: 'client', clientId }, aCause(), NOW, planAll());
    }
    await walkToTheEnd(at.store, id);
    const told = await at.store.deliveries.list({ accountId }, { limit: 500 });
    expect(told.map(({ clientId }) => clientId).sort()).toEqual([...clients].sort());
    await expect(at.store.logouts.find(id)).resolves.toMatchObject({ walking: false, sessionsEnded: 1 });
  });

  it(
    'ends what is not large before it answers',
    async () => {
      const { uid } = await crowdInOneSession(at.store, 300);
      const result = await at.store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), T0, planAll());
      if (result.kind === 'nothing') throw new Error('there was nothing to end');
      expect(result.logout).toMatchObject({ walking: false, sessionsEnded: 1 });
      await expect(at.store.logouts.progress(result.logout.id)).resolves.toMatchObject({ total: 300 });
      await expect(at.store.logouts.walking(1)).resolves.toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'walks the sessions of an account in two processes at once, and leaves alone one that begins meanwhile',
    async () => {
      const crowd = await crowdOfSessions(at.store, LARGE);
      const { accountId } = crowd;
      const logoutId = await begin({ kind: 'account', accountId });
      const generation = await at.store.sessions.generation(accountId);
      const meanwhile = aParticipation({ sessionUid: unique('uid'), accountId, startedAt: T0 + 2 * HOUR });
      const opening = anOpening({ accountId, generation, startedAt: T0 + 2 * HOUR });
      await expect(at.store.sessions.join(meanwhile, aCodeOf(meanwhile), opening)).resolves.toBe('joined');
      const another = await at.place.open();
      await Promise.all([walkToTheEnd(at.store, logoutId), walkToTheEnd(another, logoutId)]);
      await everyoneIsToldOnce(at.store, logoutId, crowd);
      await expect(at.store.logouts.find(logoutId)).resolves.toMatchObject({ walking: false, sessionsEnded: LARGE });
      await expect(at.store.sessions.participation(meanwhile.sid)).resolves.toMatchObject({ endedAt: undefined });
    },
    SLOW_MS,
  );

  it(
    'has ended an app everywhere where the walk has not come yet',
    async () => {
      const crowd = await crowdOfSessions(at.store, LARGE);
      const logoutId = await begin({ kind: 'account-client', accountId: crowd.accountId, clientId: 'wiki' });
      const ends = [crowd.participations.at(0), crowd.participations.at(-1)].filter((each) => each !== undefined);
      for (const each of ends) {
        await expect(at.store.sessions.findByUid(each.sessionUid)).resolves.toMatchObject({
          signedOffClients: ['wiki'],
        });
        await expect(at.store.sessions.join(each, aCodeOf(each), undefined)).resolves.toBe('ended');
      }
      await walkToTheEnd(at.store, logoutId);
      await everyoneIsToldOnce(at.store, logoutId, crowd);
    },
    SLOW_MS,
  );

  async function begin(target: EndTarget): Promise<string> {
    const id = unique('logout');
    const result = await at.store.sessions.end(id, target, aCause(), T0 + HOUR, planAll());
    expect(result).toMatchObject({ kind: 'ended', logout: { walking: true } });
    const { total } = await at.store.logouts.progress(id);
    expect(total).toBeLessThan(LARGE);
    return id;
  }
}
