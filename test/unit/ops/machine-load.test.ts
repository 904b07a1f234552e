import { expect, it } from '@jest/globals';
import { createMachineLoad } from '../../../src/ops/machine-load.ts';

it('is the share of all processors that was not idle since it was last asked', () => {
  const readings = [
    [reading({ user: 100, idle: 100 }), reading({ user: 0, idle: 200 })],
    [reading({ user: 180, idle: 120 }), reading({ user: 10, idle: 290 })],
    [reading({ user: 180, idle: 220 }), reading({ user: 10, idle: 390 })],
    [reading({ user: 180, idle: 220 }), reading({ user: 10, idle: 390 })],
  ];
  const load = createMachineLoad(() => readings.shift() ?? []);
  expect(load()).toBeCloseTo(90 / 200);
  expect(load()).toBe(0);
  // Nothing was counted in between.
  expect(load()).toBe(0);
});

function reading({ user, idle }: { readonly user: number; readonly idle: number }) {
  return { times: { user, nice: 0, sys: 0, idle, irq: 0 } };
}
