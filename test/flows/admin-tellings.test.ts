/** What was ended and who was told of it, at the pages of operators: lists, one of each, why not, and sent again. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { anOperator, groupsOn, type OperatorAtWork, wordsOf } from '../support/operators.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('tellings at the pages of operators', () => {
  let world: World<'wiki' | 'shop' | 'down' | 'pay'>;
  let support: OperatorAtWork;
  let operator: OperatorAtWork;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        wiki: {},
        shop: { behaviour: '400' },
        down: { behaviour: '500' },
        pay: { file: { backchannel_logout_uri: undefined } },
      },
    });
    support = await anOperator(world, 'support');
    operator = await anOperator(world, 'operator');
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  let people = 0;
  /** Somebody new, signed in at these apps, and signed off by an operator; answers when the apps have answered. */
  async function somebodySignedOff(apps: readonly (keyof World<'wiki' | 'shop' | 'down' | 'pay'>['apps'])[]) {
    people += 1;
    const username = `person-${people}`;
    const accountId = await addAccount(world.store, username);
    const browser = createBrowser();
    for (const app of apps) await world.apps[app].signIn(browser, { username });
    const ended = await world.server.endSessions(
      { kind: 'account', accountId },
      { reason: 'operator', actor: { kind: 'operator', id: support.accountId } },
    );
    if (ended.kind === 'nothing') throw new Error('nobody was signed in');
    const id = ended.logout.id;
    await eventually(async () =>
      (await deliveries(id)).every(({ attempts, state }) => attempts > 0 || state !== 'trying'),
    );
    return { username, accountId, id, path: `/logouts/${id}` };
  }
  const deliveries = (logoutId: string) => world.store.deliveries.list({ logoutId }, { limit: 50 });
  async function deliveryTo(clientId: string, logoutId: string) {
    const found = (await deliveries(logoutId)).find((one) => one.clientId === clientId);
    if (!found) throw new Error(`no delivery to ${clientId}`);
    return found;
  }
  const settled = (id: string, state: string) =>
    eventually(async () => (await world.store.deliveries.find(id))?.state === state);
  const lastRow = async () => (await world.store.audit.list({}, 1))[0];

  describe('logouts', () => {
    it('are listed with who, what, why, when and how far, and filtered by account and time', async () => {
      const { username, accountId, id } = await somebodySignedOff(['wiki']);
      await somebodySignedOff(['wiki']);
      const all = await support.at('/logouts');
      expect(groupsOn(all)).toContain('[Logouts]');
      const own = await support.at(`/logouts?account=${username}`);
      expect(wordsOf(own)).toMatch(/An operator ended it just now person-\d+ all sessions \S+ 1 All ended/u);
      const links = [...own.body.matchAll(/href="\/admin\/logouts\/([^"?/]+)"/gu)].map(([, each]) => each);
      expect(links).toEqual([id]);
      expect(own.body).toContain(`href="/admin/people/${accountId}"`);
      expect(own.body).toContain(`href="/admin/people/${support.accountId}"`);
      const later = await support.at(`/logouts?account=${username}&since=2999-01-01T00:00:00Z`);
      expect(wordsOf(later)).toContain('No logout matches.');
      expect(wordsOf(await support.at(`/logouts?account=${username}&state=walking`))).toContain('No logout matches.');
      const wrong = await support.at('/logouts?since=yesterday');
      expect([wrong.status, wordsOf(wrong)]).toEqual([422, expect.stringContaining('since must be an instant')]);
    });

    it('one says why, by whom, and how each app took it, those that were not told first', async () => {
      const { id, path } = await somebodySignedOff(['wiki', 'shop', 'down', 'pay']);
      await settled((await deliveryTo('shop', id)).id, 'refused');
      const page = await support.at(path);
      const said = wordsOf(page);
      expect(said).toContain('An account was signed off');
      expect(said).toContain('All of it has ended. Some apps do not know yet, and are tried again.');
      expect(said).toMatch(
        /shop Refused 1 Answered 400 – .*down Trying 1 Answered 500 .*pay Cannot be told 1 – .*wiki Told 1 Answered 200/u,
      );
      expect(said).toMatch(/Why An operator ended it When just now By /u);
      expect(page.body).toContain(`href="/admin/deliveries/${(await deliveryTo('shop', id)).id}"`);
    });

    it('one is followed by its event stream, which holds numbers and no names', async () => {
      const { path, username, accountId } = await somebodySignedOff(['wiki']);
      const page = await support.at(`${path}/events`);
      expect(page.headers['content-type']).toContain('text/event-stream');
      expect(page.body).toContain('"state":"settled"');
      expect(page.body).not.toMatch(new RegExp(`${username}|${accountId}|wiki`, 'u'));
    });

    it('says of any app why it was, or was not, told', async () => {
      const { path } = await somebodySignedOff(['wiki', 'pay']);
      const explained = async (app: string) => wordsOf(await support.at(`${path}?app=${encodeURIComponent(app)}`));
      expect(await explained('pay')).toContain(
        'pay: It cannot be told: its client file names no backchannel_logout_uri.',
      );
      expect(await explained('wiki')).toContain('wiki: It was told: it answered 200.');
      expect(await explained('shop')).toContain('shop was not told, because it was in none of the sign-ins');
      expect(await explained('<i>')).toContain('There is no app &lt;i&gt;.');
    });

    it('are files to keep: the report of the command line, and who was not told', async () => {
      const { id, path, accountId } = await somebodySignedOff(['wiki', 'shop', 'pay']);
      await settled((await deliveryTo('shop', id)).id, 'refused');
      const report = await support.at(`${path}/report.json`);
      expect(report.headers['content-disposition']).toContain('logout.json');
      expect(JSON.parse(report.body)).toMatchObject({
        logout_id: id,
        counts: { told: 1, refused: 1, cannot_be_told: 1 },
      });
      const untold = await support.at(`${path}/untold.jsonl`);
      expect(untold.headers['content-disposition']).toContain('untold.jsonl');
      const rows = untold.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(rows).toEqual([
        expect.objectContaining({ client_id: 'shop', account_id: accountId, state: 'refused', last_status: 400 }),
        expect.objectContaining({ client_id: 'pay', account_id: accountId, state: 'cannot-be-told' }),
      ]);
    });

    it('that are not there are a page with a way back, at every address', async () => {
      for (const path of ['', '/events', '/report.json', '/untold.jsonl']) {
        expect((await support.at(`/logouts/nothing${path}`)).status).toBe(404);
      }
    });
  });

  describe('deliveries', () => {
    it('are listed and filtered by app, account, logout, state and time', async () => {
      const { username, id } = await somebodySignedOff(['wiki', 'pay']);
      const shown = async (query: string) => {
        const { body } = await support.at(`/deliveries?${query}`);
        return [...body.matchAll(/href="\/admin\/deliveries\/[^"]*">(?:<bdi>)?([^<]*)</gu)]
          .map(([, app]) => app)
          .toSorted();
      };
      expect(await shown(`logout=${id}`)).toEqual(['pay', 'wiki']);
      expect(await shown(`account=${username}&client=wiki`)).toEqual(['wiki']);
      expect(await shown(`logout=${id}&state=cannot-be-told`)).toEqual(['pay']);
      expect(await shown(`logout=${id}&since=2999-01-01T00:00:00Z`)).toEqual([]);
      expect(await shown(`logout=${id}&until=2999-01-01T00:00:00Z`)).toEqual(['pay', 'wiki']);
    });

    it('one says first, in plain words, why the app was not told, then each try with its answer', async () => {
      const { id } = await somebodySignedOff(['shop']);
      const { id: delivery } = await deliveryTo('shop', id);
      await settled(delivery, 'refused');
      const page = await support.at(`/deliveries/${delivery}`);
      const said = wordsOf(page);
      expect(said).toMatch(/shop was not told .*It was not told: it answered 400, and a fresh token changed nothing/u);
      expect(said.match(/Answered 400 \d+ ms/gu)).toHaveLength(3);
      expect(said).not.toContain('deliveries retry');
      expect(page.body).not.toContain('/retry"');
      expect((await support.at('/deliveries/nothing')).status).toBe(404);
    });

    it('one is sent again by an operator, and the audit says so', async () => {
      const { id } = await somebodySignedOff(['shop']);
      const { id: delivery } = await deliveryTo('shop', id);
      await settled(delivery, 'refused');
      world.apps.shop.behaviour = 'ok';
      const page = await operator.at(`/deliveries/${delivery}`);
      const done = await operator.send(page, '/retry');
      expect(wordsOf(done)).toContain('It is being sent again.');
      await settled(delivery, 'told');
      world.apps.shop.behaviour = '400';
      expect(await lastRow()).toMatchObject({
        action: 'deliveries.replay',
        subject: `delivery ${delivery}`,
        actor: { id: operator.accountId },
      });
      const after = await operator.at(`/deliveries/${delivery}`);
      expect(wordsOf(after)).toContain('shop was told');
      expect(after.body).not.toContain('/retry"');
    });

    it('many are sent again: counted first, nothing is sent before the yes', async () => {
      const one = await somebodySignedOff(['shop', 'wiki']);
      const { id: delivery } = await deliveryTo('shop', one.id);
      await settled(delivery, 'refused');
      world.apps.shop.behaviour = 'ok';
      const list = await operator.at(`/deliveries?client=shop&account=${one.username}`);
      const replay = list.forms.find(({ action }) => action.endsWith('/replay'));
      expect(replay?.fields).toMatchObject({ client: 'shop', account: one.username });
      const asked = await operator.send(list, '/replay', { 'state:refused': 'yes' });
      expect(wordsOf(asked)).toContain('1 delivery to 1 app: shop.');
      expect((await world.store.deliveries.find(delivery))?.state).toBe('refused');
      const done = await operator.browser.submit(asked, { reason: 'shop was mended' });
      expect(wordsOf(done)).toContain('They are being sent again.');
      await settled(delivery, 'told');
      world.apps.shop.behaviour = '400';
      expect(await lastRow()).toMatchObject({
        action: 'deliveries.replay',
        subject: 'client shop',
        reason: 'shop was mended',
      });
      const none = await operator.send(list, '/replay', { 'state:refused': 'yes' });
      expect(wordsOf(none)).toContain('There is nothing to send again');
    });

    it('of everything is asked to say which, beside the form', async () => {
      const asked = await operator.send(await operator.at('/deliveries'), '/replay');
      expect([asked.status, wordsOf(asked)]).toEqual([422, expect.stringContaining('Say which: id, logout, client')]);
    });

    it('support does not send again', async () => {
      const { id } = await somebodySignedOff(['shop']);
      const { id: delivery } = await deliveryTo('shop', id);
      await settled(delivery, 'refused');
      const list = await support.at('/people');
      const csrf = list.forms.find(({ fields }) => 'csrf' in fields)?.fields['csrf'] ?? (await csrfOf(support));
      for (const path of [`/deliveries/${delivery}/retry`, '/deliveries/replay']) {
        const sent = await support.browser.post(`${world.issuer}/admin${path}`, {
          csrf,
          client: 'shop',
          confirm: 'yes',
        });
        expect(sent.status).toBe(403);
      }
      expect((await world.store.deliveries.find(delivery))?.state).toBe('refused');
      expect((await support.at('/deliveries')).body).not.toContain('/replay');
    });

    it('are not sent by a form of somewhere else', async () => {
      const sent = await operator.browser.post(`${world.issuer}/admin/deliveries/replay`, {
        client: 'shop',
        confirm: 'yes',
      });
      expect(sent.status).toBe(403);
    });

    it('a retry asks for the password after fifteen minutes', async () => {
      const { id } = await somebodySignedOff(['shop']);
      const { id: delivery } = await deliveryTo('shop', id);
      await settled(delivery, 'refused');
      const page = await operator.at(`/deliveries/${delivery}`);
      letPass(16 * 60 * SECOND);
      const stepUp = await operator.send(page, '/retry');
      expect(stepUp.forms[0]?.fields).toHaveProperty('password', '');
      expect((await world.store.deliveries.find(delivery))?.state).toBe('refused');
    });
  });

  /** Of any page with a form. */
  async function csrfOf({ at, accountId }: OperatorAtWork): Promise<string> {
    return (await at(`/people/${accountId}`)).forms.find(({ fields }) => 'csrf' in fields)?.fields['csrf'] ?? '';
  }
});
