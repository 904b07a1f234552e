import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { linkTo, mailsTo } from '../support/mails.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';
import { tryPassword } from '../support/try-password.ts';

const HOUR = 3_600 * SECOND;
const FRESH = 'seven grey herons on the roof';

describeFlows('passwords in the hands of their owner', () => {
  let world: World<'wiki' | 'mail'>;
  let people = 0;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} }, settings: { SIGNOFF_SIGNIN_LIMIT: '5/15m' } });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  /** Somebody new, signed in at both apps on two devices. */
  async function somebody() {
    people += 1;
    const username = `person-${people}`;
    const accountId = await addAccount(world.store, username);
    const [here, elsewhere] = [createBrowser(), createBrowser('a phone')];
    const at = {
      here: await world.apps.wiki.signIn(here, { username }),
      elsewhere: await world.apps.wiki.signIn(elsewhere, { username }),
    };
    const mail = await world.apps.mail.signIn(elsewhere, { username });
    const live = async () => (await world.store.sessions.list({ accountId, state: 'live' }, { limit: 9 })).length;
    return { username, accountId, here, elsewhere, at, mail, live, address: `${username}@example.test` };
  }

  const change = async (browser: Browser, fields: Record<string, string>) => {
    const page = await browser.get(`${world.issuer}/account/password`);
    return browser.submit(page, { current: PASSWORD, password: FRESH, ...fields });
  };

  const canSignIn = (username: string, password: string) => tryPassword(world.apps.wiki, username, password);

  it('a change ends every other session, each app of it by its own token, and spares this one', async () => {
    const { username, accountId, here, at, mail, live, address } = await somebody();
    const done = await change(here, {});
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect(await live()).toBe(1);
    expect((await here.get(`${world.issuer}/account`)).status).toBe(200);
    expect(await world.store.sessions.generation(accountId)).toMatchObject({ account: 1 });
    await world.apps.mail.waitForTokens(1);
    const told = [...world.apps.wiki.received, ...world.apps.mail.received].map(({ claims }) => claims.sid);
    expect(told).toEqual(expect.arrayContaining([at.elsewhere.claims.sid, mail.claims.sid]));
    expect(told).not.toContain(at.here.claims.sid);
    expect([await canSignIn(username, PASSWORD), await canSignIn(username, FRESH)]).toEqual([false, true]);
    const [letter] = (await mailsTo(world, address)).filter(({ subject }) => subject.includes('password'));
    expect(letter?.text).toContain('1 other sign-in has ended');
  });

  it('with others=keep nothing ends, and the old password is worth nothing all the same', async () => {
    const { username, accountId, here, elsewhere, live } = await somebody();
    const done = await change(here, { others: 'keep' });
    expect(new URL(done.url).pathname).toBe('/account');
    expect(await live()).toBe(2);
    expect((await elsewhere.get(`${world.issuer}/account`)).status).toBe(200);
    expect(await world.store.sessions.generation(accountId)).toMatchObject({ account: 0 });
    expect([await canSignIn(username, PASSWORD), await canSignIn(username, FRESH)]).toEqual([false, true]);
    const [event] = await world.store.activity.list(accountId, { kind: 'password' }, 9);
    expect(event).toMatchObject({ kind: 'password', actor: 'user', reason: 'changed' });
  });

  it('changes nothing without the old password, or with a new one that is tried first', async () => {
    const { username, here, live } = await somebody();
    const answers = [
      await change(here, { current: 'wrong' }),
      await change(here, { password: 'password1' }),
      await change(here, { password: 'short' }),
      await change(here, { password: '' }),
      await change(here, { password: PASSWORD }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 400, 400]);
    for (const { body } of answers) expect(body).toMatch(/id="notice"/);
    expect([await live(), await canSignIn(username, PASSWORD)]).toEqual([2, true]);
  });

  it('wrong old passwords are counted as at the sign-in page', async () => {
    const { here } = await somebody();
    const statuses: number[] = [];
    for (let tries = 0; tries < 6; tries++) statuses.push((await change(here, { current: `wrong ${tries}` })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('password managers find the page', async () => {
    const page = await createBrowser().get(`${world.issuer}/.well-known/change-password`, { follow: false });
    expect([page.status, page.location]).toEqual([303, `${world.issuer}/account/password`]);
  });

  const forgot = async (username: string, browser = createBrowser()): Promise<Page> => {
    const page = await browser.get(`${world.issuer}/forgot`);
    return browser.submit(page, { username });
  };

  it('"Forgot it?" mails a link that sets a new one once, ends everything and signs nobody in', async () => {
    const { username, here, accountId, live, address } = await somebody();
    await forgot(username);
    await world.server.sendMails();
    const link = await linkTo(world, address, 'reset');
    const [mail] = (await mailsTo(world, address)).filter(({ subject }) => subject.startsWith('Choose a new password'));
    expect(mail?.text).toMatch(/Device: +Firefox[\s\S]*Time: /u);
    const browser = createBrowser();
    const [page, sameAgain] = [await browser.get(link), await browser.get(link)];
    expect(sameAgain.status).toBe(200);
    const bad = await browser.submit(page, { password: 'short' });
    expect([bad.status, await live()]).toEqual([400, 2]);
    const done = await browser.submit(bad, { password: FRESH });
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect([await live(), await canSignIn(username, PASSWORD), await canSignIn(username, FRESH)]).toEqual([
      0,
      false,
      true,
    ]);
    expect((await browser.get(`${world.issuer}/account`, { follow: false })).status).toBe(303);
    expect((await here.get(`${world.issuer}/account`, { follow: false })).status).toBe(303);
    expect((await browser.get(link)).status).toBe(410);
    expect((await browser.submit(page, { password: 'another good one' })).status).toBe(410);
    const told = (await world.store.activity.list(accountId, { kind: 'password' }, 9)).map(({ reason }) => reason);
    expect(told).toEqual(['changed', 'asked']);
  });

  it('a link is too old after an hour, and worthless once the password was changed', async () => {
    const { username, here, address } = await somebody();
    await forgot(username);
    await world.server.sendMails();
    const first = await linkTo(world, address, 'reset');
    letPass(HOUR);
    expect((await createBrowser().get(first)).status).toBe(410);
    await forgot(username);
    await world.server.sendMails();
    const second = await linkTo(world, address, 'reset');
    expect((await createBrowser().get(second)).status).toBe(200);
    await change(here, { others: 'keep' });
    expect((await createBrowser().get(second)).status).toBe(410);
  });

  it('never tells whether there is such an account, and mails one not more than three times an hour', async () => {
    const { username, accountId } = await somebody();
    const browser = createBrowser();
    const [known, unknown] = [await forgot(username, browser), await forgot('nobody-of-that-name', browser)];
    expect(known.status).toBe(unknown.status);
    expect(known.body.replace(/value="[^"]*"|<dd>[^<]*<\/dd>/g, '')).toBe(
      unknown.body.replace(/value="[^"]*"|<dd>[^<]*<\/dd>/g, ''),
    );
    // At once: each must be counted before the next is judged.
    await Promise.all(Array.from({ length: 8 }, () => forgot(username)));
    await world.server.sendMails();
    const mails = await world.store.mails.list({ accountId }, { limit: 20 });
    expect(mails.filter(({ kind }) => kind === 'reset')).toHaveLength(3);
  });
});
