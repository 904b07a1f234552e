import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

const MINUTE = 60 * SECOND;

describeFlows('the password again, before other sessions end', () => {
  let world: World<'wiki'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_SIGNIN_LIMIT: '3/15m' } });
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  const liveOf = async (username: string) =>
    (await world.store.sessions.list({ accountId: await world.accountId(username), state: 'live' }, { limit: 50 }))
      .length;

  /** Signed in on two devices; answers the first, some minutes later, at the devices page. */
  async function laterOn(username: string, minutes: number): Promise<{ browser: Browser; page: Page }> {
    const browser = createBrowser();
    await world.apps.wiki.signIn(browser, { username });
    await world.apps.wiki.signIn(createBrowser('a phone'), { username });
    letPass(minutes * MINUTE);
    return { browser, page: await browser.get(`${world.issuer}/devices`) };
  }

  const send = (browser: Browser, page: Page, fields: Record<string, string>) =>
    browser.submit(page, fields, { action: '/devices/end' });

  it('is not asked for within 15 minutes: one page with the numbers, then it is done', async () => {
    const { browser, page } = await laterOn('alice', 14);
    const before = await liveOf('alice');

    const asked = await send(browser, page, { what: 'others' });
    const done = await send(browser, asked, {});

    expect(asked.body).toContain(`${before - 1} device`);
    expect(asked.forms[0]?.fields).toMatchObject({ what: 'others', confirm: 'yes' });
    expect(asked.forms[0]?.fields).not.toHaveProperty('password');
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect(await liveOf('alice')).toBe(1);
  });

  it('is asked for on the same page when it is older, and what was asked for is kept and done', async () => {
    const { browser, page } = await laterOn('alice', 16);

    const asked = await send(browser, page, { what: 'others' });
    const wrong = await send(browser, asked, { password: 'wrong' });
    const before = await liveOf('alice');
    const done = await send(browser, wrong, { password: PASSWORD });

    expect(asked.forms[0]?.fields).toMatchObject({ what: 'others', confirm: 'yes', password: '' });
    expect([wrong.status, before]).toEqual([401, 3]);
    expect(wrong.body).not.toContain('wrong"');
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect(await liveOf('alice')).toBe(1);
  });

  it('a form that says confirm=yes by itself is asked for the password all the same', async () => {
    const { browser, page } = await laterOn('alice', 16);

    const asked = await send(browser, page, { what: 'everywhere', confirm: 'yes' });

    expect(asked.forms[0]?.fields).toMatchObject({ what: 'everywhere', confirm: 'yes', password: '' });
    expect(await liveOf('alice')).toBeGreaterThan(1);
  });

  it('a password without confirm=yes ends nothing', async () => {
    const { browser, page } = await laterOn('alice', 16);

    const asked = await send(browser, page, { what: 'everywhere', password: PASSWORD });

    expect(asked.forms[0]?.fields).toMatchObject({ confirm: 'yes', password: '' });
    expect(await liveOf('alice')).toBeGreaterThan(1);
  });

  it('is remembered once it was right, and the browser stays signed in', async () => {
    const { browser, page } = await laterOn('bob', 16);
    await world.apps.wiki.signIn(createBrowser('another'), { username: 'bob' });
    const other = await anotherSession('bob', browser);
    await send(browser, await send(browser, page, { what: 'session', session: other }), { password: PASSWORD });

    const again = await browser.get(`${world.issuer}/devices`);
    const done = await send(browser, again, { what: 'session', session: await anotherSession('bob', browser) });

    expect(again.url).toBe(`${world.issuer}/devices`);
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect(await liveOf('bob')).toBe(1);
  });

  it('is never asked for to end this session', async () => {
    const { browser, page } = await laterOn('bob', 60);

    const done = await browser.submit(page, {}, { action: '/devices/end' });

    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect(await liveOf('bob')).toBeGreaterThan(0);
  });

  it('has the brake of the sign-in page', async () => {
    const { browser, page } = await laterOn('alice', 16);
    const asked = await send(browser, page, { what: 'others' });
    for (let count = 0; count < 3; count++) await send(browser, asked, { password: 'wrong' });

    const limited = await send(browser, asked, { password: PASSWORD });

    expect(limited.status).toBe(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect(await liveOf('alice')).toBeGreaterThan(1);
  });

  async function anotherSession(username: string, browser: Browser): Promise<string> {
    const accept = { accept: 'application/json' };
    const { sessions } = JSON.parse((await browser.get(`${world.issuer}/devices`, { headers: accept })).body) as {
      sessions: { id: string; current: boolean }[];
    };
    const other = sessions.find((one) => !one.current)?.id;
    if (other === undefined) throw new Error(`${username} has no other session`);
    return other;
  }
});
