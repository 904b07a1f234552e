import { describe, expect, it } from '@jest/globals';
import { createAppetite } from '../../../src/deliveries/appetite.ts';
import { createQueues } from '../../../src/deliveries/queues.ts';
import { aDelivery } from './a-delivery.ts';

const item = (origin: string) => ({ delivery: aDelivery({ origin }), leaseToken: 't', sendBy: 0 });

/** Apps that may have 8 calls under way, with all of them under way, and so many waiting. */
function behindCaps(apps: number, waiting: number) {
  const queues = createQueues(() => ({ calls: 8, pace: 'quick' }));
  for (let app = 0; app < apps; app += 1) {
    for (let row = 0; row < 8 + waiting; row += 1) queues.add(item(`https://slow${app}.test`));
  }
  while (queues.next('quick'));
  return { queues, appetite: createAppetite(queues) };
}

describe('the appetite', () => {
  it('is for more, whatever waits behind apps that are at their cap; those are left out', () => {
    const { appetite } = behindCaps(12, 40);
    expect(appetite.next()?.exceptOrigins).toHaveLength(12);
  });

  it('is stilled by a hundred that may be sent now', () => {
    const { queues, appetite } = behindCaps(0, 0);
    for (let app = 0; app < 99; app += 1) queues.add(item(`https://app${app}.test`));
    expect(appetite.next()).toBeDefined();
    queues.add(item('https://last.test'));
    expect([appetite.next(), appetite.isHungry()]).toEqual([undefined, false]);
  });

  it('is for one at a time of each app when much waits: memory is bounded, and still nobody starves', () => {
    const { appetite } = behindCaps(100, 20);
    expect(appetite.next()).toMatchObject({ perOrigin: 1, exceptOrigins: { length: 100 } });
    expect(behindCaps(1, 1).appetite.next()).toMatchObject({ perOrigin: 32, exceptOrigins: [] });
  });

  it('says once when one that was left out has room again', () => {
    const { queues, appetite } = behindCaps(1, 8);
    appetite.next();
    expect(appetite.isFreed('https://slow0.test')).toBe(false);
    queues.done('https://slow0.test');
    expect([appetite.isFreed('https://slow0.test'), appetite.isFreed('https://slow0.test')]).toEqual([true, false]);
  });
});
