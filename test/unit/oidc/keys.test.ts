import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rotateCookieKeys } from '../../../src/oidc/cookie-keys.ts';
import { listKeys, PUBLISHED_BEFORE_MS, retireKey, rotateKeys } from '../../../src/oidc/key-rotation.ts';
import { createKeyWatch } from '../../../src/oidc/key-watch.ts';
import { openKeys } from '../../../src/oidc/keys.ts';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';
import type { Store } from '../../../src/store/store.ts';
import { type StorePlace, sqlitePlace } from '../../support/stores.ts';
import { createPerson, headerOf, type Rig, startRig } from './rig.ts';

const issuer = 'https://id.example.test';
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe('keys of a new store', () => {
  let place: StorePlace;
  let store: Store;
  const box = createCryptoBox(randomBytes(32));
  let now = Date.UTC(2026, 0, 5);
  const clock = { now: () => now };
  beforeAll(async () => {
    place = await sqlitePlace();
    store = await place.open();
  });
  afterAll(() => place.remove());

  it('are the same for all processes that start at once', async () => {
    const parts = { store, box, clock, issuer };
    const [one, two] = await Promise.all([openKeys(parts), openKeys({ ...parts, store: await place.open() })]);
    expect(two.privateKeys(now)).toEqual(one.privateKeys(now));
    expect(two.cookieKeys).toEqual(one.cookieKeys);
    expect(two.pairwiseSalt).toBe(one.pairwiseSalt);
    expect(one.privateKeys(now).map((key) => key.alg)).toEqual(['RS256', 'ES256', 'PS256', 'EdDSA']);
  });

  it('refuse a process with another issuer or master key, and name both', async () => {
    const other = openKeys({ store, box, clock, issuer: 'https://other.example.test' });
    await expect(other).rejects.toMatchObject({
      code: 'wrong_issuer',
      publicMessage: expect.stringMatching(/id\.example\.test.*other\.example\.test/),
    });
    const stranger = createCryptoBox(randomBytes(32));
    const wrong = openKeys({ store, box: stranger, clock, issuer });
    await expect(wrong).rejects.toMatchObject({
      code: 'wrong_key',
      publicMessage: expect.stringMatching(new RegExp(`${box.keyId}.*${stranger.keyId}`)),
    });
  });

  it('rotate: published at once, signs after ten minutes, the old one stays published', async () => {
    const keys = await openKeys({ store, box, clock, issuer });
    const before = keys.signerFor('ES256', now).kid;
    // Keys are listed by age, and these two must not be of one.
    now += 1_000;
    await rotateKeys({ store, box, clock }, { leaked: false });
    expect(await keys.refresh()).toBe(true);
    expect(await keys.refresh()).toBe(false);
    expect(keys.signerFor('ES256', now).kid).toBe(before);
    expect(keys.privateKeys(now)).toHaveLength(8);
    expect(keys.nextChangeAt(now)).toBe(now + PUBLISHED_BEFORE_MS);
    now += PUBLISHED_BEFORE_MS;
    const after = keys.signerFor('ES256', now).kid;
    expect(after).not.toBe(before);
    expect(
      keys
        .privateKeys(now)
        .filter((key) => key.alg === 'ES256')
        .map((key) => key.kid),
    ).toEqual([after, before]);
    expect(keys.nextChangeAt(now)).toBeUndefined();
  });

  it('retire: out of the key set, forgotten as a signer, remembered for hints; never the last one that signs', async () => {
    const keys = await openKeys({ store, box, clock, issuer });
    const all = (await listKeys({ store, clock })).filter((key) => key.alg === 'RS256');
    expect(all.map((key) => key.role)).toEqual(['published', 'signing']);
    const [first, signing] = all.map((key) => key.kid);
    expect((await retireKey({ store, clock }, first ?? '')).role).toBe('retired');
    await expect(retireKey({ store, clock }, signing ?? '')).rejects.toMatchObject({ code: 'key_in_use', status: 409 });
    await expect(retireKey({ store, clock }, 'nobody')).rejects.toMatchObject({ code: 'key_unknown' });
    await keys.refresh();
    expect(
      keys
        .privateKeys(now)
        .filter((key) => key.alg === 'RS256')
        .map((key) => key.kid),
    ).toEqual([signing]);
    expect(keys.publicKey(first ?? '')).toMatchObject({ kid: first });
    expect((await store.keys.signingKeys()).find((row) => row.kid === first)?.sealedPrivateJwk).toBe('');
  });

  it('a retired successor leaves the older key signing', async () => {
    await rotateKeys({ store, box, clock }, { leaked: false });
    now += PUBLISHED_BEFORE_MS;
    const keys = await openKeys({ store, box, clock, issuer });
    const newest = keys.signerFor('EdDSA', now).kid;
    await retireKey({ store, clock }, newest);
    await keys.refresh();
    expect(keys.signerFor('EdDSA', now).kid).not.toBe(newest);
  });

  it('leaked: the new ones sign at once, the old ones are out of the key set, prove nothing and are forgotten', async () => {
    const keys = await openKeys({ store, box, clock, issuer });
    const old = await listKeys({ store, clock });
    const made = await rotateKeys({ store, box, clock }, { leaked: true });
    await keys.refresh();
    expect(made.map((key) => key.role)).toEqual(['signing', 'signing', 'signing', 'signing']);
    expect(keys.privateKeys(now).map((key) => key.kid)).toEqual(made.map((key) => key.kid));
    for (const { kid } of old) expect(keys.publicKey(kid)).toBeUndefined();
    const roles = new Map((await listKeys({ store, clock })).map((key) => [key.kid, key.role]));
    expect(new Set(old.map(({ kid }) => roles.get(kid)))).toEqual(new Set(['leaked']));
    const kept = (await store.keys.signingKeys()).filter((row) => old.some(({ kid }) => kid === row.kid));
    expect(new Set(kept.map((row) => row.sealedPrivateJwk))).toEqual(new Set(['']));
  });

  it('cookie keys rotate: every process believes the new one half a minute before it signs', async () => {
    const keys = await openKeys({ store, box, clock, issuer });
    const { cookieKeys } = keys;
    const [old] = cookieKeys;
    const { signsFrom } = await rotateCookieKeys({ store, box, clock }, { leaked: false });
    expect(await keys.refresh()).toBe(true);
    expect(cookieKeys).toEqual([old, expect.any(String)]);
    expect(keys.nextChangeAt(now)).toBe(signsFrom);
    now = signsFrom;
    await keys.refresh();
    expect(cookieKeys).toEqual([expect.not.stringMatching(`^${old}$`), old]);
    expect(keys.cookieKeys).toBe(cookieKeys);
  });

  it('cookie keys that leaked are believed no more; two rotations at once both count; ten are kept', async () => {
    const keys = await openKeys({ store, box, clock, issuer });
    const old = [...keys.cookieKeys];
    await rotateCookieKeys({ store, box, clock }, { leaked: true });
    await keys.refresh();
    expect(keys.cookieKeys).toHaveLength(1);
    expect(old).not.toContain(keys.cookieKeys[0]);
    const twice = [1, 2].map(() => rotateCookieKeys({ store, box, clock }, { leaked: false }));
    await Promise.all(twice);
    await keys.refresh();
    expect(new Set(keys.cookieKeys).size).toBe(3);
    for (let more = 0; more < 9; more++) await rotateCookieKeys({ store, box, clock }, { leaked: false });
    await keys.refresh();
    expect(keys.cookieKeys).toHaveLength(10);
  });

  it('cookie keys of the first version of a store are read', async () => {
    const { sealedCookieKeys = '' } = (await store.keys.established()) ?? {};
    const bare = { cookieKeys: ['newest', 'older'], pairwiseSalt: 'salt' };
    await store.keys.replaceCookieKeys(sealedCookieKeys, box.seal(JSON.stringify(bare)));
    expect(await openKeys({ store, box, clock, issuer })).toMatchObject(bare);
  });
});

