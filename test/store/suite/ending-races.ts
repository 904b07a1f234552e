import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  aCause,
  aCodeOf,
  anOpening,
  aParticipation,
  aSessionWrite,
  HOUR,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { type Child, startChild } from './child.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

export function endingRacesSuite(make: MakePlace): void {
  const at = sharedStore(make);
  let child: Child;
  beforeAll(async () => {
    child = await startChild(at.place.url);
  });
  afterAll(() => child.stop());

  const end = (id: string, uid: string) =>
    at.store.sessions.end(id, { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());

  async function deliveredSids(logoutId: string): Promise<string[]> {
    const deliveries = await at.store.deliveries.list({ logoutId }, { limit: 5_000 });
    return deliveries.map((delivery) => delivery.sid);
  }

  it('makes one logout of two ends, each app told once', async () => {
    for (let round = 0; round < 20; round++) {
      const { uid, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
      const [ours, theirs] = [unique('ours'), unique('theirs')];
      const target = { kind: 'session', uid };
      const [here, there] = await Promise.all([
        end(ours, uid).then((result) => result.kind),
        child.run<string>('end', { id: theirs, target }),
      ]);
      expect([here, there].sort()).toEqual(['ended', 'nothing']);
      const told = [...(await deliveredSids(ours)), ...(await deliveredSids(theirs))];
      expect(told.sort()).toEqual(participations.map((each) => each.sid).sort());
    }
  });

  it('tells each app once when two connections of one process end a session', async () => {
    const another = await at.place.open();
    for (let round = 0; round < 20; round++) {
      const { uid, participations } = await signIn(at.store);
      const ids = [unique('a'), unique('b')] as const;
      const results = await Promise.all([
        end(ids[0], uid),
        another.sessions.end(ids[1], { kind: 'session', uid }, aCause(), T0 + HOUR, planAll()),
      ]);
      expect(results.map((result) => result.kind).sort()).toEqual(['ended', 'nothing']);
      const told = [...(await deliveredSids(ids[0])), ...(await deliveredSids(ids[1]))];
      expect(told).toEqual(participations.map((each) => each.sid));
    }
  });

  it('loses none of 1,000 joins: each is told, or its join said that the session had ended', async () => {
    let inTheSnapshot = 0;
    for (let round = 0; round < 10; round++) {
      const { id: accountId } = await newAccount(at.store);
      const uid = unique('uid');
      await at.store.sessions.save(aSessionWrite({ uid, opening: anOpening({ accountId }) }));
      const started = Promise.withResolvers<void>();
      const joining = child.run<string[]>('join', { uid, accountId, count: 50 }, () => started.resolve());
      const own = joinHere(uid, accountId, 50);
      await started.promise;
      const id = unique('logout');
      await expect(end(id, uid)).resolves.toMatchObject({ kind: 'ended' });
      const joined = [...(await joining), ...(await own)];
      const told = await deliveredSids(id);
      expect(told.sort()).toEqual(joined.sort());
      inTheSnapshot += told.length;
    }
    expect(inTheSnapshot).toBeGreaterThan(0);
  }, 120_000);

  it('starts no session whose account ended meanwhile', async () => {
    for (let round = 0; round < 20; round++) {
      const { id: accountId } = await newAccount(at.store);
      const uid = unique('uid');
      const id = unique('logout');
      const target = { kind: 'account', accountId } as const;
      const [started] = await Promise.all([
        child.run<'joined' | 'ended'>('start', { uid, accountId }),
        at.store.sessions.end(id, target, aCause(), T0 + HOUR, planAll()),
      ]);
      expect((await deliveredSids(id)).length).toBe(started === 'joined' ? 1 : 0);
      const view = await at.store.sessions.get(uid);
      expect(view?.session.state).toBe(started === 'joined' ? 'ended' : undefined);
    }
  });

  async function joinHere(uid: string, accountId: string, count: number): Promise<string[]> {
    const participations = Array.from({ length: count }, () =>
      aParticipation({ sessionUid: uid, accountId, clientId: unique('app') }),
    );
    const joined: string[] = [];
    for (const participation of participations) {
      const answer = await at.store.sessions.join(participation, aCodeOf(participation), undefined);
      if (answer === 'joined') joined.push(participation.sid);
      await new Promise(setImmediate);
    }
    return joined;
  }
}
