import { describe, expect, it } from '@jest/globals';
import type { EndTarget } from '../../../src/logout/logout.ts';
import type { NewParticipation, PlanDeliveries, Store } from '../../../src/store/store.ts';
import { aCause, aCodeOf, aGrantOf, aSessionWrite, HOUR, planAll, T0, unique } from '../../support/builders.ts';
import { type Crowd, crowdOfSessions } from '../../support/crowd.ts';
import { startWritingStorm, tokenWriters } from '../../support/writing-storm.ts';
import { freshStore, type MakePlace } from './fixture.ts';
import { everyoneIsToldOnce, walkToTheEnd } from './walk-to-the-end.ts';

/** More than one write of a walk ends. */
const SESSIONS = 400;
const APPS = 8;
const SLOW_MS = 120_000;

/** Ends of anything large: the first write makes all of it dead, at any size and beside any load. */
export function barriersSuite(make: MakePlace): void {
  const at = freshStore(make);

  const ENDS: readonly [string, (accountId: string) => EndTarget][] = [
    ['an account', (accountId) => ({ kind: 'account', accountId })],
    ['an app of one account', (accountId) => ({ kind: 'account-client', accountId, clientId: 'wiki' })],
    ['a client', () => ({ kind: 'client', clientId: 'wiki' })],
  ];

  describe.each(ENDS)('%s', (_name, targetOf) => {
    const end = (id: string, accountId: string, plan: PlanDeliveries) =>
      at.store.sessions.end(id, targetOf(accountId), aCause(), T0 + HOUR, plan);

    it(
      'is dead from the first write on, and has ended whatever becomes of the walk',
      async () => {
        const crowd = await crowdWithGrants(at.store);
        const id = unique('logout');
        const result = await end(id, crowd.accountId, planOnce());
        expect(result).toMatchObject({ kind: 'ended', logout: { id, walking: true } });
        for (const each of someOf(crowd)) await isDead(each, targetOf(crowd.accountId));
        await expect(at.store.logouts.walking(10)).resolves.toEqual([id]);
        await walkToTheEnd(at.store, id);
        await everyoneIsToldOnce(at.store, id, crowd);
      },
      SLOW_MS,
    );

    it(
      'ends beside a storm of tokens that are saved in its sessions',
      async () => {
        const crowd = await crowdWithGrants(at.store);
        const another = await at.place.open();
        const storm = await startWritingStorm(tokenWriters(another, crowd.participations, APPS));
        const id = unique('logout');
        await expect(end(id, crowd.accountId, planAll())).resolves.toMatchObject({ kind: 'ended' });
        for (const each of someOf(crowd)) await isDead(each, targetOf(crowd.accountId));
        await walkToTheEnd(at.store, id);
        await storm.stop();
        await everyoneIsToldOnce(at.store, id, crowd);
      },
      SLOW_MS,
    );
  });

  async function isDead(each: NewParticipation, { kind }: EndTarget): Promise<void> {
    const session = await at.store.sessions.findByUid(each.sessionUid);
    const held = await at.store.sessions.findHeld(aSessionWrite({ uid: each.sessionUid }).cookieHash, T0);
    expect(held?.session).toEqual(session?.session);
    if (kind === 'account') expect(session).toBeUndefined();
    else expect(session?.signedOffClients).toEqual(['wiki']);
    await expect(at.store.sessions.join(each, aCodeOf(each), undefined)).resolves.toBe('ended');
    const anew = { ...each, sid: unique('sid') };
    await expect(at.store.sessions.join(anew, aCodeOf(anew), undefined)).resolves.toBe('ended');
    await expect(at.store.provider.find('Grant', each.grantId, T0)).resolves.toBeUndefined();
    const access = await at.store.provider.access(each.accountId, 9);
    expect(access.map(({ clientId }) => clientId)).not.toContain('wiki');
  }
}

/** A plan that fails from its second call on: the walk does not come further than that. */
function planOnce(): PlanDeliveries {
  let calls = 0;
  return (ended) => {
    calls += 1;
    if (calls > 1) throw new Error('the walk is cut short');
    return planAll()(ended);
  };
}

async function crowdWithGrants(store: Store): Promise<Crowd> {
  const crowd = await crowdOfSessions(store, SESSIONS);
  await Promise.all(crowd.participations.map((each) => store.provider.save(aGrantOf(each))));
  return crowd;
}

/** A walk begins at one end or the other. */
function someOf({ participations }: Crowd): NewParticipation[] {
  return [participations.at(0), participations.at(SESSIONS / 2), participations.at(-1)].filter(
    (each) => each !== undefined,
  );
}
