import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { introspect, opensUserinfo, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

const OFFLINE = { scope: 'openid profile offline_access' };

describe('A15 tokens of a session that ended', () => {
  let world: World<'wiki' | 'sync' | 'strict'>;
  let browser: Browser;

  beforeEach(async () => {
    // `sync` works while nobody is there; `strict` says in its file that it does not.
    world = await startWorld({
      apps: { wiki: {}, sync: {}, strict: { file: { logout: { keep_offline_access: false } } } },
    });
    browser = createBrowser();
  });
  afterEach(() => world.stop());

  it('A15 hydra-1651, -3484: are dead at refresh, introspection and userinfo within a second', async () => {
    const { wiki } = world.apps;
    const tokens = await wiki.signIn(browser);
    expect(await uses(wiki, tokens)).toEqual({ refreshes: true, active: true, refreshActive: true, userinfo: true });
    const startedAt = performance.now();

    await signOff(browser, wiki, tokens);

    expect(await uses(wiki, tokens)).toEqual({
      refreshes: false,
      active: false,
      refreshActive: false,
      userinfo: false,
    });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('A15 hydra-1651: offline_access outlives the session, unless the app’s file says otherwise', async () => {
    const { wiki, sync, strict } = world.apps;
    const inWiki = await wiki.signIn(browser);
    const inSync = await sync.signIn(browser, { parameters: OFFLINE });
    const inStrict = await strict.signIn(browser, { parameters: OFFLINE });

    await signOff(browser, wiki, inWiki);

    await Promise.all([sync, strict].map((app) => app.waitForTokens(1)));
    expect((await refresh(sync, inSync)).status).toBe(200);
    expect(await refresh(strict, inStrict)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
  });

  it.each(['app-here', 'all-everywhere'])('A15 hydra-1651: a sign-off of %s ends offline_access too', async (scope) => {
    const { sync } = world.apps;
    const inSync = await sync.signIn(browser, { parameters: OFFLINE });
    const page = await browser.get(sync.endSessionUrl({ client_id: 'sync' }));

    await browser.submit(page, { scope, decision: 'sign-out' });

    expect((await refresh(sync, inSync)).status).toBe(400);
    expect(await introspect(world, sync, inSync.accessToken)).toEqual({ active: false });
  });

  async function uses(app: RelyingParty, tokens: Tokens) {
    return {
      active: isActive(await introspect(world, app, tokens.accessToken)),
      refreshActive: isActive(await introspect(world, app, tokens.refreshToken ?? '')),
      userinfo: await opensUserinfo(world, tokens),
      refreshes: (await refresh(app, tokens)).status === 200,
    };
  }
});

function isActive(answer: unknown): unknown {
  return (answer as { active?: unknown }).active;
}