describe('a running provider', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.close());

  it('swaps to a new key when it is due: sessions stay, old hints are good, the old key stays published', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const before = await person.signIn('a');
    await rotateKeys({ store: rig.store, box: rig.box, clock: rig.clock }, { leaked: false });
    await rig.keys.refresh();
    const swapped = Promise.withResolvers<void>();
    const watch = createKeyWatch({
      keys: rig.keys,
      clock: rig.clock,
      log: quiet,
      changed: () => {
        rig.oidc.reload();
        swapped.resolve();
      },
    });
    rig.clock.advance(PUBLISHED_BEFORE_MS - 300);
    await watch.start();
    await swapped.promise;
    await watch.stop();

    const after = await person.signIn('b', { prompt: 'none' });
    expect(headerOf(after.id_token)['kid']).not.toBe(headerOf(before.id_token)['kid']);
    const { keys } = (await (await fetch(`${rig.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    expect(keys.map((key) => key.kid)).toContain(headerOf(before.id_token)['kid']);
    const hinted = await person.authorize('a', { prompt: 'none', id_token_hint: before.id_token });
    expect(hinted.params?.['code']).toBeDefined();
  });

  it('I20 takes hints of retired keys at /auth, and no forged ones', async () => {
    const person = createPerson(rig, await rig.account());
    const { id_token } = await person.signIn('a');
    await rotateKeys({ store: rig.store, box: rig.box, clock: rig.clock }, { leaked: false });
    rig.clock.advance(PUBLISHED_BEFORE_MS);
    await retireKey({ store: rig.store, clock: rig.clock }, String(headerOf(id_token)['kid']));
    await rig.keys.refresh();
    rig.oidc.reload();
    expect((await person.authorize('a', { prompt: 'none', id_token_hint: id_token })).params?.['code']).toBeDefined();
    const forged = `${id_token.slice(0, -8)}AAAAAAAA`;
    expect((await person.authorize('a', { id_token_hint: forged })).params?.['error']).toBe('invalid_request');
    const foreign = (await person.signIn('b')).id_token;
    expect((await person.authorize('a', { id_token_hint: foreign })).params?.['error']).toBe('invalid_request');
  });
});
