import { afterEach, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { holdCall } from '../support/hold-call.ts';
import { describeFlows, startWorld, type World, type WorldOptions } from '../support/product.ts';

describeFlows('many apps', () => {
  let stop: () => Promise<void>;
  afterEach(() => stop());

  async function start<Name extends string>(options: WorldOptions<Name>): Promise<World<Name>> {
    const world = await startWorld(options);
    stop = () => world.stop();
    return world;
  }

  it('a tarpit among fifty does not delay the other 49 beyond a second, with the engine in its own thread', async () => {
    const names = Array.from({ length: 50 }, (_, at) => `app-${at}`);
    const specs = names.map((name, at) => [name, { behaviour: at === 25 ? 'hang' : 'ok' }] as const);
    const world = await start<string>({
      apps: Object.fromEntries(specs),
      settings: { SIGNOFF_DELIVERY_RUN: 'thread' },
    });
    const browser = createBrowser();
    const apps = Object.values(world.apps);
    let hint = '';
    for (const app of apps) hint = (await app.signIn(browser)).idToken;
    const startedAt = Date.now();

    await browser.get(`${world.issuer}/session/end?id_token_hint=${hint}`, { follow: false });

    const healthy = apps.filter((app) => app.behaviour === 'ok');
    await Promise.all(healthy.map((app) => app.waitForTokens(1)));
    const slowestMs = Math.max(...healthy.map((app) => app.received[0]?.at ?? 0)) - startedAt;
    expect(slowestMs).toBeLessThan(1_000);
    expect(healthy.map((app) => app.received.length)).toEqual(healthy.map(() => 1));
  }, 60_000);

  it('tells the apps of a sign-off without looking for them, while there is nothing else to do', async () => {
    const world = await start({ apps: { wiki: {}, mail: {} } });
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const { idToken } = await wiki.signIn(browser);
    await mail.signIn(browser);
    // The engine looks once a second by itself; from now on it finds nothing.
    const gate = holdCall(world.store.deliveries, 'claim');
    await gate.reached;

    await browser.get(wiki.endSessionUrl({ id_token_hint: idToken }), { follow: false });
    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    gate.open();
  });

  it('two tabs that sign in at two apps at once: both exchange their codes, both are told later', async () => {
    const world = await start({ apps: { hub: {}, one: {}, two: {} } });
    const { hub, one, two } = world.apps;
    const browser = createBrowser();
    const { idToken } = await hub.signIn(browser);

    const signedIn = await Promise.all([one, two].map((app) => app.signIn(browser)));
    await browser.get(hub.endSessionUrl({ id_token_hint: idToken }));

    for (const [at, app] of [one, two].entries()) {
      const tokens = await app.waitForTokens(1);
      expect(tokens.map((token) => token.claims.sid)).toEqual([signedIn[at]?.claims.sid]);
    }
  });

  it('B29 N sessions of one person at an app are N tokens, each with its own sid', async () => {
    const world = await start({ apps: { wiki: {} } });
    const { wiki } = world.apps;
    const first = createBrowser();
    const sids = [];
    for (const browser of [first, createBrowser(), createBrowser()]) sids.push((await wiki.signIn(browser)).claims.sid);

    const page = await first.get(wiki.endSessionUrl());
    await first.submit(page, { scope: 'all-everywhere', decision: 'sign-out' });

    const tokens = await wiki.waitForTokens(3);
    expect(tokens.map((token) => token.claims.sid).sort()).toEqual(sids.sort());
    expect(new Set(tokens.map((token) => token.claims.jti)).size).toBe(3);
  });
});
