import { describe, expect, it } from '@jest/globals';
import type { Settlement } from '../../../src/deliveries/delivery.ts';
import { createSetAside } from '../../../src/deliveries/set-aside.ts';
import { createSettler } from '../../../src/deliveries/settler.ts';
import { createStoreGuard } from '../../../src/deliveries/store-guard.ts';
import { storeUnavailable } from '../../../src/errors.ts';
import type { Facts, Log } from '../../../src/ops/log.ts';

const errors: [string, Facts | undefined][] = [];
const note = () => undefined;
const log: Log = { debug: note, info: note, warn: note, error: (event, facts) => void errors.push([event, facts]) };

/** A settler on a store that cannot write what is in `poison`, and a monotonic clock that a test moves. */
function scene(poison: Set<string>) {
  errors.length = 0;
  const written: string[] = [];
  let writes = 0;
  let nowMs = 0;
  const elapsed = () => nowMs;
  const aside = createSetAside({ log, elapsed });
  const settler = createSettler({
    store: {
      async settle(_token, settlements) {
        writes += 1;
        const ids = settlements.map(({ deliveryId }) => deliveryId);
        if (ids.some((id) => poison.has(id))) throw new TypeError('a value cannot be bound');
        written.push(...ids);
        return { lost: [], logoutIds: [] };
      },
    },
    pace: { run: (write) => write() },
    guard: createStoreGuard({ log, elapsed }),
    aside,
    giveUp: () => false,
    onSettled: note,
  });
  const add = (deliveryId: string, token = 'lease') => {
    const settlement: Settlement = { deliveryId, kind: 'told' };
    settler.add(token, settlement, { change: undefined, urgent: false });
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { settler, aside, add, written, writes: () => writes, pass };
}

describe('a result that the store refuses', () => {
  it('is found in its batch and set aside with one error line, and the others are written', async () => {
    const { settler, add, written, writes } = scene(new Set(['d70']));
    for (let n = 0; n < 100; n += 1) add(`d${n}`);
    await settler.flush();
    expect(written).toHaveLength(99);
    expect(written).not.toContain('d70');
    expect(errors).toEqual([['delivery.not_settled', expect.objectContaining({ delivery_id: 'd70', kind: 'told' })]]);
    expect(writes()).toBeLessThan(20);
    add('later');
    await settler.flush();
    expect(written).toContain('later');
  });

  it('makes health red after a minute, is not sent again, and is over once it could be written', async () => {
    const poison = new Set(['d1']);
    const { settler, aside, add, written, pass } = scene(poison);
    add('d1');
    await settler.flush();
    expect(aside.isStuck()).toBe(false);
    pass(60_001);
    expect(aside.isStuck()).toBe(true);
    // Its lease ran out, and it was claimed again.
    expect(settler.adopt('d1', 'lease 2')).toBe(true);
    expect(aside.all()).toMatchObject([{ leaseToken: 'lease 2' }]);
    poison.clear();
    add('d1', 'lease 2');
    await settler.flush();
    expect(written).toEqual(['d1']);
    expect([aside.isStuck(), aside.all()]).toEqual([false, []]);
    expect(settler.adopt('d1', 'lease 3')).toBe(false);
  });
});

describe('work that the store cannot do now', () => {
  it('is repeated until it can; for more than a minute it makes health red', async () => {
    errors.length = 0;
    let nowMs = 0;
    let tries = 0;
    const guard = createStoreGuard({ log, elapsed: () => nowMs });
    const stuck: boolean[] = [];
    const work = async () => {
      tries += 1;
      stuck.push(guard.isStuck());
      nowMs += 40_000;
      if (tries < 4) throw storeUnavailable(new Error('gone'));
      return 'done';
    };
    await expect(guard.offer(work, () => false)).resolves.toEqual({ kind: 'taken', result: 'done' });
    expect(stuck).toEqual([false, false, false, true]);
    expect(guard.isStuck()).toBe(false);
    expect(errors.map(([event]) => event)).toEqual(['store.unreachable']);
  });
});
