import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { linkTo, mailsTo } from '../support/mails.ts';
import { backToNow, DAY, letPass } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';
import { tryPassword } from '../support/try-password.ts';

const FRESH = 'nine slow trains to the coast';

describeFlows('"That wasn\'t me"', () => {
  let world: World<'wiki'>;
  let people = 0;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_SESSION_IDLE: '10d' } });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  /** Somebody with a laptop, whose password somebody else has just used; offline access on both sides. */
  async function robbed() {
    people += 1;
    const username = `robbed-${people}`;
    const accountId = await addAccount(world.store, username);
    const [laptop, thief] = [createBrowser(), createBrowser('a device of somebody else')];
    const offline = { parameters: { scope: 'openid offline_access' } };
    await world.apps.wiki.signIn(laptop, { username });
    const taken = await world.apps.wiki.signIn(thief, { username, ...offline });
    const address = `${username}@example.test`;
    const live = async () => (await world.store.sessions.list({ accountId, state: 'live' }, { limit: 9 })).length;
    const refreshes = async () =>
      (await world.apps.wiki.token({ grant_type: 'refresh_token', refresh_token: taken.refreshToken ?? '' })).status;
    return { username, accountId, address, laptop, thief, live, refreshes, taken };
  }

  const isSignedIn = async (browser: ReturnType<typeof createBrowser>) =>
    (await browser.get(`${world.issuer}/account`, { follow: false })).status === 200;

  it('from a mail: looking at it does nothing, the button ends everything, offline access too, once', async () => {
    const { address, live, refreshes, laptop, thief, accountId, taken } = await robbed();
    const link = await linkTo(world, address, 'not-me');
    const scanner = createBrowser('a scanner of mails');
    for (const headers of [{}, { purpose: 'prefetch' }]) await scanner.get(link, { headers });
    await fetch(link, { method: 'HEAD' });
    expect([await live(), (await scanner.post(link, {})).status, await live()]).toEqual([2, 403, 2]);

    const stranger = createBrowser();
    const page = await stranger.get(link);
    expect(page.body).toContain('2 devices');
    expect(page.headers['cache-control']).toBe('no-store');
    const [done, double] = await Promise.all([stranger.submit(page), stranger.submit(page)]);
    expect([done, double].map(({ status }) => status).toSorted()).toEqual([200, 410]);
    expect([await live(), await isSignedIn(laptop), await isSignedIn(thief), await refreshes()]).toEqual([
      0,
      false,
      false,
      400,
    ]);
    await world.apps.wiki.waitForTokens(2);
    expect(world.apps.wiki.received.map(({ claims }) => claims.sid)).toContain(taken.claims.sid);
    expect((await stranger.get(link)).status).toBe(410);
    const [event] = await world.store.activity.list(accountId, { kind: 'logout' }, 9);
    expect(event).toMatchObject({ reason: 'not-me', actor: 'user' });
  });

  it('forces a new password: the old one opens nothing, the mailed link sets another', async () => {
    const { address, username } = await robbed();
    const stranger = createBrowser();
    await stranger.submit(await stranger.get(await linkTo(world, address, 'not-me')));
    const isIn = (password: string) => tryPassword(world.apps.wiki, username, password);
    expect(await isIn(PASSWORD)).toBe(false);
    const page = await stranger.get(await linkTo(world, address, 'reset'));
    await stranger.submit(page, { password: FRESH });
    expect([await isIn(PASSWORD), await isIn(FRESH)]).toEqual([false, true]);
    const [letter] = (await mailsTo(world, address)).filter(({ links }) =>
      links.some((href) => href.includes('/reset/')),
    );
    expect(letter?.text).toContain('somebody else was signed in');
  });

  it('works for 72 hours', async () => {
    const { address, live } = await robbed();
    const link = await linkTo(world, address, 'not-me');
    letPass(3 * DAY - 60_000);
    expect((await createBrowser().get(link)).status).toBe(200);
    letPass(60_001);
    const late = createBrowser();
    expect((await late.get(link)).status).toBe(410);
    expect(await live()).toBe(2);
  });

  it('a token of nothing, of another page, or too long leads nowhere', async () => {
    const { address } = await robbed();
    const token = new URL(await linkTo(world, address, 'not-me')).pathname.split('/').at(-1);
    for (const path of ['/not-me/nothing', `/reset/${token}`, `/not-me/${'a'.repeat(3_000)}`]) {
      expect([path, (await createBrowser().get(`${world.issuer}${path}`)).status]).toEqual([path, 410]);
    }
  });

  it('from the devices page: shows the numbers first, then ends everything and this', async () => {
    const { laptop, live, accountId } = await robbed();
    const [other] = (await world.store.sessions.list({ accountId, state: 'live' }, { limit: 9 })).filter(
      ({ session }) => session.device.name.includes('Unknown'),
    );
    const page = await laptop.get(`${world.issuer}/not-me?session=${other?.session.uid}`);
    expect([page.status, await live()]).toEqual([200, 2]);
    expect(page.forms[0]?.fields).toMatchObject({ confirm: 'yes', session: other?.session.uid });
    expect(page.body).toContain(`it was not you on <bdi>${other?.session.device.name}</bdi>`);
    const stranger = createBrowser('a television');
    await world.apps.wiki.signIn(stranger, { username: 'bob' });
    const [theirs] = await world.store.sessions.list({ accountId: await world.accountId('bob') }, { limit: 1 });
    const about = await laptop.get(`${world.issuer}/not-me?session=${theirs?.session.uid}`);
    expect([about.status, about.body.includes('it was not you on')]).toEqual([200, false]);
    const done = await laptop.submit(page, {}, { action: '/not-me' });
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect([await live(), await isSignedIn(laptop)]).toEqual([0, false]);
    const [event] = await world.store.activity.list(accountId, { kind: 'logout' }, 9);
    expect(event).toMatchObject({ reason: 'not-me', session: other?.session.uid });
  });
});
