import { expect, it } from '@jest/globals';
import { aSigningKey, T0 } from '../../support/builders.ts';
import { startChild } from './child.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function keysSuite(make: MakePlace): void {
  const at = freshStore(make);
  const establishment = (issuer: string) => ({
    issuer,
    keyId: 'key',
    sealedCheck: 'v1.check',
    sealedCookieKeys: 'v1.cookies',
    signingKeys: [aSigningKey()],
  });

  it('keeps what the first process said, whatever the next one says', async () => {
    await expect(at.store.keys.established()).resolves.toBeUndefined();
    const first = establishment('https://first.test');
    await expect(at.store.keys.establish(first)).resolves.toEqual(first);
    await expect(at.store.keys.establish(establishment('https://second.test'))).resolves.toEqual(first);
    await expect(at.store.keys.established()).resolves.toEqual(first);
    await expect(at.store.keys.signingKeys()).resolves.toEqual(first.signingKeys);
  });

  it('lets one of two processes that start together decide for both', async () => {
    const child = await startChild(at.place.url);
    try {
      const [here, there] = await Promise.all([
        at.store.keys.establish(establishment('https://here.test')).then((answer) => answer.issuer),
        child.run<string>('establish', { issuer: 'https://there.test' }),
      ]);
      expect(here).toBe(there);
    } finally {
      await child.stop();
    }
  });

  it('replaces cookie keys by those that were made from what is there, and by no others', async () => {
    await expect(at.store.keys.replaceCookieKeys('v1.cookies', 'v1.none')).resolves.toBe(false);
    await at.store.keys.establish(establishment('https://first.test'));
    const race = ['v1.one', 'v1.other'].map((to) => at.store.keys.replaceCookieKeys('v1.cookies', to));
    await expect(Promise.all(race).then((won) => won.filter(Boolean))).resolves.toHaveLength(1);
    const { sealedCookieKeys = '' } = (await at.store.keys.established()) ?? {};
    expect(['v1.one', 'v1.other']).toContain(sealedCookieKeys);
    await expect(at.store.keys.replaceCookieKeys('v1.cookies', 'v1.late')).resolves.toBe(false);
    await expect(at.store.keys.established()).resolves.toMatchObject({
      issuer: 'https://first.test',
      sealedCookieKeys,
    });
  });

  it('adds keys for one of several that found the same ones there', async () => {
    const old = aSigningKey({ createdAt: T0 });
    await at.store.keys.saveSigningKeys([old]);
    const next = Array.from({ length: 4 }, () => aSigningKey({ createdAt: T0 + 1 }));
    const won = await Promise.all(next.map((row) => at.store.keys.addSigningKeys([row], [old.kid])));
    expect(won.filter(Boolean)).toHaveLength(1);
    await expect(at.store.keys.signingKeys()).resolves.toEqual([old, next[won.indexOf(true)]]);
    await expect(at.store.keys.addSigningKeys([aSigningKey()], [old.kid])).resolves.toBe(false);
  });

  it('keeps signing keys, oldest first, and replaces by kid', async () => {
    const [old, young] = [aSigningKey({ createdAt: T0 }), aSigningKey({ createdAt: T0 + 1, signsFrom: T0 + 9 })];
    await at.store.keys.saveSigningKeys([young, old]);
    await expect(at.store.keys.signingKeys()).resolves.toEqual([old, young]);
    const retired = { ...old, retiredAt: T0 + 2, leakedAt: T0 + 2, sealedPrivateJwk: '' };
    await at.store.keys.saveSigningKeys([retired]);
    await expect(at.store.keys.signingKeys()).resolves.toEqual([retired, young]);
  });
}
