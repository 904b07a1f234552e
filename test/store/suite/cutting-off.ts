import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EndTarget } from '../../../src/logout/logout.ts';
import type { NewParticipation } from '../../../src/store/store.ts';
import { aCodeOf, aGrantOf, aParticipation, DAY, signIn, T0, unique } from '../../support/builders.ts';
import { type Child, startChild } from './child.ts';
import { ENDED_AT, endings, sids } from './ending-fixture.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

/** Ends that reach what began before them by a number: no clock of any process has a say in it. */
export function cuttingOffSuite(make: MakePlace): void {
  const at = sharedStore(make);
  const { end, ended, told, exists, tokenOf } = endings(at);

  /** Ends of an app, of everybody and of one account. */
  const ENDS: readonly [string, (app: { accountId: string; clientId: string }) => EndTarget][] = [
    ['a client', ({ clientId }) => ({ kind: 'client', clientId })],
    ['an app of one account', (app) => ({ kind: 'account-client', ...app })],
  ];

  async function comeBack(uid: string, accountId: string, clientId: string): Promise<NewParticipation> {
    const participation = aParticipation({ sessionUid: uid, accountId, clientId, startedAt: T0 });
    await at.store.provider.save(aGrantOf(participation));
    await expect(at.store.sessions.join(participation, aCodeOf(participation), undefined)).resolves.toBe('joined');
    return participation;
  }

  describe.each(ENDS)('%s', (_name, targetOf) => {
    it('ends what a process whose clock runs ahead has begun', async () => {
      const clientId = unique('client');
      const { accountId, uid, participations } = await signIn(at.store, { clients: [clientId], at: ENDED_AT + DAY });
      const token = await tokenOf(participations[0], false);
      const logout = await ended(targetOf({ accountId, clientId }));
      await expect(told(logout)).resolves.toEqual(sids(...participations));
      await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({ signedOffClients: [clientId] });
      await expect(token()).resolves.toBe(false);
    });

    it('leaves alone who came back, also where the clock runs behind', async () => {
      const clientId = unique('client');
      const { accountId, uid } = await signIn(at.store, { clients: [clientId] });
      const target = targetOf({ accountId, clientId });
      await ended(target);
      const back = await comeBack(uid, accountId, clientId);
      await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({ signedOffClients: [] });
      await expect(exists('Grant', back.grantId)).resolves.toBe(true);
      await expect(told(await ended(target))).resolves.toEqual(sids(back));
      await expect(exists('Grant', back.grantId)).resolves.toBe(false);
    });

    it('does not become young again with a grant that is saved again', async () => {
      const clientId = unique('client');
      const { accountId, participations } = await signIn(at.store, { clients: [clientId] });
      const [participation] = participations;
      if (!participation) throw new Error('nobody signed in');
      const late = aGrantOf({ ...participation, grantId: unique('grant') });
      await at.store.provider.save(late);
      await expect(at.store.provider.saveAgain(late)).resolves.toBe('saved');
      await expect(exists('Grant', late.idHash)).resolves.toBe(true);
      await ended(targetOf({ accountId, clientId }));
      await at.store.provider.saveAgain({ ...late, createdAt: ENDED_AT + DAY });
      await expect(exists('Grant', late.idHash)).resolves.toBe(false);
      await expect(at.store.provider.saveAgain(aGrantOf(participation))).resolves.toBe('ended');
      await expect(exists('Grant', participation.grantId)).resolves.toBe(false);
    });
  });

  it('is not undone by loading client files', async () => {
    const clientId = unique('client');
    const { accountId, uid, participations } = await signIn(at.store, { clients: [clientId] });
    await ended({ kind: 'client', clientId });
    await at.store.clients.save([{ clientId, state: 'active', source: 'file', sealed: 'v1.sealed', updatedAt: T0 }]);
    const [old] = participations;
    if (!old) throw new Error('nobody signed in');
    await expect(at.store.sessions.join(old, aCodeOf(old), undefined)).resolves.toBe('ended');
    await comeBack(uid, accountId, clientId);
  });

  it('takes offline access of an app that is in no session any more, however many grants there are', async () => {
    const { accountId, uid, participations } = await signIn(at.store, { clients: Array(300).fill('wiki') });
    const tokens = await Promise.all(participations.map((each) => tokenOf(each, false)));
    await ended({ kind: 'session', uid }, { keepsOffline: () => true });
    await expect(Promise.all(tokens.map((isThere) => isThere()))).resolves.not.toContain(false);
    const target = { kind: 'account-client', accountId, clientId: 'wiki' } as const;
    const logout = await ended(target);
    expect(logout.walking).toBe(false);
    await expect(Promise.all(tokens.map((isThere) => isThere()))).resolves.not.toContain(true);
    await expect(end(target)).resolves.toEqual({ kind: 'nothing' });
  }, 60_000);

  describe('sign-ins at an app that are under way', () => {
    let child: Child;
    beforeAll(async () => {
      child = await startChild(at.place.url);
    });
    afterAll(() => child.stop());

    it.each(ENDS)(
      'are told by the end of %s, or come after it',
      async (_name, targetOf) => {
        let inTheEnd = 0;
        for (let round = 0; round < 10; round++) {
          const clientId = unique('client');
          const { uid, accountId } = await signIn(at.store, { clients: [clientId] });
          const started = Promise.withResolvers<void>();
          // Its clock runs ahead by half an hour of what the end takes for now.
          const facts = { uid, accountId, clientId, count: 40, startedAt: ENDED_AT + DAY };
          const joining = child.run<string[]>('comeBack', facts, () => started.resolve());
          await started.promise;
          const logout = await ended(targetOf({ accountId, clientId }));
          const joined = await joining;
          const toldSids = new Set(await told(logout));
          const living = await Promise.all(
            joined.map(async (sid) =>
              (await at.store.sessions.participation(sid))?.endedAt === undefined ? sid : undefined,
            ),
          );
          const cutAt = joined.findIndex((sid) => !toldSids.has(sid));
          const after = cutAt === -1 ? [] : joined.slice(cutAt);
          // One process joins one after the other, so all that came before the end are told, all after it live.
          expect(after.filter((sid) => toldSids.has(sid))).toEqual([]);
          expect(living.filter((sid) => sid !== undefined)).toEqual(after);
          await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({
            signedOffClients: after.length > 0 ? [] : [clientId],
          });
          inTheEnd += toldSids.size;
        }
        expect(inTheEnd).toBeGreaterThan(10);
      },
      60_000,
    );
  });
}
