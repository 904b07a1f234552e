import { expect, it } from '@jest/globals';
import { anArtifact, T0 } from '../../support/builders.ts';
import { startChild } from './child.ts';
import { freshStore, type MakePlace } from './fixture.ts';

interface Answered {
  readonly id: string;
  readonly uid: string;
  readonly sids: readonly string[];
}

export function crashSuite(make: MakePlace): void {
  const at = freshStore(make);

  it('has lost no logout that was answered when its process is killed', async () => {
    const child = await startChild(at.place.url);
    const answered: Answered[] = [];
    const enough = Promise.withResolvers<void>();
    const running = child.run('endUntilKilled', {}, (facts: Answered) => {
      if (answered.push(facts) === 20) enough.resolve();
    });
    running.catch(() => undefined);
    await enough.promise;
    await child.kill();
    const again = await at.place.open();
    for (const { id, uid, sids } of answered) {
      await expect(again.logouts.find(id)).resolves.toMatchObject({ id, sessionsEnded: 1 });
      await expect(again.sessions.get(uid)).resolves.toMatchObject({ session: { state: 'ended', logoutId: id } });
      const deliveries = await again.deliveries.list({ logoutId: id }, { limit: 10 });
      expect(deliveries.map((delivery) => delivery.sid).sort()).toEqual(sids.toSorted());
    }
  });

  it('has nothing half: an ended session without its deliveries does not exist', async () => {
    const child = await startChild(at.place.url);
    const first = Promise.withResolvers<void>();
    child.run('endUntilKilled', {}, () => first.resolve()).catch(() => undefined);
    await first.promise;
    await child.kill();
    for (const { session, participations } of await at.store.sessions.list({ state: 'ended' }, { limit: 1_000 })) {
      const deliveries = await at.store.deliveries.list({ logoutId: session.logoutId ?? '' }, { limit: 10 });
      expect(deliveries.map((delivery) => delivery.sid).sort()).toEqual(participations.map((each) => each.sid).sort());
    }
  });

  it('writes beside another process that writes, and neither hears that the store is busy', async () => {
    const child = await startChild(at.place.url);
    try {
      const theirs = child.run<number>('write', { count: 300 });
      const ours = Array.from({ length: 300 }, () => anArtifact());
      for (const artifact of ours) {
        await at.store.provider.save(artifact);
        await expect(at.store.provider.find(artifact.model, artifact.idHash, T0)).resolves.toBeDefined();
      }
      await expect(theirs).resolves.toBe(300);
    } finally {
      await child.stop();
    }
  });
}
