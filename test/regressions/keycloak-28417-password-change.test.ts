import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPasswords } from '../../src/accounts/password.ts';
import { isSignedIn, refresh } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describe('A3 a new password', () => {
  let world: World<'wiki'>;
  let devices: readonly { readonly browser: Browser; readonly tokens: Tokens }[];

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    const browsers = [createBrowser(), createBrowser(), createBrowser(), createBrowser()];
    const signedIn = [];
    for (const browser of browsers) signedIn.push({ browser, tokens: await world.apps.wiki.signIn(browser) });
    devices = signedIn;
  });
  afterEach(() => world.stop());

  it('A3 keycloak-28417: set by an operator, four sessions make four tokens, each with its sid', async () => {
    const { wiki } = world.apps;

    const finished = await runCommand(
      world,
      ['accounts', 'password', 'alice', '--password-stdin'],
      'a new pass phrase',
    );

    expect(finished).toMatchObject({ code: 0 });
    await wiki.waitForTokens(4);
    expect(sidsTold()).toEqual(sidsOf(devices));
    for (const { browser, tokens } of devices) {
      expect(await isSignedIn(browser, wiki)).toBe(false);
      expect((await refresh(wiki, tokens)).status).toBe(400);
    }
    const back = createBrowser();
    expect((await wiki.signIn(back, { password: 'a new pass phrase' })).claims.sub).toBe(devices[0]?.tokens.claims.sub);
  });

  it('A3 keycloak-28417: the other devices are signed out, each with its sid; the one in hand lives on', async () => {
    const { wiki } = world.apps;
    const [inHand, ...others] = devices;
    const own = await world.store.sessions.participation(inHand?.tokens.claims.sid ?? '');
    if (inHand === undefined || own === undefined) throw new Error('nobody is signed in');
    const { accountId, sessionUid: exceptUid } = own;

    await world.server.endSessions(
      { kind: 'account', accountId, exceptUid },
      {
        reason: 'password-changed',
        actor: { kind: 'user', id: accountId },
        accountChange: { passwordHash: await createPasswords().hash('a new pass phrase') },
      },
    );

    await wiki.waitForTokens(3);
    expect(sidsTold()).toEqual(sidsOf(others));
    expect(await isSignedIn(inHand.browser, wiki)).toBe(true);
    expect((await refresh(wiki, inHand.tokens)).status).toBe(200);
    for (const { browser } of others) expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  function sidsTold(): (string | undefined)[] {
    return world.apps.wiki.received.map((one) => one.claims.sid).sort();
  }
});

function sidsOf(devices: readonly { readonly tokens: Tokens }[]): string[] {
  return devices.map(({ tokens }) => tokens.claims.sid).sort();
}
