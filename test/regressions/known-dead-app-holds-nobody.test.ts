import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

/** After the third failure an app is left alone for so long (five times) that none of these sign-offs meets a probe. */
const RETRY = { SIGNOFF_RETRY_FIRST: '10s', SIGNOFF_RETRY_MAX: '10m' };
const WAIT_MS = 10_000;

describeFlows('DESIGN §5 "Answering": a known dead app', () => {
  let world: World<'wiki' | 'dead'>;
  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, dead: { behaviour: 'reset' } },
      settings: { ...RETRY, SIGNOFF_LOGOUT_WAIT: `${WAIT_MS / 1000}s` },
    });
  });
  afterAll(() => world.stop());

  it('holds nobody: once it has failed three times, who signs off is answered when all others were told', async () => {
    const { wiki, dead } = world.apps;
    const tookMs: number[] = [];
    for (let logout = 0; logout < 5; logout += 1) {
      const browser = createBrowser();
      const tokens = await wiki.signIn(browser);
      await dead.signIn(browser);
      const startedAt = performance.now();
      const page = await signOff(browser, wiki, tokens);
      tookMs.push(performance.now() - startedAt);
      // Nobody is sent on as if all were well.
      expect(new URL(page.location ?? '').pathname).toMatch(/^\/logout\//);
      await wiki.waitForSids([tokens.claims.sid]);
    }

    expect(Math.max(...tookMs)).toBeLessThan(WAIT_MS / 2);
    const untold = await world.store.deliveries.list({ clientId: 'dead', state: 'trying' }, { limit: 9 });
    expect(untold.map(({ attempts }) => attempts).sort()).toEqual([0, 0, 1, 1, 1]);
  }, 60_000);
});
