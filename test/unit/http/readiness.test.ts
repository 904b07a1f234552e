import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createReadiness } from '../../../src/http/readiness.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('readiness', () => {
  it('looks at the store once a second, however many ask', async () => {
    const ping = jest.fn(async () => undefined);
    const trouble = createReadiness({ ping });
    for (let i = 0; i < 1_000; i++) await expect(trouble()).resolves.toBeUndefined();
    expect(ping).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1_000);
    await trouble();
    expect(ping).toHaveBeenCalledTimes(2);
  });

  it('all who ask while it looks share that look, and a slow one is trouble', async () => {
    const ping = jest.fn(() => new Promise<never>(() => undefined));
    const trouble = createReadiness({ ping });
    const asked = Promise.all(Array.from({ length: 50 }, trouble));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(new Set(await asked)).toEqual(new Set(['the store cannot be reached or written']));
    expect(ping).toHaveBeenCalledTimes(1);
  });

  it('is well again by itself', async () => {
    const ping = jest.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('gone')).mockResolvedValue(undefined);
    const trouble = createReadiness({ ping });
    await expect(trouble()).resolves.toContain('cannot be reached');
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(trouble()).resolves.toBeUndefined();
  });
});
