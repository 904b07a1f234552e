import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cookieNames } from '../../src/oidc/cookies.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('signing off at one app', () => {
  let world: World<'wiki' | 'mail' | 'shop'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, shop: {} } });
  });
  afterAll(() => world.stop());

  it('tells all three, each with the sid of its own sign-in, and returns with the state as it was sent', async () => {
    const { wiki, mail, shop } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);
    const inShop = await shop.signIn(browser);
    const state = `a%b&c#d<e>f"g'h/i?j=k:${'x'.repeat(60)}`;

    const page = await browser.get(
      wiki.endSessionUrl({
        id_token_hint: inWiki.idToken,
        post_logout_redirect_uri: wiki.postLogoutRedirectUri,
        state,
      }),
      { follow: false },
    );

    expect(page.status).toBe(303);
    expect(page.location?.startsWith(wiki.postLogoutRedirectUri)).toBe(true);
    expect([...new URL(page.location ?? '').searchParams]).toEqual([['state', state]]);
    for (const [app, tokens] of [
      [wiki, inWiki],
      [mail, inMail],
      [shop, inShop],
    ] as const) {
      const [token] = await app.waitForTokens(1);
      expect(token?.claims.sid).toBe(tokens.claims.sid);
      expect(token?.claims.sub).toBe(tokens.claims.sub);
      expect(app.bad).toEqual([]);
    }
    expect(new Set([inWiki, inMail, inShop].map((one) => one.claims.sid)).size).toBe(3);
  });

  it('leaves the browser signed out: prompt=none says login_required', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const { idToken } = await wiki.signIn(browser);
    await browser.get(wiki.endSessionUrl({ id_token_hint: idToken }));
    expect(browser.cookies().map((cookie) => cookie.name)).not.toContain(cookieNames(world.issuer).session);

    const page = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });

    expect(new URL(page.location ?? '').searchParams.get('error')).toBe('login_required');
  });

  it('sends no state that was not sent', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const { idToken } = await wiki.signIn(browser);

    const page = await browser.get(
      wiki.endSessionUrl({ id_token_hint: idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri }),
      { follow: false },
    );

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
  });

  it('ends at its receipt without an address to go to: full for this browser, counts for anybody else', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const { idToken } = await wiki.signIn(browser);
    await mail.signIn(browser);

    const page = await browser.get(wiki.endSessionUrl({ id_token_hint: idToken }));

    expect(page.status).toBe(200);
    expect(new URL(page.url).pathname).toMatch(/^\/logout\/[\w-]{43}$/);
    const own = await json(browser.get(page.url, { headers: { accept: 'application/json' } }));
    expect(own).toMatchObject({
      state: 'settled',
      scope: 'all-here',
      reason: 'app',
      counts: { told: 2, trying: 0, refused: 0, given_up: 0, moot: 0, cannot_be_told: 0 },
    });
    expect(own['apps']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ client_id: 'mail', name: 'Mail', state: 'told', sessions: 1 }),
      ]),
    );
    const strange = await json(createBrowser().get(page.url, { headers: { accept: 'application/json' } }));
    expect(Object.keys(strange).sort()).toEqual(['at', 'counts', 'state']);
  });

  it('ends every browser on its own: the other device stays signed in', async () => {
    const { wiki } = world.apps;
    const laptop = createBrowser();
    const phone = createBrowser('Mozilla/5.0 (Linux; Android 16) Chrome/140.0.0.0 Mobile Safari/537.36');
    const onLaptop = await wiki.signIn(laptop);
    const onPhone = await wiki.signIn(phone);
    const before = wiki.received.length;

    await laptop.get(wiki.endSessionUrl({ id_token_hint: onLaptop.idToken }));

    await wiki.waitForTokens(before + 1);
    expect(wiki.received.slice(before).map((one) => one.claims.sid)).toEqual([onLaptop.claims.sid]);
    const still = await phone.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    expect((await wiki.finish(still.location ?? '')).claims.sid).toBe(onPhone.claims.sid);
  });
});

describeFlows('a hanging app among five', () => {
  const WAIT_MS = 400;
  let world: World<'one' | 'two' | 'three' | 'four' | 'five'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { one: {}, two: {}, three: { behaviour: 'hang' }, four: {}, five: {} },
      settings: { SIGNOFF_LOGOUT_WAIT: `${WAIT_MS}ms` },
    });
  });
  afterAll(() => world.stop());

  it('holds the browser no longer than the wait + 200 ms, and the healthy four not at all', async () => {
    const browser = createBrowser();
    const apps = Object.values(world.apps);
    const tokens = await signInEverywhere(browser, apps);
    const [first] = apps;
    if (first === undefined) throw new Error('no apps');
    const startedAt = Date.now();

    const page = await browser.get(
      first.endSessionUrl({
        id_token_hint: tokens[0]?.idToken ?? '',
        post_logout_redirect_uri: first.postLogoutRedirectUri,
      }),
      { follow: false },
    );

    const tookMs = Date.now() - startedAt;
    expect(page.location).toMatch(/\/logout\//);
    expect(tookMs).toBeGreaterThanOrEqual(WAIT_MS - 20);
    expect(tookMs).toBeLessThan(WAIT_MS + 200);
    const healthy = apps.filter((app) => app.behaviour === 'ok');
    expect(healthy).toHaveLength(4);
    for (const app of healthy) expect((app.received[0]?.at ?? Number.POSITIVE_INFINITY) - startedAt).toBeLessThan(500);
    const receipt = await json(browser.get(page.location ?? '', { headers: { accept: 'application/json' } }));
    expect(receipt).toMatchObject({
      state: 'trying',
      counts: { told: 4, trying: 1 },
      continue_uri: first.postLogoutRedirectUri,
    });
  });

  it('shows who has not confirmed, and a way on', async () => {
    const { one, three } = world.apps;
    const browser = createBrowser();
    const { idToken } = await one.signIn(browser);
    await three.signIn(browser);

    const page = await browser.get(
      one.endSessionUrl({ id_token_hint: idToken, post_logout_redirect_uri: one.postLogoutRedirectUri }),
    );

    expect(page.body).toContain('Three');
    expect(page.body).toContain(one.postLogoutRedirectUri);
    expect(page.headers['refresh']).toBeUndefined();
  });
});

async function signInEverywhere(browser: ReturnType<typeof createBrowser>, apps: World<string>['apps'][string][]) {
  const tokens = [];
  for (const app of apps) tokens.push(await app.signIn(browser));
  return tokens;
}

async function json(page: Promise<Page>): Promise<Record<string, unknown>> {
  return JSON.parse((await page).body) as Record<string, unknown>;
}
