import { describe, expect, it } from '@jest/globals';
import type { Lease } from '../../../src/deliveries/delivery.ts';
import { createRecovery } from '../../../src/deliveries/recovering.ts';
import { aDelivery } from './a-delivery.ts';

describe('a lease whose write nobody heard of', () => {
  const leaseOf = (...ids: string[]): Lease => ({ token: 't', deliveries: ids.map((id) => aDelivery({ id })) });

  function recovery(...looks: (Lease | undefined)[]) {
    const held: string[][] = [];
    let asked = 0;
    const recover = createRecovery({
      look: async () => looks[asked++],
      hold: ({ deliveries }) => void held.push(deliveries.map(({ id }) => id)),
      afterMs: [0, 1],
    });
    return { recover, held, asked: () => asked };
  }

  it('is held as soon as it is seen, and once', async () => {
    const { recover, held } = recovery(leaseOf('a'), leaseOf('a', 'b'));
    await recover('t');
    expect(held).toEqual([['a'], ['b']]);
  });

  it('is looked for again: a commit may come late', async () => {
    const { recover, held } = recovery(leaseOf(), leaseOf('a'));
    await recover('t');
    expect(held).toEqual([[], ['a']]);
  });

  it('is left to the next engine when this one stops', async () => {
    const { recover, held, asked } = recovery(undefined, leaseOf('a'));
    await recover('t');
    expect([held, asked()]).toEqual([[], 1]);
  });
});
