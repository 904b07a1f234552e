import { afterEach, describe, expect, it } from '@jest/globals';
import { createEngineKeeper } from '../../../src/deliveries/engine-keeper.ts';
import { startEngineProcess } from '../../../src/deliveries/engine-process.ts';
import type { EngineLife, EngineRunner } from '../../../src/deliveries/engine-runner.ts';
import { startEngineThread } from '../../../src/deliveries/engine-thread.ts';
import type { Log } from '../../../src/ops/log.ts';
import { aDelivery } from './a-delivery.ts';

const url = new URL('./kept/toy-engine.ts', import.meta.url);
const running: EngineRunner[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

const PLACES = { thread: startEngineThread, process: startEngineProcess } as const;

function kept(place: keyof typeof PLACES, settings: object = {}) {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const lives: EngineLife[] = [];
  const begin = (life: EngineLife) => {
    lives.push(life);
    return PLACES[place](url, settings);
  };
  const engine = createEngineKeeper({ begin, log, leaseMs: 60_000 });
  running.push(engine);
  return { engine, events, lives };
}

function next(engine: EngineRunner): Promise<string | undefined> {
  return new Promise((done) => {
    const stop = engine.onSettled(([word]) => {
      stop();
      done(word);
    });
  });
}

describe.each(['thread', 'process'] as const)('the engine in a %s of its own', (place) => {
  it('carries orders in and reports out', async () => {
    const { engine } = kept(place);
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

  it('hands over what was leased to it, to this life of it and no other', async () => {
    const { engine, lives } = kept(place);
    expect(engine.idle()).toBeUndefined();
    await engine.start();
    const idle = engine.idle();
    expect(idle).toMatchObject({ processId: lives[0]?.processId, leaseMs: 60_000, atHand: 'little' });
    const prepared = next(engine);
    idle?.prepare([aDelivery({ id: 'first' })]);
    expect(await prepared).toBe('prepares first');
    const taken = next(engine);
    idle?.take({ token: 'lease', deliveries: [aDelivery()] });
    expect(await taken).toBe('took lease');
    const recovering = next(engine);
    idle?.recover('lease');
    expect(await recovering).toBe('recovers lease');
    for (let i = 0; i < 3; i += 1) engine.wake();
    while (engine.healthy()) await new Promise(setImmediate);
    expect(engine.idle()).toBeUndefined();
    idle?.take({ token: 'too late', deliveries: [] });
    while (!engine.healthy()) await new Promise((turn) => setTimeout(turn, 5));
    expect(engine.idle()?.processId).toBe(lives[1]?.processId);
    expect(lives[1]?.predecessors).toEqual([lives[0]?.processId]);
  });

  it('is handed nothing while it hangs, and is again when it is heard', async () => {
    const { engine, events } = kept(place, { hangsForMs: 4_500 });
    await engine.start();
    const reloaded = next(engine);
    engine.reload();
    while (engine.idle()) await new Promise((turn) => setTimeout(turn, 5));
    expect(await reloaded).toBe('reloaded');
    expect(engine.idle()).toBeDefined();
    expect(events).toEqual(['engine.ready']);
  });

  it('is restarted when it crashes; meanwhile it is not healthy, and orders are not an error', async () => {
    const { engine, events } = kept(place);
    await engine.start();
    for (let i = 0; i < 3; i += 1) engine.wake();
    while (engine.healthy()) await new Promise(setImmediate);
    engine.wake();
    while (!engine.healthy()) await new Promise((turn) => setTimeout(turn, 5));
    expect(events).toEqual(['engine.ready', 'engine.restarted', 'engine.ready']);
    const woken = next(engine);
    engine.wake();
    expect(await woken).toBe('woken');
  });

  it('is told whom it stands in for, so that what that one held is free at once', async () => {
    const { engine, lives } = kept(place);
    await engine.start();
    for (let i = 0; i < 3; i += 1) engine.wake();
    while (lives.length < 2) await new Promise((turn) => setTimeout(turn, 5));
    const [first, second] = lives;
    expect(first?.predecessors).toEqual([]);
    expect(second?.predecessors).toEqual([first?.processId]);
    expect(second?.processId).not.toBe(first?.processId);
  });

  it('that cannot start says why', async () => {
    const { engine, events } = kept(place, { broken: true });
    await expect(engine.start()).rejects.toThrow('born broken');
    expect(events).toEqual([]);
  });

  it('stops, twice, and before it was started', async () => {
    const { engine, events } = kept(place);
    await engine.stop();
    const second = kept(place).engine;
    await second.start();
    await Promise.all([second.stop(), second.stop()]);
    expect(second.healthy()).toBe(false);
    second.wake();
    expect(events).toEqual([]);
  });
});
