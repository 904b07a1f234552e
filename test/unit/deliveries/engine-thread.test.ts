import { afterEach, describe, expect, it } from '@jest/globals';
import type { EngineRunner } from '../../../src/deliveries/engine-runner.ts';
import { createEngineThread } from '../../../src/deliveries/engine-thread.ts';
import type { Log } from '../../../src/ops/log.ts';

const url = new URL('./threads/toy-engine.ts', import.meta.url);
const running: EngineRunner[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

function thread(workerData: object = {}) {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const engine = createEngineThread({ url, workerData, log });
  running.push(engine);
  return { engine, events };
}

function next(engine: EngineRunner): Promise<string | undefined> {
  return new Promise((done) => {
    const stop = engine.onSettled(([word]) => {
      stop();
      done(word);
    });
  });
}

describe('the engine in a thread of its own', () => {
  it('carries orders in and reports out', async () => {
    const { engine } = thread();
    expect(engine.healthy()).toBe(false);
    await engine.start();
    expect(engine.healthy()).toBe(true);
    const woken = next(engine);
    engine.wake();
    expect(await woken).toBe('woken');
    const reloaded = next(engine);
    engine.reload();
    expect(await reloaded).toBe('reloaded');
  });

  it('is restarted when it crashes; meanwhile it is not healthy, and orders are not an error', async () => {
    const { engine, events } = thread();
    await engine.start();
    for (let i = 0; i < 3; i += 1) engine.wake();
    while (engine.healthy()) await new Promise(setImmediate);
    engine.wake();
    while (!engine.healthy()) await new Promise((turn) => setTimeout(turn, 5));
    expect(events).toEqual(['engine.restarted']);
    const woken = next(engine);
    engine.wake();
    expect(await woken).toBe('woken');
  });

  it('that cannot start says why', async () => {
    const { engine, events } = thread({ broken: true });
    await expect(engine.start()).rejects.toThrow('born broken');
    expect(events).toEqual([]);
  });

  it('stops, twice, and before it was started', async () => {
    const { engine, events } = thread();
    await engine.stop();
    const second = thread().engine;
    await second.start();
    await Promise.all([second.stop(), second.stop()]);
    expect(second.healthy()).toBe(false);
    second.wake();
    expect(events).toEqual([]);
  });
});
