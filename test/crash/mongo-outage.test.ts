import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { command, type Mongod, prepareMongod } from '../store/mongod.ts';
import { createBrowser, send } from '../support/browser.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { expectDead, expectTold, type Person, signInAtAll, signOff } from './people.ts';

const url = process.env['MONGO_URL'];
const describeIt = url === undefined ? describe.skip : describe;

/** Two waits of the driver for a server, and a busy machine. */
const SECONDS = 15_000;

describeIt('a MongoDB server that is away', () => {
  let mongod: Mongod;
  let product: ProductProcess<'wiki' | 'mail'>;
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    mongod = await prepareMongod(url ?? '');
    await mongod.start('rs0');
    await command(mongod.host, { replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: mongod.host }] } });
    const settings = {
      SIGNOFF_STORE: `mongodb://${mongod.host}/signoff?replicaSet=rs0`,
      SIGNOFF_LOGOUT_WAIT: '0ms',
    };
    product = await startProductProcess({ apps: { wiki: {}, mail: {} }, settings });
    alice = await signInAtAll(product, 'alice');
    bob = await signInAtAll(product, 'bob');
  }, 60_000);
  afterEach(async () => {
    await product.stop();
    await mongod.remove();
  }, 60_000);

  it.each([
    ['killed', () => mongod.kill(), () => mongod.start('rs0')],
    ['frozen', () => mongod.signal('SIGSTOP'), () => mongod.signal('SIGCONT')],
  ])(
    '%s: 503 within seconds for people and programs, nothing is lost, and all goes on by itself once it is back',
    async (_, goAway, comeBack) => {
      const { wiki, mail } = product.apps;
      const at = (path: string) => send('GET', new URL(`${product.issuer}${path}`), {});
      // Bob's sign-off is half told when the server goes.
      mail.behaviour = 'hang';
      await signOff(bob);
      await mail.waitForTokens(1);
      const since = performance.now();
      await goAway();

      const refused = await Promise.all([
        signOff(alice),
        createBrowser().get(wiki.authorizationUrl()),
        at('/health/ready'),
      ]);
      const forPrograms = await wiki.token({ grant_type: 'refresh_token', refresh_token: 'any' });
      const live = await at('/health/live');

      expect(performance.now() - since).toBeLessThan(2 * SECONDS);
      expect(refused.map((page) => page.status)).toEqual([503, 503, 503]);
      for (const page of refused) expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
      expect(forPrograms).toMatchObject({ status: 503, json: { error: expect.any(String) } });
      expect(live.status).toBe(200);

      mail.behaviour = 'ok';
      await comeBack();
      await eventually(async () => (await at('/health/ready')).status === 200, SECONDS);
      expect((await signOff(alice)).status).toBe(303);
      await expectTold([alice, bob], SECONDS);
      await expectDead(alice, product);
      await expectDead(bob, product);
      await eventually(
        async () => (await product.store.deliveries.list({ state: 'trying' }, { limit: 9 })).length === 0,
      );
    },
    120_000,
  );
});
