import { afterEach, expect, it } from '@jest/globals';
import { refresh, signOff } from '../spec/scene.ts';
import { createBrowser, sameCookies } from '../support/browser.ts';
import { holdCall } from '../support/hold-call.ts';
import { describeFlows, startWorld, type World, type WorldOptions } from '../support/product.ts';

describeFlows('two at once', () => {
  let world: World<'wiki' | 'mail'>;
  afterEach(() => world.stop());

  async function start(options: Partial<WorldOptions<'wiki' | 'mail'>> = {}): Promise<void> {
    world = await startWorld({ apps: { wiki: {}, mail: {} }, ...options });
  }

  it('sign-offs of one session are one logout: both tabs are answered, each app is told once', async () => {
    await start();
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    await mail.signIn(browser);
    const tab = sameCookies(browser);
    const gate = holdCall(world.store.sessions, 'end');
    const slow = signOff(browser, wiki, tokens);
    await gate.reached;
    const quick = await signOff(tab, wiki, tokens);
    gate.open();

    expect([quick.location, (await slow).location]).toEqual(Array(2).fill(wiki.postLogoutRedirectUri));
    const deliveries = await world.store.deliveries.list({}, { limit: 9 });
    expect(deliveries.map((one) => one.clientId).sort()).toEqual(['mail', 'wiki']);
    expect(new Set(deliveries.map((one) => one.logoutId)).size).toBe(1);
    expect([wiki.received.length, mail.received.length]).toEqual([1, 1]);
  });

  it('sign-offs of five tabs, however they meet: each app is told once', async () => {
    await start();
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    await mail.signIn(browser);
    const tabs = Array.from({ length: 5 }, () => sameCookies(browser));

    const answers = await Promise.all(tabs.map((tab) => signOff(tab, wiki, tokens)));

    expect(answers.map((page) => page.status)).toEqual(tabs.map(() => 303));
    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    const deliveries = await world.store.deliveries.list({}, { limit: 99 });
    expect(deliveries.map((one) => one.clientId).sort()).toEqual(['mail', 'wiki']);
  });

  it('exchanges of one code: exactly one succeeds', async () => {
    await start();
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const page = await browser.get(wiki.authorizationUrl(), { stopAt: wiki.redirectUri });
    const gate = holdCall(world.store.provider, 'consume');
    const slow = wiki.finish(page.location ?? '');
    const refused = expect(slow).rejects.toThrow('invalid_grant');
    await gate.reached;
    const quick = await wiki.finish(page.location ?? '');
    gate.open();

    await refused;
    expect((await refresh(wiki, quick)).status).toBe(200);
  });

  it('rotations of one refresh token: exactly one succeeds, and its new token works', async () => {
    const file = { token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined };
    await start({ apps: { wiki: { file }, mail: {} } });
    const { wiki } = world.apps;
    const tokens = await wiki.signIn(createBrowser());
    const gate = holdCall(world.store.provider, 'consume');
    const slow = refresh(wiki, tokens);
    await gate.reached;
    const quick = await refresh(wiki, tokens);
    gate.open();

    expect([quick.status, await slow]).toMatchObject([200, { status: 400, json: { error: 'invalid_grant' } }]);
    const next = await refresh(wiki, { refreshToken: String(quick.json['refresh_token']) });
    expect(next.status).toBe(200);
  });

  it('sign-ins in two tabs where nobody was signed in are one session: both exchange their codes, both are told later', async () => {
    await start();
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const pages = await Promise.all([browser.get(wiki.authorizationUrl()), browser.get(mail.authorizationUrl())]);
    const given = { username: 'alice', password: world.password };

    const [backAtWiki, backAtMail] = await Promise.all([
      browser.submit(pages[0], given, { stopAt: wiki.redirectUri }),
      browser.submit(pages[1], given, { stopAt: mail.redirectUri }),
    ]);
    const atWiki = await wiki.finish(backAtWiki.location ?? '');
    const atMail = await mail.finish(backAtMail.location ?? '');

    const accountId = await world.accountId('alice');
    const [session, ...others] = await world.store.sessions.list({ accountId }, { limit: 9 });
    expect(session?.participations.map((one) => one.clientId).sort()).toEqual(['mail', 'wiki']);
    expect(others).toEqual([]);
    await signOff(browser, wiki, atWiki);
    await wiki.waitForSids([atWiki.claims.sid]);
    await mail.waitForSids([atMail.claims.sid]);
    expect([wiki.received.length, mail.received.length]).toEqual([1, 1]);
  });
});
