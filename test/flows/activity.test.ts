import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { settledAt } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';
import { tryPassword } from '../support/try-password.ts';

const NAMES = ['id', 'at', 'kind', 'actor', 'session', 'device', 'place', 'client_id', 'reason', 'receipt', 'detail'];
const JSON_PLEASE = { headers: { accept: 'application/json' } };

interface EventJson {
  readonly [name: string]: unknown;
  readonly kind: string;
}

describeFlows('the activity of an account', () => {
  let world: World<'wiki' | 'guest'>;
  let browser: Browser;
  let accountId = '';

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: { file: { party: 'first' } }, guest: { file: { party: 'third' } } } });
    accountId = await addAccount(world.store, 'mira');
    browser = createBrowser();
    for (const password of ['wrong', 'wrong again']) await tryPassword(world.apps.wiki, 'mira', password);
    await world.apps.wiki.signIn(browser, { username: 'mira' });
    await world.apps.guest.signIn(browser, { username: 'mira' });
    const phone = createBrowser('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1');
    const { claims } = await world.apps.wiki.signIn(phone, { username: 'mira' });
    const participation = await world.store.sessions.participation(claims.sid);
    await world.server.endSessions(
      { kind: 'session', uid: participation?.sessionUid ?? '' },
      { reason: 'operator', actor: { kind: 'operator' } },
    );
    await settledAt(world, world.apps.wiki);
  });
  afterAll(() => world.stop());

  const look = async (query = ''): Promise<{ events: readonly EventJson[]; next: string | null }> =>
    JSON.parse((await browser.get(`${world.issuer}/activity${query}`, JSON_PLEASE)).body);

  it('says what happened, newest first, each with every name', async () => {
    const { events, next } = await look();
    expect(next).toBeNull();
    for (const event of events) expect(Object.keys(event)).toEqual(NAMES);
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(['consent', 'failed', 'logout', 'sign-in', 'sign-in']);
    expect(events[0]).toMatchObject({
      kind: 'logout',
      actor: 'operator',
      reason: 'operator',
      device: expect.stringContaining('iPhone'),
      detail: { target: 'session', apps: { told: 1, trying: 0 } },
    });
    expect(events.find(({ kind }) => kind === 'failed')).toMatchObject({ actor: 'user', detail: { count: 2 } });
    expect(events.find(({ kind }) => kind === 'consent')).toMatchObject({ client_id: 'guest', actor: 'user' });
    expect(events.filter(({ kind }) => kind === 'sign-in').map((event) => event['client_id'])).toEqual([
      'wiki',
      'wiki',
    ]);
  });

  it('links to the receipt of a logout, for its owner alone', async () => {
    const { events } = await look('?kind=logout');
    const receipt = `${world.issuer}${events[0]?.['receipt']}`;
    expect((await browser.get(receipt)).status).toBe(200);
    const bob = createBrowser();
    await world.apps.wiki.signIn(bob, { username: 'bob' });
    expect((await bob.get(receipt)).status).toBe(404);
  });

  it('shows one kind, and refuses what is none', async () => {
    expect((await look('?kind=failed')).events.map(({ kind }) => kind)).toEqual(['failed']);
    expect((await look('?kind=')).events).toHaveLength(5);
    for (const query of ['?kind=nothing', '?after=nothing']) {
      expect((await browser.get(`${world.issuer}/activity${query}`)).status).toBe(400);
    }
  });

  it('comes in pages of 50, and as one file of lines', async () => {
    const signIns = Array.from({ length: 120 }, (_, n) => ({
      id: `old-${n}`,
      accountId,
      at: 1_000_000 + n,
      kind: 'name' as const,
      actor: 'user' as const,
      session: undefined,
      device: undefined,
      place: undefined,
      clientId: undefined,
      reason: undefined,
      logoutId: undefined,
      detail: undefined,
    }));
    await world.store.mails.post({ events: signIns, mails: [] });
    const sizes: number[] = [];
    const seen = new Set<unknown>();
    for (let next: string | null = ''; next !== null; ) {
      const page = await look(next === '' ? '' : `?after=${encodeURIComponent(next)}`);
      sizes.push(page.events.length);
      for (const event of page.events) seen.add(event['id']);
      next = page.next;
    }
    expect([sizes, seen.size]).toEqual([[50, 50, 25], 125]);
    const file = await browser.get(`${world.issuer}/activity?download`);
    expect(file.headers['content-disposition']).toMatch(/^attachment; filename="activity-[\d-]+\.jsonl"$/);
    const lines = file.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(125);
    expect(Object.keys(lines[0])).toEqual(NAMES);
  });

  it('is a page for people, with everything said in words', async () => {
    const { body, status } = await browser.get(`${world.issuer}/activity`);
    expect(status).toBe(200);
    // Whoever it was: nobody says that it was "by you".
    expect(body).toMatch(/2 tries to sign in failed<\/h2>\s*<p[^>]*><time[^>]*>[^<]*<\/time> · Firefox on Linux/u);
    expect(body).toContain('An operator ended it.');
    expect(body).toContain('href="/logout/');
  });

  it("is nobody else's", async () => {
    const bob = createBrowser();
    await world.apps.wiki.signIn(bob, { username: 'bob' });
    const { events } = JSON.parse((await bob.get(`${world.issuer}/activity`, JSON_PLEASE)).body);
    expect(events.every((event: EventJson) => event.kind === 'sign-in')).toBe(true);
    const stranger = await createBrowser().get(`${world.issuer}/activity`, { ...JSON_PLEASE, follow: false });
    expect(stranger.status).toBe(401);
  });
});
