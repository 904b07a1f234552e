import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Account, usernameKey } from '../../../src/accounts/account.ts';
import type { Turn } from '../../../src/accounts/password.ts';
import type { SignInLimit } from '../../../src/accounts/sign-in-brake.ts';
import { createVerifySignIn, type SignInResult, type SignInTry } from '../../../src/accounts/verify-sign-in.ts';

const LIMIT: SignInLimit = { tries: 3, windowMs: 60_000 };

let now: number;
let account: Account;
let windows: Map<string, { count: number; closesAt: number }>;
let lines: object[];
let hashed: (string | undefined)[];
let turns: (Turn | undefined)[];
let pauses: number[];
/** What a slowed try waits for. */
let held: Promise<unknown>;
let realm: number;

beforeEach(() => {
  now = 1_000_000;
  windows = new Map();
  lines = [];
  hashed = [];
  turns = [];
  pauses = [];
  held = Promise.resolve();
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
    mustChangePassword: false,
    locale: undefined,
  };
});

function aVerifier(limit: SignInLimit | 'off' = LIMIT, names: string[] = []) {
  return createVerifySignIn({
    clock: { now: () => now },
    log: { warn: (event, facts) => void lines.push({ event, ...facts }) },
    limit: limit === 'off' ? undefined : limit,
    pause: async (ms) => {
      pauses.push(ms);
      await held;
    },
    passwords: {
      verify: async (phc, password, turn) => {
        hashed.push(phc);
        turns.push(turn);
        return phc === `hash of ${password}`;
      },
    },
    store: {
      accounts: {
        async findForSignIn(name) {
          names.push(name);
          return usernameKey(name) === 'alice' ? account : undefined;
        },
      },
      sessions: { realmGeneration: async () => realm },
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

/** Ten times the limit, each failure from another address. */
async function underFire(verify: (given: SignInTry) => Promise<SignInResult>): Promise<void> {
  for (let i = 0; i < 30; i++) await verify({ ...bad, address: `203.0.113.${i}` });
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

  it('takes a name as it was made, in whatever form it is typed, up to its full length', async () => {
    const made = `${'\u00f6'.repeat(255)}x`;
    const seen: string[] = [];
    await aVerifier('off', seen)({ ...bad, username: ` ${made.normalize('NFD')}` });
    expect(seen).toEqual([made]);
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
    expect(await verify(good)).toEqual({ kind: 'limited', by: 'pair', retryAfterMs: 40_000 });
    expect(lines).toEqual([{ event: 'limit.reached', limit: 'sign-in', by: 'pair', address: '192.0.2.1' }]);
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

  it('slows one account under fire from many addresses, but not for an address that did nothing wrong there', async () => {
    const verify = aVerifier();
    await underFire(verify);
    expect(pauses).toEqual([]);
    expect((await verify({ ...bad, address: '203.0.113.1' })).kind).toBe('refused');
    expect(pauses).toEqual([1_000]);
    expect((await verify({ ...good, address: '198.51.100.7' })).kind).toBe('ok');
    expect(pauses).toEqual([1_000]);
  });

  it('slows one address that tries many accounts', async () => {
    const verify = aVerifier();
    for (let i = 0; i < 61; i++) await verify({ ...bad, username: `user${i}` });
    expect(pauses.slice(0, 3)).toEqual([1_000, 1_000, 1_000]);
    expect(pauses.at(-1)).toBe(2_000);
  });

  it('lets two tries of a slowed address run at once; more are told so before they are hashed', async () => {
    const verify = aVerifier();
    for (let i = 0; i < 30; i++) await verify({ ...bad, username: `user${i}` });
    const free = Promise.withResolvers<void>();
    held = free.promise;
    hashed = [];
    const running = ['x', 'y'].map((username) => verify({ ...bad, username }));
    const more = await kinds(['z', 'alice'].map((username) => verify({ ...bad, username })));
    expect(more).toEqual(['limited', 'limited']);
    expect(hashed).toHaveLength(0);
    free.resolve();
    expect(await kinds(running)).toEqual(['refused', 'refused']);
    expect((await verify({ ...bad, username: 'z' })).kind).toBe('refused');
  });

  it('lets two tries at a slowed account run at once, and its owner in from elsewhere meanwhile', async () => {
    const verify = aVerifier();
    await underFire(verify);
    const free = Promise.withResolvers<void>();
    held = free.promise;
    const running = [1, 2].map((last) => verify({ ...bad, address: `203.0.113.${last}` }));
    expect(await verify({ ...bad, address: '203.0.113.3' })).toEqual({
      kind: 'limited',
      by: 'account',
      retryAfterMs: 1_000,
    });
    expect((await verify({ ...good, address: '198.51.100.7' })).kind).toBe('ok');
    free.resolve();
    expect(await kinds(running)).toEqual(['refused', 'refused']);
  });

  it('takes no more than twenty strangers at a slowed account at once', async () => {
    const verify = aVerifier();
    await underFire(verify);
    const crowd = Array.from({ length: 50 }, (_, i) => verify({ ...bad, address: `198.51.${i}.1` }));
    expect((await kinds(crowd)).filter((kind) => kind === 'refused')).toHaveLength(20);
  });

  it('lets tries take turns by network, and all tries at an account under fire share one turn', async () => {
    const verify = aVerifier();
    await verify({ ...bad, address: '203.0.113.9' });
    await verify({ ...bad, username: 'bob', address: '2001:db8::9' });
    expect(turns).toEqual([
      { lane: '203.0.113.0/24', underFire: false },
      { lane: '2001:db8::/64', underFire: false },
    ]);
    await verify({ ...bad, address: '192.0.2.1' });
    await verify({ ...bad, address: '192.0.2.2' });
    turns = [];
    await verify({ ...bad, address: '198.51.100.1' });
    await verify({ ...bad, address: '203.0.113.1' });
    expect(turns.every((turn) => turn?.underFire)).toBe(true);
    expect(new Set(turns.map((turn) => turn?.lane)).size).toBe(1);
  });

  it('may be off', async () => {
    const verify = aVerifier('off');
    for (let i = 0; i < 50; i++) await verify(bad);
    expect((await verify(good)).kind).toBe('ok');
    expect(windows.size).toBe(0);
  });
});
