import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { send } from '../support/browser.ts';
import { describeFlows } from '../support/product.ts';
import { type ProcessOptions, type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { expectDead, expectTold, signInAtAll, signOff } from './people.ts';

type Apps = 'wiki' | 'mail';

describeFlows('deliveries in a process of their own (SIGNOFF_DELIVERY_RUN=process)', () => {
  let product: ProductProcess<Apps>;
  afterEach(() => product.stop());

  async function start(settings: ProcessOptions<Apps>['settings'] = {}): Promise<void> {
    product = await startProductProcess<Apps>({
      apps: { wiki: {}, mail: {} },
      settings: { SIGNOFF_DELIVERY_RUN: 'process', SIGNOFF_LOGOUT_WAIT: '0ms', ...settings },
    });
  }

  /** Of the engine's latest life. */
  async function enginePid(life = 1): Promise<number> {
    const lines = await product.waitForLines('engine.ready', {}, life);
    return Number(lines[life - 1]?.['pid']);
  }

  it('kill -9 of it in mid call: readiness is red, a new one goes on, every app is told', async () => {
    await start();
    const first = await enginePid();
    expect(first).not.toBe(product.pid);
    const { mail } = product.apps;
    const alice = await signInAtAll(product, 'alice');
    mail.behaviour = 'hang';
    await signOff(alice);
    await mail.waitForTokens(1);

    process.kill(first, 'SIGKILL');
    await product.waitForLines('engine.restarted');
    const ready = await send('GET', new URL(`${product.issuer}/health/ready`), {});
    mail.behaviour = 'ok';

    // The new one may be there already on a quick machine.
    expect([200, 503]).toContain(ready.status);
    expect(await enginePid(2)).not.toBe(first);
    await mail.waitForTokens(2);
    await expectTold([alice]);
    await expectDead(alice, product);
    await eventually(async () => (await send('GET', new URL(`${product.issuer}/health/ready`), {})).status === 200);
  }, 60_000);

  it('kill -9 of its keeper: it stops as well, and the next start tells the rest', async () => {
    await start();
    const pid = await enginePid();
    const { mail } = product.apps;
    const alice = await signInAtAll(product, 'alice');
    mail.behaviour = 'reset';
    await signOff(alice);
    await product.waitForLines('delivery.attempted', { client_id: 'mail' });

    await product.kill();
    await eventually(async () => !isAlive(pid), 15_000);
    mail.behaviour = 'ok';
    await product.start();

    await expectTold([alice]);
    await expectDead(alice, product);
  }, 60_000);

  it('is drained when the product stops: what an app answers meanwhile is written down', async () => {
    await start();
    const pid = await enginePid();
    const { mail } = product.apps;
    const alice = await signInAtAll(product, 'alice');
    mail.behaviour = 'slow';
    await signOff(alice);
    await mail.waitForTokens(1);

    process.kill(product.pid, 'SIGTERM');
    await product.gone();

    expect(isAlive(pid)).toBe(false);
    expect(product.logged.filter((line) => line.event === 'server.stopped')).toHaveLength(1);
    const states = (await product.store.deliveries.list({}, { limit: 9 })).map((one) => one.state);
    expect(states).toEqual(['told', 'told']);
  }, 60_000);

  it('three of them share the work: every session is told once', async () => {
    await start({ SIGNOFF_DELIVERY_THREADS: '3' });
    const pids = new Set((await product.waitForLines('engine.ready', {}, 3)).map((line) => line['pid']));
    expect(pids.size).toBe(3);
    const people = await Promise.all(Array.from({ length: 8 }, () => signInAtAll(product, 'alice')));
    await Promise.all(people.map(signOff));
    await expectTold(people);
    const counts = Object.values(product.apps).map(
      (app) => new Set(app.received.map((token) => token.claims.sid)).size,
    );
    expect(counts).toEqual([8, 8]);
    await eventually(async () => (await product.store.deliveries.list({ state: 'trying' }, { limit: 9 })).length === 0);
    expect(Object.values(product.apps).map((app) => app.received.length)).toEqual([8, 8]);
  }, 60_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
