import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, createBrowser } from '../support/browser.ts';
import { signIn } from '../support/builders.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const SESSIONS = 1_000;
const LONG_MS = 120_000;

describeFlows('an account with 1,000 sessions', () => {
  let world: World<'wiki'>;
  let browser: Browser;
  let accountId: string;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    accountId = await addAccount(world.store, 'robot');
    const now = Date.now();
    for (let n = 0; n < SESSIONS; n += 1) {
      await signIn(world.store, { accountId, clients: ['wiki'], at: now - n, deviceKey: `device-${n}` });
    }
    browser = createBrowser();
    await world.apps.wiki.signIn(browser, { username: 'robot' });
  }, LONG_MS);
  afterAll(() => world.stop());

  const url = () => `${world.issuer}/devices`;

  it('is shown 50 at a time, each session once, this one first', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const address: string = `${url()}${next && `?after=${next}`}`;
      const answer = await browser.get(address, { headers: { accept: 'application/json' } });
      const page = JSON.parse(answer.body) as { sessions: { id: string; current: boolean }[]; next: string | null };
      expect(page.sessions.length).toBeLessThanOrEqual(50);
      expect(page.sessions.filter(({ current }) => current)).toHaveLength(seen.length === 0 ? 1 : 0);
      seen.push(...page.sessions.map(({ id }) => id));
      next = page.next;
    }

    expect(seen).toHaveLength(SESSIONS + 1);
    expect(new Set(seen).size).toBe(SESSIONS + 1);
  });

  it('takes no more than 50 ms of server time for a page', async () => {
    for (let n = 0; n < 10; n += 1) expect((await browser.get(url())).status).toBe(200);

    const lines = world.logged.filter((line) => line.event === 'request.served' && line['path'] === '/devices');
    const fastest = Math.min(...lines.slice(-10).map((line) => Number(line['ms'])));
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(fastest).toBeLessThanOrEqual(50);
  });

  it(
    'ends as one: every session is dead when the answer is there, walked or not, and every app sign-in is told',
    async () => {
      const views = await world.store.sessions.list({ accountId, state: 'live' }, { limit: SESSIONS + 1 });
      const page = await browser.submit(await browser.get(url()), { what: 'everywhere' }, { action: '/devices/end' });

      const answer = await browser.submit(page, {}, { follow: false });
      const alive = await Promise.all(views.map(({ session }) => world.store.sessions.findByUid(session.uid)));

      expect(page.body).toContain('1,001 devices, 1,001 app sign-ins');
      expect(answer.status).toBe(303);
      expect(alive.filter((one) => one !== undefined)).toEqual([]);
      await world.apps.wiki.waitForTokens(SESSIONS + 1, LONG_MS);
    },
    LONG_MS,
  );
});
