import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Account, usernameKey } from '../../../src/accounts/account.ts';
import type { SignInLimit } from '../../../src/accounts/sign-in-brake.ts';
import { createVerifySignIn, type SignInResult } from '../../../src/accounts/verify-sign-in.ts';

const LIMIT: SignInLimit = { tries: 3, windowMs: 60_000 };

let now: number;
let account: Account;
let windows: Map<string, { count: number; closesAt: number }>;
let hashed: (string | undefined)[];
let pauses: number[];
let realm: number;

beforeEach(() => {
  now = 1_000_000;
  windows = new Map();
  hashed = [];
  pauses = [];
  realm = 4;
  account = {
    id: 'a1',
    username: 'Alice',
    state: 'active',
    generation: 7,
    claims: {},
    passwordHash: 'hash of secret',
    createdAt: 1,
    passwordChangedAt: 1,
  };
});

function aVerifier(limit: SignInLimit | 'off' = LIMIT) {
  return createVerifySignIn({
    clock: { now: () => now },
    limit: limit === 'off' ? undefined : limit,
    pause: async (ms) => pauses.push(ms),
    passwords: {
      verify: async (phc, password) => {
        hashed.push(phc);
        return phc === `hash of ${password}`;
      },
    },
    store: {
      accounts: { findByUsername: async (name) => (usernameKey(name) === 'alice' ? account : undefined) },
      sessions: { generation: async () => ({ account: 99, realm }) },
      limits: {
        failures: async (keys) => keys.map((key) => open(key) ?? { count: 0, closesAt: now }),
        fail: async (keys, windowMs) => {
          for (const key of keys)
            windows.set(key, { closesAt: now + windowMs, ...open(key), count: (open(key)?.count ?? 0) + 1 });
        },
        clear: async (keys) => {
          for (const key of keys) windows.delete(key);
        },
      },
    },
  });
}

function open(key: string) {
  const window = windows.get(key);
  return window && window.closesAt > now ? window : undefined;
}

const good = { username: 'alice', password: 'secret', address: '192.0.2.1' };
const bad = { ...good, password: 'guess' };

async function kinds(tries: readonly Promise<SignInResult>[]): Promise<readonly string[]> {
  return (await Promise.all(tries)).map((one) => one.kind);
}

describe('a sign-in', () => {
  it('answers the account and the generations seen with its password', async () => {
    expect(await aVerifier()(good)).toEqual({ kind: 'ok', account, generation: { account: 7, realm: 4 } });
  });

  it('looks the same for an unknown user, a wrong password and a disabled account: one hash, one refusal', async () => {
    const verify = aVerifier();
    const answers = [await verify(bad), await verify({ ...bad, username: 'nobody' })];
    account = { ...account, state: 'disabled' };
    answers.push(await verify({ ...good, address: '192.0.2.2' }));
    expect(answers).toEqual([{ kind: 'refused' }, { kind: 'refused' }, { kind: 'refused' }]);
    expect(hashed).toEqual(['hash of secret', undefined, 'hash of secret']);
    expect(windows.size).toBe(7);
  });

  it('hashes no more than a thousand characters', async () => {
    account = { ...account, passwordHash: `hash of ${'x'.repeat(1_000)}` };
    expect((await aVerifier()({ ...good, password: 'x'.repeat(1_001) })).kind).toBe('refused');
  });
});

describe('the limit of failed tries', () => {
  it('stops one address at one account, even with the right password, until the window closes', async () => {
    const verify = aVerifier();
    for (let i = 0; i < 3; i++) expect((await verify(bad)).kind).toBe('refused');
    now += 20_000;
    expect(await verify(good)).toEqual({ kind: 'limited', retryAfterMs: 40_000 });
    expect(hashed).toHaveLength(3);
    now += 40_000;
    expect((await verify(good)).kind).toBe('ok');
  });

  it('lets the owner in from elsewhere', async () => {
    const verify = aVerifier();
    for (let i = 0; i < 5; i++) await verify(bad);
    expect((await verify({ ...good, address: '198.51.100.7' })).kind).toBe('ok');
  });

  it('folds the user name as sign-in does', async () => {
    const verify = aVerifier();
    for (const username of ['alice', ' ALICE', '\uff41lice']) await verify({ ...bad, username });
    expect((await verify(bad)).kind).toBe('limited');
  });

  it('takes a /64 of IPv6 for one address', async () => {
    const verify = aVerifier();
    for (const last of ['1', '2', 'ffff']) await verify({ ...bad, address: `2001:db8::${last}` });
    expect((await verify({ ...bad, address: '2001:db8::abcd' })).kind).toBe('limited');
    expect((await verify({ ...bad, address: '2001:db8:0:1::1' })).kind).toBe('refused');
  });

  it('forgets failures after a success', async () => {
    const verify = aVerifier();
    await verify(bad);
    await verify(bad);
    await verify(good);
    await verify(bad);
    expect((await verify(good)).kind).toBe('ok');
  });

  it('cannot be outrun by tries that are sent at once', async () => {
    const verify = aVerifier();
    const answers = await kinds(Array.from({ length: 20 }, () => verify(bad)));
    expect(answers.filter((kind) => kind === 'refused')).toHaveLength(3);
    expect(answers.filter((kind) => kind === 'limited')).toHaveLength(17);
  });

  it('slows one account under fire from many addresses, and locks nobody out', async () => {
    const verify = aVerifier();
    for (let i = 0; i < 30; i++) await verify({ ...bad, address: `203.0.113.${i}` });
    expect(pauses).toEqual([]);
    expect((await verify({ ...good, address: '198.51.100.7' })).kind).toBe('ok');
    expect(pauses).toEqual([1_000]);
  });

  it('slows one address that tries many accounts', async () => {
    const verify = aVerifier();
    for (let i = 0; i < 61; i++) await verify({ ...bad, username: `user${i}` });
    expect(pauses.slice(0, 3)).toEqual([1_000, 1_000, 1_000]);
    expect(pauses.at(-1)).toBe(2_000);
  });

  it('may be off', async () => {
    const verify = aVerifier('off');
    for (let i = 0; i < 50; i++) await verify(bad);
    expect((await verify(good)).kind).toBe('ok');
    expect(windows.size).toBe(0);
  });
});
