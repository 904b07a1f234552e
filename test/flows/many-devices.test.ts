import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, createBrowser } from '../support/browser.ts';
import { signIn } from '../support/builders.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const SESSIONS = 1_000;
const A_PAGE = 50;
const LONG_MS = 120_000;

describeFlows('an account with 1,000 sessions', () => {
  let world: World<'wiki'>;
  let browser: Browser;
  let accountId: string;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    accountId = await addAccount(world.store, 'robot');
    await fill(accountId, SESSIONS);
    browser = await signedIn('robot');
  }, LONG_MS);
  afterAll(() => world.stop());

  const url = () => `${world.issuer}/devices`;

  async function fill(account: string, sessions: number): Promise<void> {
    const now = Date.now();
    for (let n = 0; n < sessions; n += 1) {
      await signIn(world.store, { accountId: account, clients: ['wiki'], at: now - n, deviceKey: `device-${n}` });
    }
  }

  async function signedIn(username: string): Promise<Browser> {
    const one = createBrowser();
    await world.apps.wiki.signIn(one, { username });
    return one;
  }

  it('is shown 50 at a time, each session once, this one first', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const address: string = `${url()}${next && `?after=${next}`}`;
      const answer = await browser.get(address, { headers: { accept: 'application/json' } });
      const page = JSON.parse(answer.body) as { sessions: { id: string; current: boolean }[]; next: string | null };
      expect(page.sessions.length).toBeLessThanOrEqual(A_PAGE);
      expect(page.sessions.filter(({ current }) => current)).toHaveLength(seen.length === 0 ? 1 : 0);
      seen.push(...page.sessions.map(({ id }) => id));
      next = page.next;
    }

    expect(seen).toHaveLength(SESSIONS + 1);
    expect(new Set(seen).size).toBe(SESSIONS + 1);
  });

  it('takes the server no longer for a page than an account whose sessions are one page', async () => {
    await fill(await addAccount(world.store, 'person'), A_PAGE - 1);
    const withOnePage = await signedIn('person');
    const fastest = new Map<Browser, number>();

    // In turns, so that a busy machine is busy for both.
    for (let n = 0; n < 10; n += 1) {
      for (const one of [browser, withOnePage]) {
        expect((await one.get(url())).status).toBe(200);
        const served = world.logged.findLast((line) => line.event === 'request.served' && line['path'] === '/devices');
        fastest.set(one, Math.min(fastest.get(one) ?? Number.POSITIVE_INFINITY, Number(served?.['ms'])));
      }
    }

    expect(fastest.get(browser)).toBeLessThanOrEqual(2 * (fastest.get(withOnePage) ?? 0));
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
