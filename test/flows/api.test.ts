/** What programs and operators do over `/api/v1`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const SECRET = 'the secret of a program that runs at night';

describeFlows('the API', () => {
  let world: World<'wiki' | 'mail'>;
  let owner: ReturnType<typeof apiClient>;
  let alice: string;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
    alice = await world.accountId('alice');
    owner = apiClient(world.issuer, await aTokenFor(world.store, alice, 'owner'));
    const file = {
      client_id: 'night-job',
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      scope: 'signoff.read signoff.sessions',
    };
    await writeFile(join(world.env['SIGNOFF_CLIENTS'] ?? '', 'night-job.yaml'), JSON.stringify(file));
    await world.server.reloadClients();
  });
  afterAll(() => world.stop());

  async function tokenOf(scope: string, clientId = 'night-job', secret = SECRET) {
    const response = await fetch(`${world.issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(secret)}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    });
    return (await response.json()) as { access_token?: string; error?: string };
  }

  describe('lets in', () => {
    it('nobody without a token, and says so to each kind of wrong one', async () => {
      const none = await apiClient(world.issuer, undefined)('/sessions');
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="signoff"']);
      expect(none.headers.get('content-type')).toContain('application/problem+json');
      expect(none.json).toEqual({
        type: 'about:blank',
        title: 'No valid token',
        status: 401,
        code: 'token_missing',
        detail: expect.any(String),
        errors: [],
        request_id: expect.any(String),
      });
      const bad = await apiClient(world.issuer, 'signoff_pat_nobody')('/sessions');
      expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('invalid_token'),
      ]);
    });

    it('programs with the scopes that their file lists, and no person who signs in for those', async () => {
      const { access_token: token } = await tokenOf('signoff.read');
      const program = apiClient(world.issuer, token);
      await expect(program('/sessions')).resolves.toMatchObject({ status: 200, json: { items: expect.any(Array) } });
      const refused = await program('/logouts', { body: { account: 'alice' } });
      expect([refused.status, refused.json.code]).toEqual([403, 'scope_missing']);
      expect(refused.headers.get('www-authenticate')).toContain('scope="signoff.sessions"');
      await expect(tokenOf('signoff.admin')).resolves.toMatchObject({ error: 'invalid_scope' });
      const url = world.apps.wiki.authorizationUrl({ scope: 'openid signoff.read' });
      const page = await createBrowser().get(url, { stopAt: world.apps.wiki.redirectUri });
      expect(page.location).toContain('error=invalid_scope');
    });

    it('tokens of people for as long as they have the role', async () => {
      const bob = await world.accountId('bob');
      const support = apiClient(world.issuer, await aTokenFor(world.store, bob, 'support'));
      await expect(support('/sessions')).resolves.toMatchObject({ status: 200 });
      await expect(support('/keys')).resolves.toMatchObject({ status: 403, json: { code: 'role_missing' } });
      await expect(support('/clients/wiki', { method: 'DELETE' })).resolves.toMatchObject({ status: 403 });
      await expect(support('/logouts', { body: { client: 'wiki' } })).resolves.toMatchObject({ status: 403 });
      await expect(owner('/operators/bob', { method: 'DELETE' })).resolves.toMatchObject({ status: 200 });
      await expect(support('/sessions')).resolves.toMatchObject({ status: 401 });
    });
  });

  describe('reads requests strictly', () => {
    it('and names what it does not know, with what was meant', async () => {
      const unknown = await owner('/logouts', { body: { acount: 'alice' } });
      expect([unknown.status, unknown.json.errors]).toEqual([
        422,
        [{ field: 'acount', message: 'is not known here. Did you mean "account"?' }],
      ]);
      const query = await owner('/sessions?stat=live&limit=0');
      expect(query.json.errors).toEqual(
        expect.arrayContaining([
          { field: 'stat', message: 'is not known here. Did you mean "state"?' },
          { field: 'limit', message: 'is too small: at least 1.' },
        ]),
      );
    });

    it('and answers each other mistake by its name', async () => {
      const statuses = await Promise.all([
        owner('/nothing'),
        owner('/sessions', { method: 'DELETE' }),
        owner('/sessions/never-was'),
        owner('/logouts', { body: '{"account":' }),
        owner('/logouts', { body: '[]' }),
        owner('/logouts', { body: 'account=alice', headers: { 'content-type': 'text/plain' } }),
        owner('/logouts', { body: JSON.stringify({ account: 'x'.repeat(300_000) }) }),
        owner('/sessions?state=live&state=ended'),
        owner('/logouts', { body: { account: 'nobody' } }),
      ]);
      expect(statuses.map(({ status }) => status)).toEqual([404, 405, 404, 400, 422, 415, 413, 422, 404]);
      expect(statuses[1]?.headers.get('allow')).toBe('GET');
      for (const { headers } of statuses) expect(headers.get('content-type')).toContain('application/problem+json');
    });
  });

  describe('ends sessions', () => {
    it('first only counts them, then ends them, waits, and shows the receipt again', async () => {
      const { wiki, mail } = world.apps;
      const browser = createBrowser();
      await wiki.signIn(browser);
      await mail.signIn(browser);
      const preview = await owner('/logouts?dry_run=true', { body: { account: 'alice' } });
      expect([preview.status, preview.json]).toEqual([
        200,
        {
          accounts: 1,
          sessions: 1,
          participations: 2,
          apps: expect.arrayContaining([{ client_id: 'wiki', sessions: 1, can_be_told: true }]),
          estimated_seconds: 1,
        },
      ]);
      const [session] = (await owner('/sessions?account=alice&state=live')).json.items;
      expect(session.apps.toSorted()).toEqual(['mail', 'wiki']);

      const ended = await owner('/logouts', { body: { account: 'alice', reason: 'lost her phone', wait: '10s' } });
      expect(ended.status).toBe(201);
      expect(ended.headers.get('location')).toBe(`${world.issuer}/api/v1/logouts/${ended.json.logout_id}`);
      expect(ended.json).toMatchObject({
        account_id: alice,
        state: 'settled',
        counts: { told: 2, trying: 0 },
        actor: { kind: 'operator', id: alice },
        progress: { sessions_ended: 1, deliveries: 2, walking: false },
      });
      const shown = await owner(`/logouts/${ended.json.logout_id}`);
      expect(shown.json).toEqual({ ...ended.json, url: null });
      expect((await owner('/logouts?account=alice')).json.items[0]).toMatchObject({ logout_id: ended.json.logout_id });
      const events = await owner(`/logouts/${ended.json.logout_id}/events`);
      expect(events.text).toContain('"state":"settled"');
      expect((await owner('/audit?limit=1')).json.items[0]).toMatchObject({
        actor: { kind: 'account', id: alice },
        from: '127.0.0.1',
        action: 'logouts.end',
        subject: `account ${alice}`,
        reason: 'lost her phone',
      });
      expect((await owner('/audit/verify')).json).toMatchObject({ ok: true });
      const row = (await owner(`/deliveries?logout=${ended.json.logout_id}&client=wiki`)).json.items[0];
      expect((await owner(`/deliveries/${row.id}`)).json).toMatchObject({ state: 'told', history: [{ status: 200 }] });
    });

    it('once for each Idempotency-Key', async () => {
      await world.apps.wiki.signIn(createBrowser());
      const request = { body: { account: 'alice' }, headers: { 'idempotency-key': 'night-of-the-29th' } };
      const first = await owner('/logouts', request);
      const again = await owner('/logouts', request);
      expect([again.status, again.json, again.headers.get('location')]).toEqual([
        201,
        first.json,
        first.headers.get('location'),
      ]);
      const other = await owner('/logouts', { ...request, body: { account: 'bob' } });
      expect([other.status, other.json.errors[0].field]).toEqual([422, 'Idempotency-Key']);
    });
  });

  describe('registers apps', () => {
    const app = { client_id: 'notes', redirect_uris: ['https://notes.example.org/cb'], max_session: '8h' };

    it('with the words of client files, the secret once, and a version for each change', async () => {
      const bad = await owner('/clients', { body: { ...app, redirect_uri: 'x', redirect_uris: 7 } });
      expect(bad.json.errors).toEqual(
        expect.arrayContaining([
          { field: 'redirect_uri', message: 'is not a known name; Did you mean "redirect_uris"?' },
          { field: 'redirect_uris', message: expect.stringContaining('must be a list') },
        ]),
      );
      const made = await owner('/clients', { body: app });
      expect(made.status).toBe(201);
      expect(made.json).toMatchObject({ source: 'api', state: 'active', max_session: '8h', has_secret: true });
      expect(made.json.client_secret).toMatch(/^[\w-]{43}$/);
      const shown = await owner('/clients/notes');
      expect(shown.text).not.toContain(made.json.client_secret);
      expect(shown.headers.get('etag')).toBe(`"${shown.json.version}"`);
      expect((await owner('/clients', { body: app })).status).toBe(409);

      const put = (version: string | null, body: object) =>
        owner('/clients/notes', { method: 'PUT', body, headers: version === null ? {} : { 'if-match': version } });
      const change = { ...shown.json, client_name: 'Notes' };
      expect((await put(null, change)).status).toBe(428);
      expect((await put('"old"', change)).status).toBe(412);
      const changed = await put(shown.headers.get('etag'), change);
      expect([changed.status, changed.json]).toMatchObject([200, { client_name: 'Notes', max_session: '8h' }]);
      expect((await owner('/audit?limit=1')).json.items[0]).toMatchObject({
        action: 'clients.change',
        before: { client_name: 'notes' },
        after: { client_name: 'Notes' },
      });
    });

    it('that several change at once: the first has it, and the others are told', async () => {
      const { headers, json } = await owner('/clients/notes');
      const tag = headers.get('etag') ?? '';
      const put = (client_name: string) =>
        owner('/clients/notes', { method: 'PUT', body: { ...json, client_name }, headers: { 'if-match': tag } });
      const answers = await Promise.all(['Uno', 'Due', 'Tre', 'Quattro'].map(put));
      const [done, ...others] = answers.toSorted((a, b) => a.status - b.status);
      expect([done?.status, ...others.map(({ status }) => status)]).toEqual([200, 412, 412, 412]);
      expect(others[0]?.json).toMatchObject({ code: 'version_old' });
      expect((await owner('/clients/notes')).json.client_name).toBe(done?.json.client_name);
    });

    it('that sign people in at once, in every process, and are not suspended for want of a file', async () => {
      const { json } = await owner('/clients/notes/secret', { method: 'POST' });
      const right = await tokenOf('openid', 'notes', json.client_secret);
      // Proven, but not an app that may ask for a token of its own.
      expect(right.error).toBe('invalid_request');
      await expect(tokenOf('openid', 'notes', 'the old one')).resolves.toMatchObject({ error: 'invalid_client' });
      await world.server.reloadClients();
      expect((await owner('/clients/notes')).json).toMatchObject({ state: 'active', source: 'api' });
    });

    it('and leaves those of files alone, but for their removal', async () => {
      const { headers, json } = await owner('/clients/wiki');
      expect(json).toMatchObject({ source: 'file' });
      const tag = headers.get('etag') ?? '';
      const put = await owner('/clients/wiki', { method: 'PUT', body: json, headers: { 'if-match': tag } });
      expect([put.status, put.json.code]).toEqual([409, 'client_of_a_file']);
      const removed = await owner('/clients/notes', { method: 'DELETE' });
      expect(removed.json).toMatchObject({ client_id: 'notes', state: 'removed' });
      expect((await owner('/clients/notes', { method: 'DELETE' })).status).toBe(404);
    });
  });

  it('keeps accounts, keys and tokens', async () => {
    const made = await owner('/accounts', { body: { username: 'carol', password: 'paper lantern 31' } });
    expect([made.status, made.json]).toMatchObject([201, { username: 'carol', state: 'active' }]);
    const changed = await owner('/accounts/carol', {
      method: 'PATCH',
      body: { claims: { name: 'Carol', nickname: 'C' } },
    });
    expect(changed.json.claims).toMatchObject({ name: 'Carol', nickname: 'C' });
    const less = await owner('/accounts/carol', { method: 'PATCH', body: { claims: { nickname: null } } });
    expect(less.json.claims).not.toHaveProperty('nickname');
    expect((await owner('/accounts/carol/disable', { method: 'POST' })).json).toMatchObject({ state: 'disabled' });
    expect((await owner('/accounts/carol/enable', { method: 'POST' })).json).toMatchObject({ state: 'active' });
    expect((await owner('/accounts/carol', { method: 'DELETE' })).json).toMatchObject({ state: 'deleted' });
    expect((await owner('/accounts/carol')).status).toBe(404);
    const keys = await owner('/keys/rotate', { body: {} });
    expect(keys.json.items).toHaveLength(4);
    const retired = await owner(`/keys/${keys.json.items[0].kid}/retire`, { method: 'POST' });
    expect(retired.json).toMatchObject({ state: 'retired' });
    const token = await owner('/tokens', { body: { account: 'alice', name: 'x', scopes: ['signoff.read'] } });
    expect(token.status).toBe(201);
    expect((await owner(`/tokens/${token.json.id}`, { method: 'DELETE' })).status).toBe(200);
    await expect(apiClient(world.issuer, token.json.token)('/sessions')).resolves.toMatchObject({ status: 401 });
    await expect(world.store.audit.list({ action: 'accounts.add' }, 1)).resolves.toMatchObject([
      { subject: `account ${made.json.id}` },
    ]);
  });

  it('pages through a list by what it calls next', async () => {
    const seen: string[] = [];
    for (let path = '/audit?limit=3'; ; ) {
      const { json } = await owner(path);
      seen.push(...json.items.map((row: { seq: number }) => String(row.seq)));
      if (json.next === null) break;
      path = `/audit?limit=3&after=${json.next}`;
    }
    expect(seen.length).toBeGreaterThan(6);
    expect(seen).toEqual(seen.map((_, index) => String(seen.length - index)));
  });
});
