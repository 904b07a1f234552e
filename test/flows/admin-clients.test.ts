/** Apps and registration tokens at the pages of operators. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { anOperator, groupsOn, type OperatorAtWork, wordsOf } from '../support/operators.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const HOSTILE = '"><script>alert(1)</script>';

describeFlows('apps at the pages of operators', () => {
  let world: World<'wiki' | 'sick' | 'pay'>;
  let support: OperatorAtWork;
  let operator: OperatorAtWork;

  beforeAll(async () => {
    const pay = { file: { backchannel_logout_uri: undefined, client_name: HOSTILE } };
    world = await startWorld({ apps: { wiki: {}, sick: { behaviour: '400' }, pay } });
    support = await anOperator(world, 'support');
    operator = await anOperator(world, 'operator');
  });
  afterAll(() => world.stop());

  const lastRow = async () => (await world.store.audit.list({}, 1))[0];
  const newApp = {
    client_id: 'shop/1',
    client_name: HOSTILE,
    redirect_uris: 'https://shop.example/a\r\nhttps://shop.example/b\r\n',
    backchannel_logout_uri: 'https://shop.example/logout',
  };
  const shop = () => operator.at('/clients/shop%2F1');
  const fieldsOf = (page: Page, action: string) => page.forms.find((form) => form.action.endsWith(action))?.fields;

  describe('the list', () => {
    it('says of each where it came from and whether it can be told, and escapes what they are called', async () => {
      const page = await support.at('/clients');
      expect(wordsOf(page)).toMatch(
        /pay &quot;&gt;&lt;script.* file Active Cannot be told.*wiki Wiki file Active Can be told/u,
      );
      expect(page.body).not.toContain('<script>alert');
      expect([page.forms, groupsOn(page)]).toEqual([[], expect.arrayContaining(['[Clients]'])]);
    });
  });

  describe('a new app', () => {
    it('that is wrong is told so beside each field, in the words of client files, and keeps what was typed', async () => {
      const page = await operator.at('/clients');
      const sent = { ...newApp, redirect_uris: 'https://shop.example/a\nhttp://shop.example/b', max_session: 'long' };
      const wrong = await operator.send(page, '/clients', { ...sent, more: '{"contact": []}' });
      expect(wrong.status).toBe(422);
      expect(wordsOf(wrong)).toMatch(
        /contact is not a known name.*Longest session of the app itself must be a duration/u,
      );
      const again = await operator.send(wrong, '/clients', { more: '', max_session: '8h' });
      expect([again.status, wordsOf(again)]).toEqual([
        422,
        expect.stringMatching(/Redirect addresses in line 2 .*use https/u),
      ]);
      expect(fieldsOf(again, '/clients')).toMatchObject({
        client_id: 'shop/1',
        client_name: HOSTILE,
        max_session: '8h',
      });
      const noJson = await operator.send(again, '/clients', { more: '{' });
      expect([noJson.status, wordsOf(noJson)]).toEqual([
        422,
        expect.stringContaining('Other fields must be a JSON object.'),
      ]);
      expect(await world.store.clients.all()).toHaveLength(3);
    });

    it('is registered, and its secret is shown this once', async () => {
      const sent = { ...newApp, more: '{"contacts": ["admin@shop.example"]}', reason: 'a new shop' };
      const made = await operator.send(await operator.at('/clients'), '/clients', sent);
      const secret = /<code>([\w-]{43})<\/code>/u.exec(made.body)?.[1] ?? '';
      expect([made.status, secret.length, made.headers['cache-control']]).toEqual([200, 43, 'no-store']);
      const page = await shop();
      expect(wordsOf(page)).toMatch(
        /From page.*https:\/\/shop\.example\/a https:\/\/shop\.example\/b.*Secret there is one/u,
      );
      expect(page.body).not.toContain(secret);
      expect(await lastRow()).toMatchObject({
        action: 'clients.add',
        subject: 'client shop/1',
        reason: 'a new shop',
        actor: { kind: 'account', id: operator.accountId },
      });
      expect((await lastRow())?.after).not.toContain('secret_hash');
    });

    it('of a known id is refused, and the other one stays as it is', async () => {
      const sent = { ...newApp, client_id: 'wiki' };
      const refused = await operator.send(await operator.at('/clients'), '/clients', sent);
      expect([refused.status, wordsOf(refused)]).toEqual([
        409,
        expect.stringContaining('There is an app wiki already'),
      ]);
    });
  });

  describe('a change', () => {
    it('is shown before it is saved, field by field, and keeps what no field shows', async () => {
      const form = await operator.at('/clients/shop%2F1/change');
      const asked = await operator.send(form, '/change', {
        redirect_uris: 'https://shop.example/b',
        'logout.ask': 'always',
        max_session: '8h',
      });
      expect(wordsOf(asked)).toMatch(
        /redirect_uris https:\/\/shop\.example\/a https:\/\/shop\.example\/b https:\/\/shop\.example\/b/u,
      );
      expect(wordsOf(asked)).toMatch(/max_session – 8h.*logout\.ask auto always/u);
      expect(asked.body.match(/<tr role="row">/gu)).toHaveLength(4);
      expect(wordsOf(await shop())).toContain('https://shop.example/a');
      const done = await operator.browser.submit(asked, { reason: 'fewer addresses' });
      expect(wordsOf(done)).toMatch(/The app is changed\..*Redirect addresses https:\/\/shop\.example\/b .*8h/u);
      const row = await lastRow();
      expect([row?.action, row?.reason, JSON.parse(row?.before ?? '{}')]).toEqual([
        'clients.change',
        'fewer addresses',
        expect.objectContaining({ redirect_uris: ['https://shop.example/a', 'https://shop.example/b'] }),
      ]);
      const kept = await operator.at('/clients/shop%2F1/change');
      expect(JSON.parse(fieldsOf(kept, '/change')?.['more'] ?? '')).toMatchObject({ contacts: ['admin@shop.example'] });
    });

    it('that changes nothing says so', async () => {
      const asked = await operator.send(await operator.at('/clients/shop%2F1/change'), '/change');
      expect(wordsOf(asked)).toContain('Nothing is different');
    });

    it('that is wrong is told so beside its field before anybody is asked', async () => {
      const form = await operator.at('/clients/shop%2F1/change');
      const wrong = await operator.send(form, '/change', { backchannel_logout_uri: 'ftp://shop.example/' });
      expect([wrong.status, wordsOf(wrong)]).toEqual([
        422,
        expect.stringMatching(
          /Logout address is refused: it is not an absolute https: address.*Logout address is refused/u,
        ),
      ]);
    });

    it('behind somebody who was faster is refused, with a fresh form, before and after the question', async () => {
      const form = await operator.at('/clients/shop%2F1/change');
      const asked = await operator.send(form, '/change', { client_name: 'Mine' });
      const api = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('bob'), 'operator'));
      const { json, headers } = await api('/clients/shop%2F1');
      const faster = { ...json, client_name: 'Theirs' };
      const ifMatch = { 'if-match': headers.get('etag') ?? '' };
      expect((await api('/clients/shop%2F1', { method: 'PUT', body: faster, headers: ifMatch })).status).toBe(200);
      for (const late of [
        await operator.browser.submit(asked),
        await operator.send(form, '/change', { client_name: 'Mine' }),
      ]) {
        expect([late.status, wordsOf(late)]).toEqual([412, expect.stringContaining('was changed meanwhile')]);
        expect(fieldsOf(late, '/change')?.['client_name']).toBe('Theirs');
      }
    });
  });

  describe('an app of a file', () => {
    it('is only read, and says which file', async () => {
      const page = await operator.at('/clients/wiki');
      expect(wordsOf(page)).toMatch(/From the file wiki\.yaml.*change wiki\.yaml in the folder of client files/u);
      expect(page.body).not.toContain('/clients/wiki/change');
      expect((await operator.at('/clients/wiki/change')).url).toBe(`${world.issuer}/admin/clients/wiki`);
      const { csrf = '' } = fieldsOf(page, '/probe') ?? {};
      const secret = await operator.browser.post(`${world.issuer}/admin/clients/wiki/secret`, { csrf, confirm: 'yes' });
      expect([secret.status, wordsOf(secret)]).toEqual([409, expect.stringContaining('wiki is registered by a file')]);
    });
  });

  describe('a new secret', () => {
    it('is asked for, shown once, and is the only one that counts', async () => {
      const made = await operator.sendAndConfirm(await shop(), '/secret', {}, { reason: 'it was in a log' });
      const secret = /<code>([\w-]{43})<\/code>/u.exec(made.body)?.[1] ?? '';
      expect(secret).toHaveLength(43);
      const asks = (password: string) =>
        fetch(`${world.issuer}/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`shop%2F1:${password}`)}` },
          body: new URLSearchParams({
            grant_type: 'authorization_code',
            code: 'none',
            redirect_uri: 'https://x.example',
          }),
        });
      expect([(await asks(secret)).status, (await asks(`${secret}x`)).status]).toEqual([400, 401]);
      expect(await lastRow()).toMatchObject({ action: 'clients.secret', reason: 'it was in a log' });
    });
  });

  describe('how an app does', () => {
    it('is said by its last deliveries, with the words of the app', async () => {
      await world.apps.sick.signIn(createBrowser());
      const accountId = await world.accountId('alice');
      await world.server.endSessions(
        { kind: 'account', accountId },
        { reason: 'operator', actor: { kind: 'operator' } },
      );
      await eventually(async () => {
        const [delivery] = await world.store.deliveries.list({ clientId: 'sick' }, { limit: 1 });
        return delivery?.lastStatus === 400;
      });
      const page = await support.at('/clients/sick');
      expect(wordsOf(page)).toMatch(/Answers 200 or 204 0 %.*Deliveries.* 400 /u);
      expect(page.forms).toEqual([]);
    });

    it('is found out by a check-up: a grade, and each check with what was sent, what came and what to do', async () => {
      // The app of the tests answers 200 to whatever comes.
      const lax = await operator.send(await operator.at('/clients/wiki'), '/probe');
      expect(wordsOf(lax)).toMatch(
        /Grade D.*good Good .* 200 expected 200 or 204 .*audience Wrong a token for another app 200 expected 400/u,
      );
      expect(wordsOf(await support.at('/clients/wiki'))).toContain('Check-up Grade D');
      const bad = await operator.send(await operator.at('/clients/sick'), '/probe');
      expect(wordsOf(bad)).toMatch(/Grade F.*good Wrong .* 400 .*expected 200 or 204 .*compare issuer and client_id/u);
    });
  });

  describe('its code', () => {
    it('is filled in for each framework', async () => {
      const page = await support.at('/clients/wiki/snippet?for=koa');
      for (const said of [world.issuer, 'ctx.respond = false', '/backchannel']) expect(page.body).toContain(said);
      const spring = await support.at('/clients/wiki/snippet?for=spring');
      expect(wordsOf(spring)).toContain('SecurityConfig.java');
      expect((await support.at('/clients/wiki/snippet?for=cobol')).status).toBe(422);
      expect((await support.at('/clients/none/snippet')).status).toBe(404);
    });
  });

  describe('a removal', () => {
    it('says how many it signs off, then does, and leaves the app in the list', async () => {
      await world.apps.wiki.signIn(createBrowser());
      const asked = await operator.send(await operator.at('/clients/wiki'), '/remove');
      expect(wordsOf(asked)).toMatch(/Remove wiki\?.*1 session ends?/u);
      await operator.browser.submit(asked, { reason: 'it moved' });
      expect(await lastRow()).toMatchObject({ action: 'clients.remove', subject: 'client wiki', reason: 'it moved' });
      expect(world.apps.wiki.received.length).toBeGreaterThan(0);
      const page = await operator.at('/clients/wiki');
      expect([wordsOf(page), page.body.includes('/remove')]).toEqual([expect.stringContaining('Removed'), false]);
    });
  });

  describe('roles', () => {
    it('support looks and changes nothing, whatever it sends', async () => {
      const csrf = (await operator.at('/keys')).forms[0]?.fields['csrf'] ?? '';
      support.browser.setCookie(operator.browser.cookies().find(({ name }) => name.includes('csrf')) as never);
      const before = await lastRow();
      for (const path of ['', '/sick/change', '/sick/secret', '/sick/remove', '/sick/probe']) {
        const answer = await support.browser.post(`${world.issuer}/admin/clients${path}`, { csrf, confirm: 'yes' });
        expect([path, answer.status]).toEqual([path, 403]);
      }
      expect((await support.at('/clients/shop%2F1/change')).status).toBe(403);
      expect((await support.at('/registration-tokens')).status).toBe(403);
      expect(await lastRow()).toEqual(before);
    });
  });

  describe('registration tokens', () => {
    it('are made and shown once, listed, and revoked', async () => {
      const page = await operator.at('/registration-tokens');
      const wrong = await operator.send(page, '/registration-tokens', { uses: 'many', expires_in: '1y' });
      expect([wrong.status, wordsOf(wrong)]).toEqual([
        422,
        expect.stringMatching(/Uses must be .*Life must be a duration/u),
      ]);
      const made = await operator.send(page, '/registration-tokens', { uses: '5', expires_in: '7d', party: 'first' });
      const token = /signoff_iat_[\w-]{43}/u.exec(made.body)?.[0] ?? 'none';
      const listed = await operator.at('/registration-tokens');
      expect([wordsOf(listed), listed.body.includes(token)]).toEqual([expect.stringContaining('first 5'), false]);
      const [row] = await world.store.operators.registrationTokens({ limit: 5 });
      const gone = await operator.send(listed, '/revoke', { id: row?.id ?? '' });
      expect(wordsOf(gone)).toMatch(/The token is revoked.*There are no tokens\./u);
      expect(await lastRow()).toMatchObject({ action: 'registration-tokens.revoke' });
    });
  });
});
