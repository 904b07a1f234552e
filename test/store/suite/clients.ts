import { expect, it } from '@jest/globals';
import type { ClientState, SeenClient } from '../../../src/store/store.ts';
import { aCause, anAuditEntry, planAll, T0 } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function clientsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const wiki = { clientId: 'wiki', state: 'active', source: 'file', sealed: 'v1.wiki', updatedAt: T0 } as const;

  it('gives back what it was given; an id that differs in case is another client', async () => {
    await expect(at.store.clients.all()).resolves.toEqual([]);
    const upper = { ...wiki, clientId: 'Wiki', sealed: 'v1.upper' };
    await at.store.clients.save([wiki, upper]);
    const all = await at.store.clients.all();
    expect(all).toHaveLength(2);
    expect(all).toEqual(expect.arrayContaining([wiki, upper]));
  });

  it('replaces', async () => {
    await at.store.clients.save([wiki]);
    const suspended = { ...wiki, state: 'suspended', updatedAt: T0 + 1 } as const;
    await at.store.clients.save([suspended]);
    await expect(at.store.clients.all()).resolves.toEqual([suspended]);
  });

  it('replaces only what its writer has seen', async () => {
    const replace = (sealed: string, seen: SeenClient | undefined) =>
      at.store.clients.replace({ ...wiki, sealed }, seen, anAuditEntry());
    const seen = (sealed: string, state: ClientState = 'active') => ({ sealed, state });
    await expect(replace('v1.wiki', seen('v1.other'))).resolves.toBe('changed');
    await expect(replace('v1.wiki', undefined)).resolves.toBe('done');
    await expect(replace('v1.again', undefined)).resolves.toBe('changed');
    const both = await Promise.all([replace('v1.left', seen('v1.wiki')), replace('v1.right', seen('v1.wiki'))]);
    expect(both.toSorted()).toEqual(['changed', 'done']);
    const won = both[0] === 'done' ? 'v1.left' : 'v1.right';
    await expect(at.store.clients.all()).resolves.toEqual([{ ...wiki, sealed: won }]);
    // A removal keeps the text: who saw the app alive must not bring it back.
    await at.store.sessions.end(
      'removal',
      { kind: 'client', clientId: 'wiki' },
      aCause({ reason: 'client-removed' }),
      T0,
      planAll(),
    );
    await expect(replace('v1.late', seen(won))).resolves.toBe('changed');
    await expect(replace('v1.back', seen(won, 'removed'))).resolves.toBe('done');
  });

  it('keeps what a check-up found until the client changes, and not of one that changed meanwhile', async () => {
    const { clients } = at.store;
    const found = { grade: 'B', at: T0 + 5 } as const;
    await clients.save([wiki]);
    const version = await clients.version();
    await clients.checkedUp('wiki', wiki, found, anAuditEntry());
    await expect(clients.all()).resolves.toEqual([{ ...wiki, checkUp: found }]);
    await expect(clients.version()).resolves.not.toBe(version);
    const changed = { ...wiki, sealed: 'v1.changed' };
    await clients.replace(changed, wiki, anAuditEntry());
    await clients.checkedUp('wiki', wiki, found, anAuditEntry());
    await expect(clients.all()).resolves.toEqual([changed]);
  });

  it('has another version after each change, a removal included', async () => {
    const removed = aCause({ reason: 'client-removed' });
    const versions = [await at.store.clients.version()];
    await at.store.clients.save([wiki]);
    versions.push(await at.store.clients.version());
    await at.store.clients.save([wiki]);
    versions.push(await at.store.clients.version());
    await at.store.sessions.end('removal', { kind: 'client', clientId: 'wiki' }, removed, T0, planAll());
    versions.push(await at.store.clients.version());
    expect(new Set(versions).size).toBe(4);
    await expect(at.store.clients.version()).resolves.toBe(versions[3]);
  });

  it('remembers whom the product may call', async () => {
    await expect(at.store.clients.outboundRules()).resolves.toEqual([]);
    await at.store.clients.saveOutboundRules(['10.0.0.0/8']);
    await at.store.clients.saveOutboundRules(['127.0.0.0/8', 'rp.internal']);
    await expect(at.store.clients.outboundRules()).resolves.toEqual(['127.0.0.0/8', 'rp.internal']);
  });
}
