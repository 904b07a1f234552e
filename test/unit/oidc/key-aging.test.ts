import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createKeyAging, keyAge, outlived } from '../../../src/oidc/key-aging.ts';
import { listKeys } from '../../../src/oidc/key-rotation.ts';
import { openKeys } from '../../../src/oidc/keys.ts';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';
import type { Store } from '../../../src/store/store.ts';
import { aSigningKey, DAY, MINUTE, T0 } from '../../support/builders.ts';
import { type StorePlace, sqlitePlace } from '../../support/stores.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe('the age of keys', () => {
  const rows = (['RS256', 'ES256', 'PS256', 'EdDSA'] as const).map((alg) => aSigningKey({ alg, createdAt: T0 }));

  it('is that of the newest ones; they are due, and a day later overdue', () => {
    expect(keyAge(rows, T0 + DAY, 90 * DAY)).toEqual({ ageMs: DAY, dueAt: T0 + 90 * DAY, overdue: false });
    expect(keyAge(rows, T0 + 91 * DAY, 90 * DAY).overdue).toBe(false);
    expect(keyAge(rows, T0 + 91 * DAY + 1, 90 * DAY).overdue).toBe(true);
  });

  it('is nothing to see to where it is off', () => {
    expect(keyAge(rows, T0 + 999 * DAY, undefined)).toEqual({ ageMs: 999 * DAY, dueAt: undefined, overdue: false });
  });

  it('outlives a key a week after its successor began to sign, and never one that signs', () => {
    const [old, next] = [
      aSigningKey({ createdAt: T0, signsFrom: T0 }),
      aSigningKey({ createdAt: T0 + DAY, signsFrom: T0 + DAY }),
    ];
    expect(outlived([old, next], T0 + 8 * DAY - 1)).toEqual([]);
    expect(outlived([old, next], T0 + 8 * DAY)).toEqual([old]);
    expect(outlived([old], T0 + 99 * DAY)).toEqual([]);
  });
});

describe('rotation by age', () => {
  let place: StorePlace;
  let store: Store;
  beforeEach(async () => {
    place = await sqlitePlace();
    store = await place.open();
  });
  afterEach(() => place.remove());

  it('makes one set of keys however many processes look, and retires the old ones when they are outlived', async () => {
    let now = T0;
    const clock = { now: () => now };
    const box = createCryptoBox(Buffer.alloc(32, 7));
    await openKeys({ store, box, clock, issuer: 'https://id.example.test' });
    const looks = Array.from({ length: 4 }, () => createKeyAging({ store, box, clock, log: silent, maxMs: 90 * DAY }));
    const look = () => Promise.all(looks.map((each) => each.run()));
    const roles = async () => (await listKeys({ store, clock })).map(({ role }) => role);

    now = T0 + 90 * DAY - 1;
    await look();
    expect(await roles()).toEqual(Array(4).fill('signing'));

    now = T0 + 90 * DAY;
    await look();
    expect((await roles()).toSorted()).toEqual([...Array(4).fill('next'), ...Array(4).fill('signing')]);

    now += 10 * MINUTE;
    await look();
    expect((await roles()).toSorted()).toEqual([...Array(4).fill('published'), ...Array(4).fill('signing')]);

    now += 7 * DAY;
    await look();
    expect((await roles()).toSorted()).toEqual([...Array(4).fill('retired'), ...Array(4).fill('signing')]);
    const rows = await store.keys.signingKeys();
    expect(rows.filter(({ sealedPrivateJwk }) => sealedPrivateJwk === '')).toHaveLength(4);
  });
});
