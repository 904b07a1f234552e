import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isSignedIn } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { startWorld, type World } from '../support/product.ts';

describe('A2 an operator signs an account off everywhere', () => {
  let world: World<'wiki' | 'mail'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
  });
  afterAll(() => world.stop());

  it('A2 keycloak-27342, -27359: every session at every app gets a token with its own sid, nobody else is ended', async () => {
    const { wiki, mail } = world.apps;
    const devices = [createBrowser(), createBrowser(), createBrowser()];
    const bob = createBrowser();
    const sids = { wiki: [] as string[], mail: [] as string[] };
    for (const device of devices) {
      sids.wiki.push((await wiki.signIn(device)).claims.sid);
      sids.mail.push((await mail.signIn(device)).claims.sid);
    }
    await wiki.signIn(bob, { username: 'bob' });

    const finished = await runCommand(world, ['logout', '--account', 'alice', '--yes', '--json']);

    expect(finished).toMatchObject({ code: 0 });
    expect(JSON.parse(finished.stdout)).toMatchObject({ state: 'settled', counts: { told: 2 } });
    for (const name of ['wiki', 'mail'] as const) {
      const app = world.apps[name];
      await app.waitForTokens(3);
      expect(app.received.map((one) => one.claims.sid).sort()).toEqual(sids[name].sort());
    }
    expect(await Promise.all(devices.map((device) => isSignedIn(device, wiki)))).toEqual([false, false, false]);
    expect(await isSignedIn(bob, wiki)).toBe(true);
  });
});
