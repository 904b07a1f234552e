import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieNames } from '../../src/oidc/cookies.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

const MINUTE = 60 * SECOND;

describeFlows('signing in at our own pages', () => {
  let world: World<'wiki'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {} },
      settings: { SIGNOFF_SIGNIN_LIMIT: '3/15m', SIGNOFF_REQUEST_LIMIT: 'off' },
    });
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  const devices = () => `${world.issuer}/devices`;
  const fill = (username = 'alice', more = {}) => ({ username, password: PASSWORD, ...more });
  const sessionsOf = async (username: string) =>
    world.store.sessions.list({ accountId: await world.accountId(username), state: 'live' }, { limit: 50 });

  async function signIn(browser: Browser, username = 'alice', more = {}): Promise<Page> {
    return browser.submit(await browser.get(devices()), fill(username, more));
  }

  it('leads a stranger to the sign-in page, names no app, and comes back with the query', async () => {
    const browser = createBrowser();

    const page = await browser.get(`${devices()}?after=x&login_hint=alice`);
    const back = await browser.submit(page, { password: PASSWORD });

    expect(new URL(page.url).pathname).toMatch(/^\/interaction\//);
    expect(page.body).not.toContain('Continue to');
    expect(page.forms[0]?.fields['username']).toBe('alice');
    expect([back.status, back.url]).toEqual([200, `${devices()}?after=x`]);
  });

  it('is a session like any other: an app gets in without a second password, by its own participation', async () => {
    const browser = createBrowser();
    await signIn(browser, 'bob');

    const tokens = await world.apps.wiki.signIn(browser, { username: 'nobody', password: 'wrong' });

    const [view, ...others] = await sessionsOf('bob');
    expect(tokens.claims.sub).toBe(await world.accountId('bob'));
    expect(view?.participations.map((one) => one.sid)).toEqual([tokens.claims.sid]);
    expect(others).toEqual([]);
    expect(
      world.logged.filter((line) => line.event === 'session.started' && line['account_id'] === tokens.claims.sub),
    ).toHaveLength(1);
  });

  it('says auth_time, amr and acr to that app as for any password', async () => {
    const browser = createBrowser();
    await signIn(browser);

    const { claims } = await world.apps.wiki.signIn(browser, { parameters: { max_age: '3600' } });

    expect(claims).toMatchObject({ amr: ['pwd'], acr: 'urn:signoff:password' });
    expect(Math.abs(Number(claims['auth_time']) - Date.now() / 1000)).toBeLessThan(10);
  });

  it('a wrong password asks again by the same rules, and the brake counts it', async () => {
    const browser = createBrowser();
    const page = await browser.get(devices());
    for (let count = 0; count < 3; count++) {
      const wrong = await browser.submit(page, { username: 'carol', password: 'wrong' });
      expect(wrong.status).toBe(401);
    }

    const limited = await browser.submit(page, { username: 'carol', password: 'wrong' });

    expect(limited.status).toBe(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('nothing of the address can lead elsewhere', async () => {
    for (const path of ['/devices?to=https://evil.example', '/devices?next=//evil.example&to=//evil.example']) {
      const browser = createBrowser();
      const back = await browser.submit(await browser.get(world.issuer + path), fill());
      expect(new URL(back.url).origin).toBe(world.issuer);
      expect(new URL(back.url).pathname).toBe('/devices');
    }
    expect((await createBrowser().get(`${world.issuer}//evil.example/devices`)).status).toBe(404);
  });

  it('the page of one browser opens nothing in another', async () => {
    const page = await createBrowser().get(devices());
    const other = createBrowser();
    await other.get(devices());

    expect((await other.get(page.url)).status).toBe(403);
    expect((await other.get(page.url.replace('/interaction/', '/signed-in/'))).status).toBe(403);
  });

  it('without its csrf field, or from another site, signs nobody in', async () => {
    const browser = createBrowser();
    const page = await browser.get(devices());

    expect((await browser.post(page.url, fill())).status).toBe(403);
    expect((await browser.submit(page, fill(), { crossSite: true })).status).toBe(403);
    expect((await browser.get(devices())).url).not.toBe(devices());
  });

  it('the back button and a second click lead on to the page, in the same session', async () => {
    const browser = createBrowser();
    const page = await browser.get(devices());
    const before = (await sessionsOf('alice')).length;

    const [one, two] = await Promise.all([browser.submit(page, fill()), browser.submit(page, fill())]);
    const back = await browser.get(page.url);

    expect([one?.url, two?.url, back.url]).toEqual([devices(), devices(), devices()]);
    expect(await sessionsOf('alice')).toHaveLength(before + 1);
  });

  it('two tabs of a new browser end up in one session', async () => {
    const browser = createBrowser();
    const tabs = await Promise.all([browser.get(devices()), browser.get(devices())]);
    const before = (await sessionsOf('bob')).length;

    const pages = await Promise.all(tabs.map((tab) => browser.submit(tab, fill('bob'))));

    expect(pages.map(({ url }) => url)).toEqual([devices(), devices()]);
    expect((await browser.get(devices())).url).toBe(devices());
    expect(await sessionsOf('bob')).toHaveLength(before + 1);
  });

  it('a sign-in verified before "everywhere" is dead on arrival', async () => {
    const accountId = await world.accountId('bob');
    const browser = createBrowser();
    const page = await browser.get(devices());
    const answer = await browser.submit(page, fill('bob'), { follow: false });
    const actor = { kind: 'user', id: accountId } as const;
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'user', actor });

    const arrived = await browser.get(answer.location ?? '');

    expect(new URL(arrived.url).pathname).toMatch(/^\/interaction\//);
    expect(await sessionsOf('bob')).toEqual([]);
  });

  it('on a shared computer the cookie goes with the browser and the session rests 15 minutes at most', async () => {
    const browser = createBrowser();
    const { session: name } = cookieNames(world.issuer);

    await signIn(browser, 'alice', { shared: 'on' });
    const cookie = browser.cookies().find((one) => one.name === name);
    const accountId = await world.accountId('alice');
    const [view] = await world.store.sessions.list({ accountId, state: 'live' }, { limit: 1 });

    expect(cookie?.expiresAt).toBeUndefined();
    expect(view?.session.idleMs).toBe(15 * MINUTE);
    letPass(16 * MINUTE);
    expect((await browser.get(devices())).url).not.toBe(devices());
  });

  it('a program is told 401 and begins nothing; a form of somebody who is out leads to sign in, then to the page', async () => {
    const browser = createBrowser();
    const json = await browser.get(devices(), { headers: { accept: 'application/json' } });
    await signIn(browser);
    const page = await browser.get(devices());
    browser.forget(cookieNames(world.issuer).session);

    const late = await browser.submit(page, { what: 'everywhere' }, { action: '/devices/end' });
    const back = await browser.submit(late, fill());

    expect([json.status, JSON.parse(json.body)['error']]).toEqual([401, 'sign_in_first']);
    expect(late.forms[0]?.fields).toHaveProperty('password');
    expect([back.status, back.url]).toEqual([200, devices()]);
  });

  describe('the session of somebody else', () => {
    it('ends when another tab signed in meanwhile, and its apps are told', async () => {
      const browser = createBrowser();
      const page = await browser.get(devices());
      const answer = await browser.submit(page, fill('bob'), { follow: false });
      const { claims } = await world.apps.wiki.signIn(browser, { username: 'alice' });

      const arrived = await browser.get(answer.location ?? '');

      expect(arrived.body).toContain('bob');
      await world.apps.wiki.waitForSids([claims.sid]);
    });
  });
});
