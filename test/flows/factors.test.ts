import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { addTotp as addTotpAt, keyOn, recoveryCodesOn } from '../support/authenticator-app.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { mailsTo } from '../support/mails.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const MINUTE = 60 * SECOND;

describeFlows("the page of one's passkeys and codes", () => {
  let world: World<'wiki'>;
  let count = 0;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  const base = () => `${world.issuer}/account/factors`;
  const kept = async (username: string) => world.store.credentials.ofAccount(await world.accountId(username));

  /** A person of their own, signed in here and on another device. */
  async function somebody(): Promise<{ username: string; browser: Browser; other: Browser }> {
    count += 1;
    const username = `person${count}`;
    await addAccount(world.store, username);
    const [browser, other] = [createBrowser(), createBrowser('a phone')];
    for (const one of [browser, other]) await world.apps.wiki.signIn(one, { username });
    return { username, browser, other };
  }

  async function addTotp(browser: Browser, more: Record<string, string> = {}): Promise<Page> {
    return (await addTotpAt(browser, world.issuer, more)).page;
  }

  const isIn = async (browser: Browser) => !(await browser.get(world.issuer)).body.includes('You are not signed in');

  it('strangers sign in first and come back', async () => {
    const page = await createBrowser().get(base());
    expect(page.body).toContain('name="username"');
  });

  it('adds an authenticator app, shows ten codes once, and leaves the other devices alone', async () => {
    const { username, browser, other } = await somebody();
    const shown = await addTotp(browser);
    expect(recoveryCodesOn(shown)).toHaveLength(10);
    expect(await kept(username)).toMatchObject({ list: [{ kind: 'totp', name: 'Phone' }], recoveryCodes: 10 });
    const page = await browser.get(base());
    expect([page.body.includes('Phone'), page.body.includes('10 codes are left.')]).toEqual([true, true]);
    expect(page.body).not.toMatch(/<code>/u);
    expect([await isIn(browser), await isIn(other)]).toEqual([true, true]);
  });

  it('mails its owner what was added, made anew or taken away, and how to say that it was somebody else', async () => {
    const { username, browser } = await somebody();
    await addTotp(browser);
    await browser.submit(await browser.get(base()), {}, { action: '/codes' });
    const asked = await browser.submit(await browser.get(base()), {}, { action: '/remove' });
    await browser.submit(asked, { decision: 'remove' });
    const mails = await mailsTo(world, `${username}@example.test`);
    const told = mails.filter(({ subject }) => subject.startsWith('How you sign in'));
    const sentences = [
      '"Phone" now proves that it is you.',
      'New recovery codes were made for your account.',
      '"Phone" does not prove any more that it is you.',
    ];
    expect(told).toHaveLength(sentences.length);
    for (const sentence of sentences) {
      expect(told.filter(({ text }) => text.replace(/\s+/gu, ' ').includes(sentence))).toHaveLength(1);
    }
    expect(told.every(({ links }) => links.some((link) => link.includes('/not-me/')))).toBe(true);
  });

  it('ends the other devices with it where that is wished; their apps hear of it', async () => {
    const { browser, other } = await somebody();
    const before = world.apps.wiki.received.length;
    await addTotp(browser, { others: 'end' });
    expect([await isIn(browser), await isIn(other)]).toEqual([true, false]);
    await world.apps.wiki.waitForTokens(before + 1);
  });

  it('takes it away, the recovery codes with the last, and says so in the activity', async () => {
    const { username, browser, other } = await somebody();
    await addTotp(browser);
    const [credential] = (await kept(username)).list;
    const asked = await browser.submit(await browser.get(base()), {}, { action: '/remove' });
    expect(asked.body).toContain('It is the last one');
    const done = await browser.submit(asked, { decision: 'remove' }, { action: '/remove' });
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//u);
    expect(await kept(username)).toEqual({ list: [], recoveryCodes: 0 });
    expect([await isIn(browser), await isIn(other)]).toEqual([true, false]);
    const id = await world.accountId(username);
    const events = await world.store.activity.list(id, { kind: 'credential' }, 10);
    expect(events.map(({ detail }) => detail)).toEqual([
      { change: 'removed', kind: 'totp', name: credential?.name },
      { change: 'added', kind: 'totp', name: 'Phone' },
    ]);
    expect(await world.store.activity.list(id, { kind: 'password' }, 10)).toEqual([]);
  });

  it('asks for the password again where the last one is too old, and goes on with what was asked for', async () => {
    const { username, browser } = await somebody();
    letPass(16 * MINUTE);
    const asked = await browser.submit(await browser.get(base()), {}, { action: '/totp' });
    expect(asked.forms[0]?.fields).toHaveProperty('password');
    const page = await browser.submit(asked, { password: world.password }, { action: '/totp' });
    expect(keyOn(page)).not.toBe('');
    expect((await kept(username)).list).toEqual([]);
  });

  it('renames; makes new codes in the place of the old', async () => {
    const { username, browser } = await somebody();
    await addTotp(browser);
    await browser.submit(await browser.get(base()), { name: ' Old\u202e  phone ' }, { action: '/name' });
    expect((await kept(username)).list).toMatchObject([{ name: 'Old phone' }]);
    const codes = await browser.submit(await browser.get(base()), {}, { action: '/codes' });
    expect(recoveryCodesOn(codes)).toHaveLength(10);
  });

  it("touches nobody else's", async () => {
    const [alice, mallory] = [await somebody(), await somebody()];
    await addTotp(alice.browser);
    await addTotp(mallory.browser);
    const [theirs] = (await kept(alice.username)).list;
    const page = await mallory.browser.get(base());
    for (const action of ['/name', '/remove']) {
      const fields = { id: theirs?.id ?? '', name: 'Mine', decision: 'remove' };
      await mallory.browser.submit(page, fields, { action });
    }
    expect((await kept(alice.username)).list).toEqual([theirs]);
  });
});
