import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Standing } from '../../../src/deliveries/caps.ts';
import { createLanes } from '../../../src/deliveries/lanes.ts';
import { createQueues } from '../../../src/deliveries/queues.ts';
import { aDelivery } from './a-delivery.ts';

const item = (origin: string, id: string) => ({ delivery: aDelivery({ id, origin }), leaseToken: 't', sendBy: 0 });
const all = (calls: number) => () => ({ calls, pace: 'quick' }) as const;

describe('the queues', () => {
  it('let origins take turns, each first in, first out', () => {
    const queues = createQueues(all(8));
    for (const id of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) queues.add(item(id.charAt(0), id));
    const order = Array.from({ length: 7 }, () => queues.next('quick')?.delivery.id);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined]);
  });

  it('hand out no more than the cap, never lose one, never hand one out twice, and know what may be sent', () => {
    const origin = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      origin.map((add) => ({ add })),
      origin.map((done) => ({ done })),
      fc.record({ standing: origin, calls: fc.integer({ min: 1, max: 4 }), pace: fc.constantFrom('quick', 'slow') }),
      fc.record({ next: fc.constantFrom('quick', 'slow') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const standings = new Map<string, Standing>();
        const standingOf = (name: string) => standings.get(name) ?? { calls: 2, pace: 'quick' };
        const queues = createQueues(standingOf);
        const under = new Map<string, number>();
        const waiting = new Map<string, number>();
        const bump = (counts: Map<string, number>, name: string, by: number) =>
          void counts.set(name, (counts.get(name) ?? 0) + by);
        const seen = new Set<string>();
        let added = 0;
        for (const one of steps) {
          if ('add' in one) {
            added += 1;
            queues.add(item(one.add, `d${added}`));
            bump(waiting, one.add, 1);
          } else if ('done' in one) {
            if (!under.get(one.done)) continue;
            bump(under, one.done, -1);
            queues.done(one.done);
          } else if ('standing' in one) {
            standings.set(one.standing, { calls: one.calls, pace: one.pace });
            queues.review(one.standing);
          } else {
            const got = queues.next(one.next)?.delivery;
            if (!got) continue;
            expect(seen.has(got.id)).toBe(false);
            seen.add(got.id);
            bump(under, got.origin, 1);
            bump(waiting, got.origin, -1);
            expect(standingOf(got.origin).pace).toBe(one.next);
            expect(under.get(got.origin)).toBeLessThanOrEqual(standingOf(got.origin).calls);
          }
          const free = [...waiting].map(([name, count]) => {
            const { calls, pace } = standingOf(name);
            return pace === 'quick' ? Math.max(0, Math.min(count, calls - (under.get(name) ?? 0))) : 0;
          });
          expect(queues.sendable).toBe(free.reduce((sum, count) => sum + count, 0));
        }
        expect(queues.size + seen.size).toBe(added);
        expect(queues.drop()).toHaveLength(added - seen.size);
        expect([queues.size, queues.sendable, queues.next('quick'), queues.next('slow')]).toEqual([
          0,
          0,
          undefined,
          undefined,
        ]);
      }),
    );
  });

  it('count as work at hand what may be sent now, not what waits behind a cap', () => {
    const queues = createQueues(all(2));
    for (let i = 0; i < 50; i += 1) queues.add(item('slow', `s${i}`));
    expect(queues.sendable).toBe(2);
    queues.next('quick');
    queues.next('quick');
    expect([queues.size, queues.sendable]).toEqual([48, 0]);
    queues.done('slow');
    expect(queues.sendable).toBe(1);
  });

  it('know whose lines are long enough, and that a line that can go on never is', () => {
    const queues = createQueues((origin) => ({ calls: 2, pace: origin === 'slow' ? 'slow' : 'quick' }));
    for (const origin of ['slow', 'full', 'free']) {
      for (let i = 0; i < 4; i += 1) queues.add(item(origin, `${origin}${i}`));
    }
    expect(queues.served(2)).toEqual(['slow']);
    while (queues.next('quick'));
    queues.done('free');
    expect(queues.served(2)).toEqual(['slow', 'full']);
    queues.next('slow');
    queues.next('slow');
    queues.next('slow');
    expect(queues.served(32)).toEqual(['slow', 'full']);
    expect(queues.hasEnough('free', 1)).toBe(false);
  });
});

describe('the lanes', () => {
  it('hand a slow call over, and cut off the oldest when the slow lane is full', async () => {
    let slow = 0;
    let moved: () => void = () => undefined;
    const lanes = createLanes({ fastMax: 2, knownSlowMax: 1, slowMax: 2, handOverMs: 5 }, () => moved());
    const enter = () => lanes.enter('quick', () => (slow += 1));
    const tickets = [enter(), enter()];
    expect(lanes.hasRoom('quick')).toBe(false);
    const until = (count: number) => new Promise<void>((done) => (moved = () => slow >= count && done()));
    await until(2);
    expect([lanes.hasRoom('quick'), lanes.size, lanes.quick]).toEqual([true, 2, 0]);
    tickets.push(enter());
    await until(3);
    expect(tickets.map((ticket) => ticket.signal.aborted)).toEqual([true, false, false]);
    for (const ticket of tickets) ticket.leave();
    expect(lanes.size).toBe(0);
  });

  it('keep a part of the fast lane free of apps that are known to be slow', () => {
    const lanes = createLanes({ fastMax: 4, knownSlowMax: 2, slowMax: 9, handOverMs: 60_000 }, () => undefined);
    const enter = (pace: 'quick' | 'slow') => lanes.enter(pace, () => undefined);
    const tickets = [enter('slow'), enter('slow')];
    expect([lanes.hasRoom('slow'), lanes.hasRoom('quick'), lanes.quick]).toEqual([false, true, 0]);
    tickets.push(enter('quick'), enter('quick'));
    expect([lanes.hasRoom('slow'), lanes.hasRoom('quick'), lanes.quick]).toEqual([false, false, 2]);
    tickets[0]?.leave();
    expect([lanes.hasRoom('slow'), lanes.hasRoom('quick')]).toEqual([true, true]);
    for (const ticket of tickets) ticket.leave();
  });
});
