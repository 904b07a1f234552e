/** The service itself at the pages of operators: what needs attention, roles, tokens, the audit. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { anOperator, type OperatorAtWork, wordsOf } from '../support/operators.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('the service at the pages of operators', () => {
  let world: World<'wiki' | 'sick' | 'pay'>;
  let support: OperatorAtWork;
  let operator: OperatorAtWork;
  let owner: OperatorAtWork;

  beforeAll(async () => {
    const pay = { file: { backchannel_logout_uri: undefined, client_name: 'Payroll <b>' } };
    world = await startWorld({ apps: { wiki: {}, sick: { behaviour: '500' }, pay } });
    support = await anOperator(world, 'support');
    operator = await anOperator(world, 'operator');
    owner = await anOperator(world, 'owner');
  });
  afterAll(() => world.stop());

  const lastRow = async () => (await world.store.audit.list({}, 1))[0];

  describe('the start page', () => {
    it('says what needs attention, as the API does, and that an app fails once it does', async () => {
      expect(wordsOf(await support.at())).toContain('Payroll &lt;b&gt; has no logout address');
      expect((await support.at()).body).toContain('<a href="/admin/clients/pay">');
      await world.apps.sick.signIn(createBrowser());
      const accountId = await world.accountId('alice');
      await world.server.endSessions(
        { kind: 'account', accountId },
        { reason: 'operator', actor: { kind: 'operator' } },
      );
      await eventually(async () => (await world.store.figures.shutOrigins(5)).length === 1);
      expect(wordsOf(await support.at())).toMatch(/What needs attention.*Sick does not take what it is told/u);
      const api = apiClient(world.issuer, await aTokenFor(world.store, accountId, 'support', ['signoff.read']));
      expect((await api('/attention')).json.items).toEqual([
        expect.objectContaining({ kind: 'app-fails', client_id: 'sick' }),
        expect.objectContaining({ kind: 'app-cannot-be-told', client_id: 'pay', logout_id: null }),
      ]);
    });
  });

  describe('roles', () => {
    it('are listed, given, changed and taken away by owners, each a row of the audit', async () => {
      const id = await addAccount(world.store, 'newcomer');
      const given = await owner.send(await owner.at('/operators'), '/operators', {
        account: 'newcomer',
        role: 'support',
        reason: 'new here',
      });
      expect(wordsOf(given)).toMatch(/The role is given\..*newcomer support/u);
      expect(await lastRow()).toMatchObject({ action: 'operators.set', subject: `account ${id}`, reason: 'new here' });
      const asked = await owner.send(given, '/remove', { account: id });
      expect(wordsOf(asked)).toContain('Take the role of newcomer away?');
      const removed = await owner.browser.submit(asked);
      expect(wordsOf(removed)).toContain('The role is taken away.');
      expect(await world.store.operators.role(id)).toBeUndefined();
    });

    it('what cannot be is said by the use case, the form kept', async () => {
      const page = await owner.at('/operators');
      const none = await owner.send(page, '/operators', { account: 'nobody', role: 'support' });
      expect([none.status, wordsOf(none)]).toEqual([404, expect.stringContaining('There is no account nobody.')]);
      const wrong = await owner.send(page, '/operators', { account: '', role: 'king' });
      expect(wrong.status).toBe(422);
      expect(wordsOf(wrong)).toMatch(/Account is missing\..*Role must be one of support, operator, owner\./u);
      const last = await owner.sendAndConfirm(page, '/remove', { account: owner.accountId });
      expect([last.status, wordsOf(last)]).toEqual([409, expect.stringContaining('the only owner left')]);
    });

    it('are not shown to anybody else', async () => {
      for (const who of [support, operator]) expect((await who.at('/operators')).status).toBe(403);
    });
  });

  describe('tokens', () => {
    it('are made and shown once, open the API, and are revoked', async () => {
      const page = await operator.at('/tokens');
      const made = await operator.send(page, '/tokens', { name: 'backup <job>', 'scopes:signoff.read': 'yes' });
      const token = /signoff_pat_[\w-]+/u.exec(made.body)?.[0] ?? '';
      expect([made.status, made.headers['cache-control'], token]).toEqual([
        200,
        'no-store',
        expect.stringMatching(/.{40}/u),
      ]);
      const api = apiClient(world.issuer, token);
      expect((await api('/sessions')).status).toBe(200);
      const listed = await operator.at('/tokens');
      expect([listed.body.includes(token), wordsOf(listed)]).toEqual([
        false,
        expect.stringContaining('backup &lt;job&gt;'),
      ]);
      const [row] = await world.store.operators.tokens(operator.accountId, { limit: 5 });
      await operator.send(listed, '/revoke', { id: row?.id ?? '' });
      expect((await api('/sessions')).status).toBe(401);
    });

    it('what is wrong stands beside its field, and what was typed stays', async () => {
      const page = await operator.at('/tokens');
      const wrong = await operator.send(page, '/tokens', { name: 'kept "name"', expires_in: 'soon' });
      expect([wrong.status, wordsOf(wrong)]).toEqual([
        422,
        expect.stringMatching(/Scopes is too small: at least 1\..*Life must be a duration like 10s or 2m\./u),
      ]);
      expect(wrong.body).toContain('value="kept &quot;name&quot;"');
      expect(wrong.body).toMatch(
        /aria-describedby="field-expires_in-hint field-expires_in-wrong" aria-invalid="true"/u,
      );
      expect(wrong.body).toContain('<a href="#field-expires_in">');
    });

    it('are nobody else’s to revoke, but an owner’s', async () => {
      const token = await aTokenFor(world.store, owner.accountId, 'owner', ['signoff.read']);
      const [row] = await world.store.operators.tokens(owner.accountId, { limit: 1 });
      const page = await operator.at('/tokens');
      await operator.send(page, '/tokens', { name: 'own', 'scopes:signoff.read': 'yes' });
      const refused = await operator.send(await operator.at('/tokens'), '/revoke', { id: row?.id ?? '' });
      expect([refused.status, wordsOf(refused)]).toEqual([404, expect.stringContaining('There is no token')]);
      expect((await apiClient(world.issuer, token)('/sessions')).status).toBe(200);
      const done = await owner.send(await owner.at('/tokens'), '/revoke', { id: row?.id ?? '' });
      expect(wordsOf(done)).toContain('The token is revoked');
      expect((await apiClient(world.issuer, token)('/sessions')).status).toBe(401);
    });

    it('are seen by support, who makes none and is offered none', async () => {
      const page = await support.at('/tokens');
      expect([page.status, page.forms]).toEqual([200, []]);
    });

    it('of somebody else are an owner’s to make', async () => {
      const input = { name: 'x', account: 'support', 'scopes:signoff.read': 'yes' };
      const refused = await operator.send(await operator.at('/tokens'), '/tokens', input);
      expect([refused.status, wordsOf(refused)]).toEqual([403, expect.stringContaining('This needs the role owner.')]);
      const made = await owner.send(await owner.at('/tokens'), '/tokens', input);
      expect(made.body).toContain('signoff_pat_');
    });
  });

  describe('the audit', () => {
    it('is listed newest first, filtered, and says before and after', async () => {
      await owner.send(await owner.at('/operators'), '/operators', {
        account: 'bob',
        role: 'support',
        reason: 'a <script>',
      });
      const page = await operator.at('/audit?action=operators.set');
      expect(wordsOf(page)).toMatch(/operators\.set.*a &lt;script&gt;.*&quot;role&quot;:&quot;support&quot;/u);
      expect(wordsOf(page)).not.toContain('tokens.add');
      expect(page.body).toContain('value="operators.set"');
    });

    it('is checked, and says which row does not fit', async () => {
      expect(wordsOf(await operator.at('/audit/verify'))).toContain('The audit is whole');
    });

    it('is downloaded as a whole, oldest first', async () => {
      const { headers, body } = await operator.at('/audit/export');
      expect(headers).toMatchObject({
        'content-type': 'application/x-ndjson',
        'content-disposition': expect.stringContaining('audit.jsonl'),
      });
      const rows = body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, at) => rows[0].seq + at));
      expect(rows.at(-1).action).toBe((await lastRow())?.action);
    });

    it('a part of the address that is no page of it is said by the use case', async () => {
      const page = await operator.at('/audit?after=x');
      expect([page.status, wordsOf(page)]).toEqual([
        422,
        expect.stringContaining('is not `next` of a page of this list.'),
      ]);
    });

    it('is not for support', async () => {
      for (const path of ['/audit', '/audit/verify', '/audit/export'])
        expect((await support.at(path)).status).toBe(403);
    });
  });
});
