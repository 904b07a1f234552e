import { describe, expect, it } from '@jest/globals';
import { createGate } from '../../../src/ops/gate.ts';

const full = () => new Error('full');

/** Work that runs until it is released. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, release: resolve };
}

describe('the gate', () => {
  it('lets so many through at a time, the others in their order', async () => {
    const gate = createGate({ slots: 2, queueMax: 10, full });
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const work = (id: number) => async () => {
      running += 1;
      most = Math.max(most, running);
      order.push(id);
      await new Promise(setImmediate);
      running -= 1;
    };
    await Promise.all([1, 2, 3, 4, 5].map((id) => gate(work(id))));
    expect(most).toBe(2);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('turns away whoever finds too many waiting, and nobody else', async () => {
    const gate = createGate({ slots: 1, queueMax: 1, full });
    const first = held();
    const running = gate(first.work);
    const waiting = gate(async () => 'second');
    await expect(gate(async () => 'third')).rejects.toThrow('full');
    first.release();
    await expect(Promise.all([running, waiting])).resolves.toEqual([undefined, 'second']);
  });

  it('serves lanes one after another, whoever came first', async () => {
    const gate = createGate({ slots: 1, queueMax: 10, full });
    const first = held();
    const order: string[] = [];
    const queue = (lane: string, name: string) => gate(async () => void order.push(name), undefined, lane);
    const all = [gate(first.work), queue('crowd', 'a'), queue('crowd', 'b'), queue('crowd', 'c'), queue('lonely', 'x')];
    first.release();
    await Promise.all(all);
    expect(order).toEqual(['a', 'x', 'b', 'c']);
  });

  it('turns the newest of the longest lane away when too many wait, not whoever comes last', async () => {
    const gate = createGate({ slots: 1, queueMax: 2, full });
    const first = held();
    const running = gate(first.work);
    const crowd = ['a', 'b'].map((name) => gate(async () => name, undefined, 'crowd'));
    const lonely = gate(async () => 'x', undefined, 'lonely');
    await expect(crowd[1]).rejects.toThrow('full');
    first.release();
    await expect(Promise.all([running, crowd[0], lonely])).resolves.toEqual([undefined, 'a', 'x']);
  });

  it('whoever is aborted while waiting leaves at once and takes no slot with it', async () => {
    const gate = createGate({ slots: 1, queueMax: 10, full });
    const first = held();
    const running = gate(first.work);
    const aborting = new AbortController();
    let began = false;
    const left = gate(async () => {
      began = true;
    }, aborting.signal);
    const behind = gate(async () => 'behind');
    aborting.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(gate(async () => 'x', aborting.signal)).rejects.toThrow('gone');
    first.release();
    await running;
    expect(await behind).toBe('behind');
    expect(began).toBe(false);
    expect(await gate(async () => 'free')).toBe('free');
  });

  it('frees its slot when work fails', async () => {
    const gate = createGate({ slots: 1, queueMax: 0, full });
    await expect(gate(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await gate(async () => 'free')).toBe('free');
  });
});
