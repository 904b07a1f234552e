import { describe, expect, it } from '@jest/globals';
import {
  aCause,
  anArtifact,
  aTokenOf,
  HOUR,
  MINUTE,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { startChild } from './child.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

export function providerSuite(make: MakePlace): void {
  const at = sharedStore(make);

  it('gives back what it was given', async () => {
    const { uid } = await signIn(at.store);
    const artifact = anArtifact({
      model: 'RefreshToken',
      grantId: unique('grant'),
      sessionUid: uid,
      accountId: 'alice',
      clientId: 'wiki',
      bound: true,
      expiresAt: undefined,
    });
    await expect(at.store.provider.save(artifact)).resolves.toBe('saved');
    await expect(at.store.provider.find('RefreshToken', artifact.idHash, T0)).resolves.toEqual({
      ...artifact,
      consumedAt: undefined,
    });
    await expect(at.store.provider.find('AccessToken', artifact.idHash, T0)).resolves.toBeUndefined();
    await expect(at.store.provider.find('RefreshToken', artifact.idHash.toUpperCase(), T0)).resolves.toBeUndefined();
  });

  it('replaces, and what was consumed stays consumed', async () => {
    const artifact = anArtifact();
    await at.store.provider.save(artifact);
    await at.store.provider.consume(artifact.model, artifact.idHash, T0 + 1);
    await at.store.provider.save({ ...artifact, sealedPayload: 'v1.other' });
    await expect(at.store.provider.find(artifact.model, artifact.idHash, T0)).resolves.toMatchObject({
      sealedPayload: 'v1.other',
      consumedAt: T0 + 1,
    });
  });

  it('forgets what expired', async () => {
    const artifact = anArtifact({ expiresAt: T0 + MINUTE });
    await at.store.provider.save(artifact);
    await expect(at.store.provider.find(artifact.model, artifact.idHash, T0 + MINUTE - 1)).resolves.toBeDefined();
    await expect(at.store.provider.find(artifact.model, artifact.idHash, T0 + MINUTE)).resolves.toBeUndefined();
  });

  it('removes expired rows, so many at a time', async () => {
    const old = [anArtifact({ expiresAt: 1 }), anArtifact({ expiresAt: 2 }), anArtifact({ expiresAt: 3 })];
    const kept = [anArtifact({ expiresAt: 5 }), anArtifact({ expiresAt: undefined })];
    for (const artifact of [...old, ...kept]) await at.store.provider.save(artifact);
    await expect(at.store.provider.removeExpired(4, 2)).resolves.toBe(2);
    await expect(at.store.provider.removeExpired(4, 2)).resolves.toBe(1);
    await expect(at.store.provider.removeExpired(4, 2)).resolves.toBe(0);
    for (const { model, idHash } of kept) await expect(at.store.provider.find(model, idHash, 4)).resolves.toBeDefined();
  });

  it('destroys one', async () => {
    const [gone, kept] = [anArtifact(), anArtifact()];
    await at.store.provider.save(gone);
    await at.store.provider.save(kept);
    await at.store.provider.destroy(gone.model, gone.idHash);
    await expect(at.store.provider.find(gone.model, gone.idHash, T0)).resolves.toBeUndefined();
    await expect(at.store.provider.find(kept.model, kept.idHash, T0)).resolves.toBeDefined();
  });

  it('revokes everything of a grant but the grant', async () => {
    const { id: accountId } = await newAccount(at.store);
    const facts = { grantId: unique('grant'), accountId, generation: { account: 0, realm: 0 } };
    const rows = ['AuthorizationCode', 'AccessToken', 'RefreshToken', 'Grant'].map((model) =>
      anArtifact({ model, ...facts }),
    );
    const other = anArtifact({ grantId: unique('grant') });
    for (const row of [...rows, other]) await at.store.provider.save(row);
    await at.store.provider.revokeByGrant(facts.grantId);
    const isThere = async ({ model, idHash }: (typeof rows)[number]) =>
      (await at.store.provider.find(model, idHash, T0)) !== undefined;
    await expect(Promise.all([...rows, other].map(isThere))).resolves.toEqual([false, false, false, true, true]);
  });

  describe('what is bound to a session', () => {
    it('is not found once it ended, and not saved', async () => {
      const { uid } = await signIn(at.store, { clients: [] });
      const bound = anArtifact({ sessionUid: uid, bound: true });
      const free = anArtifact({ sessionUid: uid, bound: false });
      await at.store.provider.save(bound);
      await at.store.provider.save(free);
      await at.store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());
      await expect(at.store.provider.find(bound.model, bound.idHash, T0)).resolves.toBeUndefined();
      await expect(at.store.provider.find(free.model, free.idHash, T0)).resolves.toBeDefined();
      const late = anArtifact({ sessionUid: uid, bound: true });
      await expect(at.store.provider.save(late)).resolves.toBe('ended');
      await expect(at.store.provider.save(anArtifact({ sessionUid: uid }))).resolves.toBe('saved');
    });

    it('is refused for a session that nobody knows', async () => {
      await expect(at.store.provider.save(anArtifact({ sessionUid: 'nobody', bound: true }))).resolves.toBe('ended');
      await expect(at.store.provider.save(anArtifact({ bound: true }))).resolves.toBe('ended');
    });
  });

  it('finds no grant of an older generation than its account, and none that has none', async () => {
    const { id: accountId } = await newAccount(at.store);
    const generation = { account: 0, realm: 0 };
    const grant = anArtifact({ model: 'Grant', grantId: unique('grant'), accountId, clientId: 'wiki', generation });
    await at.store.provider.save(grant);
    const find = () => at.store.provider.find('Grant', grant.idHash, T0);
    await expect(find()).resolves.toMatchObject({ generation });
    await at.store.sessions.end(unique('logout'), { kind: 'account', accountId }, aCause(), T0, planAll());
    await at.store.provider.save(grant);
    await expect(find()).resolves.toBeUndefined();
    const ofNobody = anArtifact({ model: 'Grant', grantId: unique('grant'), accountId, clientId: 'wiki' });
    await at.store.provider.save(ofNobody);
    await expect(at.store.provider.find('Grant', ofNobody.idHash, T0)).resolves.toBeUndefined();
  });

  it('is consumed by the first only, of two processes that race', async () => {
    const codes = Array.from({ length: 100 }, () => anArtifact());
    for (const code of codes) await at.store.provider.save(code);
    const idHashes = codes.map((code) => code.idHash);
    const child = await startChild(at.place.url);
    try {
      const theirs = child.run<string[]>('consume', { idHashes });
      const ours: string[] = [];
      for (const idHash of idHashes) {
        if (await at.store.provider.consume('AuthorizationCode', idHash, T0)) ours.push(idHash);
        await new Promise(setImmediate);
      }
      expect([...ours, ...(await theirs)].sort()).toEqual(idHashes.toSorted());
    } finally {
      await child.stop();
    }
  });

  it('consumes nothing that is not there', async () => {
    await expect(at.store.provider.consume('AuthorizationCode', 'nobody', T0)).resolves.toBe(false);
  });

  it('knows which apps have access: in a session or without one, not what was cut off or is of somebody else', async () => {
    const { accountId, participations } = await signIn(at.store, { clients: ['wiki', 'mail'] });
    await signIn(at.store, { accountId, clients: ['wiki'], at: T0 + HOUR });
    await signIn(at.store, { clients: ['shop'] });
    const [wiki] = participations;
    if (!wiki) throw new Error('nobody signed in');
    await at.store.provider.save(aTokenOf(wiki, { bound: false, createdAt: T0 + 2 * HOUR }));
    await expect(at.store.provider.access(accountId, 9)).resolves.toEqual([
      { clientId: 'mail', since: T0, lastUsedAt: T0, offline: false },
      { clientId: 'wiki', since: T0, lastUsedAt: T0 + 2 * HOUR, offline: true },
    ]);
    await expect(at.store.provider.access(accountId, 1)).resolves.toHaveLength(1);
    const cut = { kind: 'account-client', accountId, clientId: 'wiki' } as const;
    await at.store.sessions.end(unique('logout'), cut, aCause(), T0 + 3 * HOUR, planAll());
    expect((await at.store.provider.access(accountId, 9)).map(({ clientId }) => clientId)).toEqual(['mail']);
    const all = { kind: 'account', accountId } as const;
    await at.store.sessions.end(unique('logout'), all, aCause(), T0 + 3 * HOUR, planAll());
    await expect(at.store.provider.access(accountId, 9)).resolves.toEqual([]);
  });
}
