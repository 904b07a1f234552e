import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bench, createBench } from '../unit/deliveries/engine-bench.ts';

/** So long an app takes for its 200. No breaker opens: nothing fails. */
const SLOW_MS = 3_000;
/** Of the quick app, told within a few milliseconds on a quiet machine. It was 14.5 s and more than 90 s. */
const TOLD_WITHIN_MS = 1_000;

let bench: Bench;
beforeEach(async () => {
  bench = await createBench();
});
afterEach(() => bench.close());

describe('invariant 5: slow apps do not starve a quick one', () => {
  it.each([
    { apps: 10, rows: 55 },
    { apps: 12, rows: 300 },
    { apps: 40, rows: 100 },
  ])('$apps apps with $rows rows each that answer 200 after 3 s', async ({ apps, rows }) => {
    let calls = 0;
    const slow = (_: unknown, res: ServerResponse) => {
      calls += 1;
      setTimeout(() => res.writeHead(200).end(), SLOW_MS);
    };
    for (let app = 0; app < apps; app += 1) {
      await bench.app(`slow${app}`, slow);
      for (let row = 0; row < rows; row += 1) bench.deliver(`slow${app}`);
    }
    await bench.app('quick', (_, res) => void res.writeHead(200).end());
    const engine = bench.engine();
    await engine.start();
    await bench.until(() => calls > 0 && bench.events('delivery.attempted').length > 0);

    const tookMs: number[] = [];
    for (let logout = 0; logout < 5; logout += 1) {
      const startedAt = performance.now();
      const id = bench.deliver('quick');
      engine.wake();
      await bench.until(() => bench.store.get(id).state === 'told');
      tookMs.push(performance.now() - startedAt);
    }

    // A busy machine may hold one of them up; none waits for an answer of a slow app.
    expect(tookMs.toSorted((one, other) => one - other)[3]).toBeLessThan(TOLD_WITHIN_MS);
    expect(Math.max(...tookMs)).toBeLessThan(SLOW_MS);
  }, 30_000);
});
