/** What the API says about an app: what would happen there, why it was or was not told, and how it does. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deliveriesTo, eventually, settledAt } from '../spec/scene.ts';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('the API, asked about an app', () => {
  let world: World<'wiki' | 'sick' | 'mute'>;
  let call: ReturnType<typeof apiClient>;
  let logoutId: string;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, sick: { behaviour: '500' }, mute: { file: { backchannel_logout_uri: undefined } } },
      settings: { SIGNOFF_RETRY_FIRST: '50ms', SIGNOFF_RETRY_MAX: '1h' },
    });
    call = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('bob'), 'support'));
    const browser = createBrowser();
    for (const app of Object.values(world.apps)) await app.signIn(browser);
    const sessions = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('alice'), 'support'));
    const ended = await sessions('/logouts', { body: { account: 'alice', wait: '200ms' } });
    logoutId = ended.json.logout_id;
    await settledAt(world, world.apps.wiki);
    await eventually(async () => (await deliveriesTo(world, world.apps.sick))[0]?.lastStatus === 500);
  });
  afterAll(() => world.stop());

  const explain = async (body: object) => call('/explain', { body });

  describe('explains', () => {
    it('every row of the policy table, in words and as facts', async () => {
      await world.apps.wiki.signIn(createBrowser());
      const { status, json } = await explain({ client: 'wiki', account: 'alice' });
      expect([status, json]).toMatchObject([
        200,
        {
          client: { client_id: 'wiki', state: 'active', can_be_told: true },
          account: { username: 'alice', sessions: 1, apps: 1, sessions_with_this_app: 1 },
        },
      ]);
      expect(json.rows).toHaveLength(11);
      const one = await explain({ client: 'wiki', request: { asking: 'foreign-hint' } });
      expect(one.json).toMatchObject({
        account: null,
        rows: [
          { asking: 'foreign-hint', decision: 'ask', redirects: false, sentence: expect.stringMatching(/^Asks; /) },
        ],
      });
    });

    it('why an app was told, and why another was not', async () => {
      const of = async (client: string) => (await explain({ logout: logoutId, client })).json;
      const wiki = await of('wiki');
      expect(wiki).toMatchObject({ why: null, deliveries: [{ state: 'told', why: 'It was told: it answered 200.' }] });
      expect(await of('sick')).toMatchObject({ deliveries: [{ state: 'trying', last_status: 500 }] });
      expect(await of('mute')).toMatchObject({ deliveries: [{ state: 'cannot-be-told', told_at: null }] });
      expect(await of('nobody')).toMatchObject({ deliveries: [], why: 'There is no app nobody.' });
      const [{ id }] = wiki.deliveries;
      expect((await explain({ delivery: id })).json).toEqual(wiki.deliveries[0]);
    });

    it('what it was not asked, by its name', async () => {
      const answers = await Promise.all([
        explain({}),
        explain({ delivery: 'x', client: 'wiki' }),
        explain({ logout: logoutId, client: 'wiki', account: 'alice' }),
        explain({ client: 'wiki', request: { asking: 'nicely' } }),
        explain({ client: 'nobody' }),
        explain({ client: 'wiki', account: 'nobody' }),
        explain({ delivery: 'x' }),
        explain({ logout: 'x', client: 'wiki' }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 404, 404, 404, 404]);
    });
  });

  describe('says of its health', () => {
    it('how often and how fast it answers, and how many rows that was read from', async () => {
      const { status, json } = await call('/clients/wiki/health');
      expect([status, json]).toMatchObject([
        200,
        {
          client_id: 'wiki',
          breaker: { state: 'closed', failures: 0, next_try_at: null },
          looked_at: { deliveries: 1, attempts: 1, all: true },
          counts: { told: 1, trying: 0 },
          success_rate: 1,
          oldest_waiting_at: null,
        },
      ]);
      expect(json.ms.p99).toBeGreaterThanOrEqual(json.ms.p50);
    });

    it('that it is left alone, and since when somebody waits', async () => {
      const health = async () => (await call('/clients/sick/health')).json;
      await eventually(async () => (await health()).breaker.state === 'open');
      const { breaker, counts, success_rate, oldest_waiting_at } = await health();
      expect(breaker.failures).toBeGreaterThanOrEqual(3);
      expect([counts, success_rate]).toMatchObject([{ trying: 1 }, 0]);
      expect(Date.parse(oldest_waiting_at)).toBeLessThanOrEqual(Date.now());
    });

    it('nothing of one that cannot be told, and 404 of one that is not there', async () => {
      const { json } = await call('/clients/mute/health');
      expect(json).toMatchObject({ told_at: null, counts: { cannot_be_told: 1 }, success_rate: null, ms: null });
      expect((await call('/clients/nobody/health')).status).toBe(404);
    });
  });
});
