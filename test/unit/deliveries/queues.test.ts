import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLanes } from '../../../src/deliveries/lanes.ts';
import { createQueues } from '../../../src/deliveries/queues.ts';
import { aDelivery } from './a-delivery.ts';

const item = (origin: string, id: string) => ({ delivery: aDelivery({ id, origin }), leaseToken: 't', sendBy: 0 });

describe('the queues', () => {
  it('let origins take turns, each first in, first out', () => {
    const queues = createQueues({ inFlightPerOrigin: 8 });
    for (const id of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) queues.add(item(id.charAt(0), id));
    const order = Array.from({ length: 7 }, () => queues.next()?.delivery.id);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined]);
  });

  it('hand out no more than the cap, never lose one and never hand one out twice', () => {
    const origin = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      origin.map((name) => ({ add: name })),
      origin.map((name) => ({ done: name })),
      fc.constant({}),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queues = createQueues({ inFlightPerOrigin: 2 });
        const under = new Map<string, number>();
        const seen = new Set<string>();
        let added = 0;
        for (const one of steps) {
          if ('add' in one) {
            added += 1;
            queues.add(item(one.add as string, `d${added}`));
          } else if ('done' in one) {
            const name = one.done as string;
            if (!under.get(name)) continue;
            under.set(name, (under.get(name) ?? 0) - 1);
            queues.done(name);
          } else {
            const got = queues.next()?.delivery;
            if (!got) continue;
            expect(seen.has(got.id)).toBe(false);
            seen.add(got.id);
            under.set(got.origin, (under.get(got.origin) ?? 0) + 1);
            expect(under.get(got.origin)).toBeLessThanOrEqual(2);
          }
        }
        expect(queues.size + seen.size).toBe(added);
        expect(queues.drop()).toHaveLength(added - seen.size);
        expect([queues.size, queues.next()]).toEqual([0, undefined]);
      }),
    );
  });

  it('know who has a crowd waiting', () => {
    const queues = createQueues({ inFlightPerOrigin: 1 });
    for (let i = 0; i < 5; i += 1) queues.add(item('slow', `s${i}`));
    queues.add(item('quick', 'q1'));
    expect(queues.crowded(5)).toEqual({ size: 5, origins: ['slow'] });
    queues.next();
    expect(queues.crowded(5)).toEqual({ size: 0, origins: [] });
  });
});

describe('the lanes', () => {
  it('hand a slow call over, and cut off the oldest when the slow lane is full', async () => {
    let room = 0;
    let moved: () => void = () => undefined;
    const lanes = createLanes({ fastMax: 2, slowMax: 2, handOverMs: 5 }, () => {
      room += 1;
      moved();
    });
    const tickets = [lanes.enter(), lanes.enter()];
    expect(lanes.hasRoom()).toBe(false);
    const until = (count: number) => new Promise<void>((done) => (moved = () => room >= count && done()));
    await until(2);
    expect([lanes.hasRoom(), lanes.size]).toEqual([true, 2]);
    tickets.push(lanes.enter());
    await until(3);
    expect(tickets.map((ticket) => ticket.signal.aborted)).toEqual([true, false, false]);
    for (const ticket of tickets) ticket.leave();
    expect(lanes.size).toBe(0);
  });
});
