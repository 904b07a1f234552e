import { expect, it } from '@jest/globals';
import { systemClock } from '../../src/ops/clock.ts';
import { startServer } from '../../src/wire-server.ts';
import { describeOnSqlite, startWorld } from '../support/product.ts';
import { openStoreAt } from '../support/stores.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describeOnSqlite('a start that fails after its delivery thread has begun', () => {
  it('leaves no thread behind, which would keep a process alive that serves nobody', async () => {
    const world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_DELIVERY_RUN: 'thread' } });
    await world.server.stop();
    const store = await openStoreAt(`sqlite:${world.folder}/data/signoff.db`);
    // The library refuses such claims when it is built, which is later than the thread's start.
    const config = { ...world.config, scopes: { own: null } as never };
    await expect(startServer(config, { clock: systemClock, log }, world.env)).rejects.toThrow();
    // An engine that was stopped takes its last sign of life back.
    expect(await store.deliveries.silence(Date.now())).toBeUndefined();
    await store.close();
    await world.restart();
    await world.stop();
  });
});
