import { afterEach, expect, it } from '@jest/globals';
import { describeFlows } from '../support/product.ts';
import { type ProcessOptions, type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { expectAlive, expectDead, expectTold, signInAtAll, signOff, stateOf } from './people.ts';

const DIE_AT_COMMIT = new URL('../support/die-at-commit.ts', import.meta.url);

describeFlows('kill -9 of the process that signs somebody off', () => {
  let product: ProductProcess<'wiki' | 'mail'>;
  afterEach(() => product.stop());

  async function start(options: Omit<ProcessOptions<'wiki' | 'mail'>, 'apps'> = {}): Promise<void> {
    product = await startProductProcess({ apps: { wiki: {}, mail: {} }, ...options });
  }

  it('before the commit: nobody was answered and nothing has ended; they sign off once more and all is told', async () => {
    await start({ preload: DIE_AT_COMMIT, settings: { DIE_AT: 'before-commit' } });
    const alice = await signInAtAll(product, 'alice');

    await expect(signOff(alice)).rejects.toThrow();
    await product.gone();
    await product.start();

    await expect(stateOf(alice, product)).resolves.toBe('alive');
    await expectAlive(alice);
    expect((await signOff(alice)).status).toBe(303);
    await expectTold([alice]);
    await expectDead(alice, product);
  }, 60_000);

  it('after the commit: nobody was answered, but it has ended, and every app is told by the next start', async () => {
    await start({ preload: DIE_AT_COMMIT, settings: { DIE_AT: 'after-commit' } });
    const alice = await signInAtAll(product, 'alice');

    await expect(signOff(alice)).rejects.toThrow();
    await product.gone();
    expect(Object.values(product.apps).map((app) => app.received.length)).toEqual([0, 0]);
    await product.start();

    await expect(stateOf(alice, product)).resolves.toBe('ended');
    await expectTold([alice]);
    await expectDead(alice, product);
  }, 60_000);

  it('after a send, while the app has not answered: the app is told again, by a new token with the same sid', async () => {
    await start({ settings: { SIGNOFF_LOGOUT_WAIT: '0ms' } });
    const { wiki, mail } = product.apps;
    const alice = await signInAtAll(product, 'alice');
    mail.behaviour = 'hang';

    expect((await signOff(alice)).status).toBe(303);
    await mail.waitForTokens(1);
    await product.kill();
    mail.behaviour = 'ok';
    await product.start();

    const told = await mail.waitForTokens(2);
    expect(new Set(told.map((token) => token.claims.sid)).size).toBe(1);
    expect(new Set(told.map((token) => token.claims.jti)).size).toBe(2);
    await wiki.waitForTokens(1);
    await expectTold([alice]);
    await expectDead(alice, product);
  }, 60_000);

  it('after the settle: all stays told, and nobody is told again', async () => {
    await start({ settings: { SIGNOFF_LOGOUT_WAIT: '10s' } });
    const alice = await signInAtAll(product, 'alice');
    const bob = await signInAtAll(product, 'bob');

    const answer = await signOff(alice);
    expect(answer.location).toBe(product.apps.wiki.postLogoutRedirectUri);
    await product.kill();
    await product.start();

    await expect(stateOf(alice, product)).resolves.toBe('ended');
    await expectDead(alice, product);
    const [{ state } = { state: undefined }, ...others] = await product.store.deliveries.list({}, { limit: 9 });
    expect([state, ...others.map((one) => one.state)]).toEqual(['told', 'told']);
    // Whatever was due before is made before this.
    await signOff(bob);
    await expectTold([bob]);
    expect(Object.values(product.apps).map((app) => app.received.length)).toEqual([2, 2]);
  }, 60_000);
});
