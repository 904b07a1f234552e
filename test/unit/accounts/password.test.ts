import { describe, expect, it } from '@jest/globals';
import { parseOptions } from '@node-rs/argon2';
import { createPasswords } from '../../../src/accounts/password.ts';
import { AppError } from '../../../src/errors.ts';

const passwords = createPasswords();

describe('passwords', () => {
  it('are argon2id, 19 MiB, two passes, one lane', async () => {
    const phc = await passwords.hash('correct horse');
    expect(phc).toMatch(/^\$argon2id\$/);
    expect(parseOptions(phc)).toMatchObject({ memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  });

  it('are verified', async () => {
    const phc = await passwords.hash('correct horse');
    expect(await passwords.verify(phc, 'correct horse')).toBe(true);
    expect(await passwords.verify(phc, 'Correct horse')).toBe(false);
    expect(await passwords.verify(undefined, 'correct horse')).toBe(false);
  });

  it('are the same in both canonical forms of Unicode, and else differ in every byte, spaces too', async () => {
    const phc = await passwords.hash(' pa\u00dfw\u00f6rd ');
    expect(await passwords.verify(phc, ' pa\u00dfwo\u0308rd ')).toBe(true);
    expect(await passwords.verify(phc, 'pa\u00dfw\u00f6rd')).toBe(false);
    expect(await passwords.verify(await passwords.hash('\ufb01sh and chips'), 'fish and chips')).toBe(false);
  });

  it('of nobody cost as much as a real one', async () => {
    const phc = await passwords.hash('x');
    const cost = async (hash: string | undefined) => {
      const before = performance.now();
      await passwords.verify(hash, 'guess');
      return performance.now() - before;
    };
    await cost(phc);
    // In turns, and the middle one of each: what else the machine does meets both.
    const pairs: [number, number][] = [];
    for (let i = 0; i < 11; i++) pairs.push([await cost(phc), await cost(undefined)]);
    const middle = (of: 0 | 1) => pairs.map((pair) => pair[of]).sort((x, y) => x - y)[5] ?? 0;
    const [real, dummy] = [middle(0), middle(1)];
    expect(dummy / real).toBeGreaterThan(0.4);
    expect(dummy / real).toBeLessThan(2.5);
  });
});

describe('the queue before argon2', () => {
  it('is bounded: beyond it the answer is 503 with Retry-After, and nothing is lost', async () => {
    const small = createPasswords({ slots: 1, queueMax: 2 });
    const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((one) => small.hash(one)));
    expect(results.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const { reason } = results[4] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(AppError);
    expect(reason).toMatchObject({ code: 'busy', status: 503, retryAfterS: 2 });
    await expect(small.hash('again')).resolves.toMatch(/^\$argon2id/);
  });

  it('leaves half of the slots free of guesses at accounts under fire', async () => {
    const two = createPasswords({ slots: 2 });
    const order: string[] = [];
    const ask = async (lane: string, underFire: boolean) => {
      await two.verify(undefined, 'a password', { lane, underFire });
      order.push(lane);
    };
    const victims = Array.from({ length: 20 }, (_, index) => `victim ${index}`);
    await Promise.all([...victims.map((victim) => ask(victim, true)), ask('elsewhere', false)]);
    // Behind all of them it would be among the last two; beside them it is done long before.
    expect(order.indexOf('elsewhere')).toBeLessThan(15);
    expect(order).toHaveLength(21);
  });

  it('rests after each guess at an account under fire, as long as that took, and after no other', async () => {
    const rests: number[] = [];
    const two = createPasswords({ slots: 2, rest: async (ms) => rests.push(ms) });
    await two.verify(undefined, 'a password', { lane: 'elsewhere', underFire: false });
    expect(rests).toEqual([]);
    await two.verify(undefined, 'a password', { lane: 'victim', underFire: true });
    expect(rests).toEqual([expect.any(Number)]);
    expect(rests[0]).toBeGreaterThan(1);
  });

  it('frees its slot when a hash fails', async () => {
    const small = createPasswords({ slots: 1, queueMax: 0 });
    await expect(small.verify('not a hash', 'x')).rejects.toThrow();
    await expect(small.hash('x')).resolves.toMatch(/^\$argon2id/);
  });
});
