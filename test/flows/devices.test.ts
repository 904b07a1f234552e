import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD, type Tokens } from '../support/relying-party.ts';

const MINUTE = 60 * SECOND;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** A row of `/devices` as JSON. */
interface Row {
  readonly id: string;
  readonly current: boolean;
  readonly device: string;
  readonly place: string | null;
  readonly state: 'live' | 'ended';
  readonly shared: boolean;
  readonly started_at: string;
  readonly last_seen_at: string;
  readonly ended: { at: string; reason: string; actor: string; receipt: string } | null;
  readonly apps: readonly { client_id: string; name: string; state: string; can_be_told: boolean }[];
}

interface Device {
  readonly browser: Browser;
  /** By app. */
  readonly sids: Readonly<Record<'wiki' | 'mail' | 'quiet', string>>;
}

describeFlows('the devices page', () => {
  let world: World<'wiki' | 'mail' | 'quiet'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        wiki: {},
        mail: { file: { party: 'third' } },
        quiet: { file: { backchannel_logout_uri: undefined, max_session: '8h' } },
      },
    });
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  const url = () => `${world.issuer}/devices`;
  const end = (browser: Browser, page: Page, fields: Record<string, string>) =>
    browser.submit(page, fields, { action: '/devices/end' });

  async function rowsOf(browser: Browser): Promise<readonly Row[]> {
    const answer = await browser.get(url(), { headers: { accept: 'application/json' } });
    return (JSON.parse(answer.body) as { sessions: readonly Row[] }).sessions;
  }

  async function aDevice(username: string, userAgent: string): Promise<Device> {
    const browser = createBrowser(userAgent);
    const { wiki, mail, quiet } = world.apps;
    const sid = ({ claims }: Tokens) => String(claims.sid);
    return {
      browser,
      sids: {
        wiki: sid(await wiki.signIn(browser, { username })),
        mail: sid(await mail.signIn(browser, { username })),
        quiet: sid(await quiet.signIn(browser, { username })),
      },
    };
  }

  /** Whose app sign-ins live at the provider. */
  async function livesOf(devices: readonly Device[]): Promise<readonly string[]> {
    const sids = devices.flatMap(({ sids: own }) => Object.values(own));
    const found = await Promise.all(sids.map((sid) => world.store.sessions.participation(sid)));
    return found.filter((one) => one !== undefined && one.endedAt === undefined).map((one) => String(one?.sid));
  }

  /** A person of their own with three devices, and somebody else with one: what must never be touched. */
  async function aScene(name: string) {
    await addPerson(name);
    const laptop = await aDevice(name, FIREFOX);
    const phone = await aDevice(name, IPHONE);
    const pc = await aDevice(name, CHROME);
    const other = await aDevice('bob', FIREFOX);
    const rows = await rowsOf(laptop.browser);
    const idOf = (device: string) => rows.find((row) => row.device === device)?.id ?? '';
    return {
      laptop,
      phone,
      pc,
      other,
      all: [laptop, phone, pc, other],
      page: await laptop.browser.get(url()),
      ids: { laptop: idOf('Firefox on Linux'), phone: idOf('Safari on iPhone'), pc: idOf('Chrome on Windows') },
    };
  }

  async function addPerson(username: string): Promise<void> {
    const { addAccount } = await import('../support/product.ts');
    await addAccount(world.store, username);
  }

  /** What lives afterwards, and that exactly the others' apps were told, each by its own `sid`. */
  async function expectEnded(devices: readonly Device[], before: readonly string[], dead: readonly string[]) {
    const after = await livesOf(devices);
    expect(new Set(after)).toEqual(new Set(before.filter((sid) => !dead.includes(sid))));
    for (const app of [world.apps.wiki, world.apps.mail]) {
      const wanted = devices.map(({ sids }) => sids[app.clientId as 'wiki']).filter((sid) => dead.includes(sid));
      await app.waitForSids(wanted);
      const told = app.received.map(({ claims }) => String(claims.sid));
      expect(told.filter((sid) => before.includes(sid) && !dead.includes(sid))).toEqual([]);
      expect(new Set(told).size).toBe(told.length);
    }
  }

  it('shows this one first, then by last use, by friendly names, and what each app is', async () => {
    const { laptop, page } = await aScene('carol');

    const rows = await rowsOf(laptop.browser);

    expect(rows.map(({ device, current }) => [device, current])).toEqual([
      ['Firefox on Linux', true],
      ['Chrome on Windows', false],
      ['Safari on iPhone', false],
    ]);
    expect(rows[0]).toEqual({
      id: expect.any(String),
      current: true,
      device: 'Firefox on Linux',
      place: null,
      started_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_seen_at: expect.stringMatching(/^\d{4}-.*Z$/),
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
      shared: false,
      state: 'live',
      ended: null,
      apps: [
        app('wiki', { can_be_told: true }),
        app('mail', { can_be_told: true }),
        app('quiet', { can_be_told: false, max_session: 28_800 }),
      ],
    });
    expect(page.body).toContain('Quiet keeps its own sign-in up to 8 h');
    expect(page.body).not.toContain('Mozilla');
    expect(page.headers['cache-control']).toBe('no-store');
  });

  const app = (clientId: string, more: object) => ({
    client_id: clientId,
    name: clientId[0]?.toUpperCase() + clientId.slice(1),
    since: expect.any(String),
    max_session: null,
    state: 'live',
    ...more,
  });

  it('names sessions by ids that are neither the cookie’s nor a sid', async () => {
    const { laptop, all, page } = await aScene('dora');
    const rows = await rowsOf(laptop.browser);
    const cookies = laptop.browser.cookies().map(({ value }) => value);
    const secrets = [...cookies, ...all.flatMap(({ sids }) => Object.values(sids))];

    expect(rows.map(({ id }) => id).filter((id) => secrets.some((secret) => secret.includes(id)))).toEqual([]);
    expect(secrets.filter((secret) => page.body.includes(secret))).toEqual([]);
  });

  describe('ends exactly', () => {
    it('one other session', async () => {
      const { laptop, phone, all, page, ids } = await aScene('erin');
      const before = await livesOf(all);

      const receipt = await end(laptop.browser, page, { what: 'session', session: ids.phone });

      expect(new URL(receipt.url).pathname).toMatch(/^\/logout\//);
      expect(receipt.body).toContain('href="/devices"');
      await expectEnded(all, before, Object.values(phone.sids));
      expect((await phone.browser.get(url())).url).not.toBe(url());
      expect((await laptop.browser.get(url())).url).toBe(url());
    });

    it('this session', async () => {
      const { laptop, all, page, ids } = await aScene('frank');
      const before = await livesOf(all);

      const receipt = await end(laptop.browser, page, { what: 'session', session: ids.laptop });

      expect(receipt.body).toContain('You are signed out of this device');
      await expectEnded(all, before, Object.values(laptop.sids));
      expect((await laptop.browser.get(url())).forms[0]?.fields).toHaveProperty('password');
    });

    it('one app in one session', async () => {
      const { laptop, phone, all, page, ids } = await aScene('grace');
      const before = await livesOf(all);

      const receipt = await end(laptop.browser, page, { what: 'app', session: ids.phone, client_id: 'wiki' });

      expect(receipt.body).toContain('A sign-in at Wiki has ended');
      await expectEnded(all, before, [phone.sids.wiki]);
      const row = (await rowsOf(laptop.browser)).find(({ id }) => id === ids.phone);
      expect(row?.apps.map(({ client_id: id, state }) => [id, state])).toEqual([
        ['wiki', 'told'],
        ['mail', 'live'],
        ['quiet', 'live'],
      ]);
    });

    it('one app on all devices, after its numbers', async () => {
      const { laptop, phone, pc, all, page } = await aScene('heidi');
      const before = await livesOf(all);

      const asked = await end(laptop.browser, page, { what: 'app-everywhere', client_id: 'mail' });
      const untouched = await livesOf(all);
      await laptop.browser.submit(asked);

      expect(asked.body).toContain('3 devices, 3 app sign-ins');
      expect(new Set(untouched)).toEqual(new Set(before));
      await expectEnded(
        all,
        before,
        [laptop, phone, pc].map(({ sids }) => sids.mail),
      );
    });

    it('all others, after their numbers; this one lives, with its apps and tokens', async () => {
      const { laptop, phone, pc, all, page } = await aScene('ivan');
      const before = await livesOf(all);

      const asked = await end(laptop.browser, page, { what: 'others' });
      await laptop.browser.submit(asked);

      expect(asked.body).toContain('2 devices, 6 app sign-ins');
      expect(asked.body).toContain('Quiet');
      await expectEnded(all, before, [...Object.values(phone.sids), ...Object.values(pc.sids)]);
      expect((await laptop.browser.get(url())).url).toBe(url());
      await expect(world.apps.wiki.signIn(laptop.browser, { username: 'x', password: 'x' })).resolves.toBeDefined();
    });

    it('everything, after its numbers', async () => {
      const { laptop, phone, pc, all, page } = await aScene('judy');
      const before = await livesOf(all);

      const asked = await end(laptop.browser, page, { what: 'everywhere' });
      const receipt = await laptop.browser.submit(asked);

      expect(asked.body).toContain('3 devices, 9 app sign-ins');
      expect(receipt.body).toContain('You are signed out everywhere');
      await expectEnded(
        all,
        before,
        [laptop, phone, pc].flatMap(({ sids }) => Object.values(sids)),
      );
      for (const { browser } of [laptop, phone, pc]) expect((await browser.get(url())).url).not.toBe(url());
    });
  });

  describe('ends nothing', () => {
    it('without its csrf field, or from another site', async () => {
      const { laptop, all, page, ids } = await aScene('kate');
      const before = await livesOf(all);

      const bare = await laptop.browser.post(`${url()}/end`, { what: 'session', session: ids.phone });
      const foreign = await laptop.browser.submit(
        page,
        { what: 'session', session: ids.phone },
        { action: '/devices/end', crossSite: true },
      );

      expect([bare.status, foreign.status]).toEqual([403, 403]);
      expect(await livesOf(all)).toEqual(before);
    });

    it('by a GET', async () => {
      const { laptop, all, ids } = await aScene('liam');
      const before = await livesOf(all);

      const got = await laptop.browser.get(`${url()}/end?what=session&session=${ids.phone}`);

      expect(got.status).toBe(404);
      expect(await livesOf(all)).toEqual(before);
    });

    it('of another person, or of nobody, and both look the same', async () => {
      const { laptop, all, other, page } = await aScene('mona');
      const before = await livesOf(all);
      const [theirs] = await rowsOf(other.browser);
      const answers = [];
      for (const session of [theirs?.id ?? '', 'nothing', '']) {
        answers.push(await end(laptop.browser, page, { what: 'session', session }));
        answers.push(await end(laptop.browser, page, { what: 'app', session, client_id: 'wiki' }));
      }

      expect(answers.map(({ status, url: where }) => [status, where])).toEqual(Array(6).fill([200, url()]));
      expect(await livesOf(all)).toEqual(before);
    });

    it('for a form that says nothing, or something twice', async () => {
      const { laptop, all, page } = await aScene('nick');
      const before = await livesOf(all);
      const csrf = page.forms[0]?.fields['csrf'] ?? '';

      for (const fields of [{ csrf }, { csrf, what: 'all' }, { csrf, what: ['everywhere', 'session'] }]) {
        expect((await laptop.browser.post(`${url()}/end`, fields)).status).toBe(400);
      }
      expect(await livesOf(all)).toEqual(before);
    });

    it('from the page of a session that has ended', async () => {
      const { laptop, phone, all, ids } = await aScene('olga');
      const stale = await phone.browser.get(url());
      await end(laptop.browser, await laptop.browser.get(url()), { what: 'session', session: ids.phone });
      const before = await livesOf(all);

      const late = await end(phone.browser, stale, { what: 'everywhere', confirm: 'yes' });

      expect(late.forms[0]?.fields).toHaveProperty('password');
      expect(await livesOf(all)).toEqual(before);
    });

    it('more at the second click, in a second tab, or after the back button', async () => {
      const { laptop, phone, all, page, ids } = await aScene('pete');
      const before = await livesOf(all);
      const tab = await laptop.browser.get(url());
      const fields = { what: 'session', session: ids.phone };

      const clicks = await Promise.all([end(laptop.browser, page, fields), end(laptop.browser, page, fields)]);
      const [second, back] = [await end(laptop.browser, tab, fields), await end(laptop.browser, page, fields)];

      expect(clicks.filter(({ url: where }) => where.includes('/logout/')).length).toBeGreaterThan(0);
      expect([second.url, back.url]).toEqual([url(), url()]);
      await expectEnded(all, before, Object.values(phone.sids));
    });

    it('when there is no other device: nobody is mailed, and nothing is written', async () => {
      const { laptop, page } = await aScene('rosalind');
      const fields = { what: 'others', confirm: 'yes' };
      await end(laptop.browser, page, fields);
      const accountId = await world.accountId('rosalind');
      const before = await world.store.activity.list(accountId, { kind: 'logout' }, 9);

      const again = await end(laptop.browser, page, fields);

      expect(again.url).toBe(url());
      expect(await world.store.activity.list(accountId, { kind: 'logout' }, 9)).toEqual(before);
      expect((await world.store.mails.list({ accountId }, { limit: 9 })).map(({ kind }) => kind).toSorted()).toEqual([
        'new-device',
        'new-device',
        'signed-out-everywhere',
      ]);
    });
  });

  describe('what has ended', () => {
    it('stays for seven days, with its cause, who did it, and a receipt for its owner only', async () => {
      const { laptop, other, page, ids } = await aScene('quinn');
      await end(laptop.browser, page, { what: 'session', session: ids.phone });

      const rows = await rowsOf(laptop.browser);
      const { ended } = rows.at(-1) as Row;
      const receipt = await laptop.browser.get(`${world.issuer}${ended?.receipt}`);
      const strangers = [createBrowser(), other.browser];

      expect(rows.map(({ state }) => state)).toEqual(['live', 'live', 'ended']);
      expect(ended).toEqual({
        at: expect.any(String),
        reason: 'user',
        actor: 'user',
        receipt: expect.stringMatching(/^\/logout\//),
      });
      expect(receipt.body).toContain('Wiki');
      for (const stranger of strangers)
        expect((await stranger.get(`${world.issuer}${ended?.receipt}`)).status).toBe(404);
      expect((await laptop.browser.get(url())).body).toContain('Signed out by you');
      letPass(7 * 24 * 60 * MINUTE + MINUTE);
      const later = createBrowser();
      await world.apps.wiki.signIn(later, { username: 'quinn' });
      expect((await rowsOf(later)).filter(({ id }) => id === ids.phone)).toEqual([]);
    });

    it('has a receipt that says how its owner finds it again, and nothing of the device that it is looked at on', async () => {
      const { laptop, phone, ids } = await aScene('rupert');
      await phone.browser.submit(await phone.browser.get(url()), {}, { action: '/devices/end' });

      const { ended } = (await rowsOf(laptop.browser)).find(({ id }) => id === ids.phone) as Row;
      const receipt = await laptop.browser.get(`${world.issuer}${ended?.receipt}`);

      expect(receipt.body).toContain('This sign-in has ended');
      for (const href of ['/devices', '/activity']) expect(receipt.body).toContain(`href="${href}"`);
      for (const untrue of ['this device', '24 hours', 'Done']) expect(receipt.body).not.toContain(untrue);
    });

    it('says why when nobody asked for it', async () => {
      const { laptop } = await aScene('rosa');
      letPass(12 * 60 * MINUTE + MINUTE);
      await world.server.sweep();
      const later = createBrowser(CHROME);
      await world.apps.wiki.signIn(later, { username: 'rosa' });

      const ended = (await rowsOf(later)).filter(({ state }) => state === 'ended');

      expect(ended.map((row) => row.ended?.reason)).toEqual(['idle', 'idle', 'idle']);
      expect(ended.map((row) => row.ended?.actor)).toEqual(['system', 'system', 'system']);
      expect((await laptop.browser.get(url())).url).not.toBe(url());
    });
  });

  describe('a name', () => {
    const rename = (browser: Browser, page: Page, session: string, name: string) =>
      browser.submit(page, { session, name }, { action: '/devices/name' });

    it('is given, kept for the next sign-in of that browser, and taken back', async () => {
      const { laptop, phone, page, ids } = await aScene('sara');

      const named = await rename(laptop.browser, page, ids.phone, '  Mum’s <b>phone\u202e ');
      await end(laptop.browser, named, { what: 'session', session: ids.phone });
      await world.apps.wiki.signIn(phone.browser, { username: 'sara' });
      const [again] = await rowsOf(phone.browser);
      await rename(laptop.browser, named, again?.id ?? '', '');

      expect(named.url).toBe(url());
      expect(named.body).toContain('Mum’s &lt;b&gt;phone');
      expect(again?.device).toBe('Mum’s <b>phone');
      expect((await rowsOf(phone.browser))[0]?.device).toBe('Safari on iPhone');
    });

    it('of another person’s device, or a longer one, changes nothing', async () => {
      const { laptop, other, page } = await aScene('tina');
      const [theirs] = await rowsOf(other.browser);
      const own = (await rowsOf(laptop.browser))[0]?.id ?? '';

      const foreign = await rename(laptop.browser, page, theirs?.id ?? '', 'Mine');
      const long = await rename(laptop.browser, page, own, 'x'.repeat(61));
      const full = await rename(laptop.browser, page, own, '💻'.repeat(60));

      expect([foreign.status, foreign.url, long.status]).toEqual([200, url(), 400]);
      expect((await rowsOf(other.browser))[0]?.device).toBe('Firefox on Linux');
      expect([full.status, (await rowsOf(laptop.browser))[0]?.device]).toEqual([200, '💻'.repeat(60)]);
    });
  });

  it('says that a computer is shared', async () => {
    await addPerson('uma');
    const browser = createBrowser();
    const sign = { username: 'uma', password: PASSWORD, shared: 'on' };

    const page = await browser.submit(await browser.get(url()), sign);

    expect(page.body).toContain('Shared computer');
    expect((await rowsOf(browser))[0]?.shared).toBe(true);
  });
});
