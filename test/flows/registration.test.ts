/** Apps that register themselves (RFC 7591) and keep their registration (RFC 7592), by the rules of client files. */
import { afterEach, expect, it } from '@jest/globals';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const APP = { client_name: 'Notes', redirect_uris: ['https://notes.example.org/cb'], software_id: 'ignored' };

describeFlows('dynamic registration', () => {
  let world: World<'wiki'>;
  afterEach(() => world.stop());

  async function start(registration: string) {
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_REGISTRATION: registration } });
    return apiClient(world.issuer, await aTokenFor(world.store, await addAccount(world.store, 'root'), 'operator'));
  }

  async function send(method: string, url: string, token: string | undefined, body?: unknown) {
    const response = await fetch(url, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: what it is, is what the test finds out
    const json: any = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, json };
  }

  it('is off unless the operator says otherwise', async () => {
    await start('off');
    expect((await send('POST', `${world.issuer}/reg`, undefined, APP)).status).toBe(404);
    const discovery = await send('GET', `${world.issuer}/.well-known/openid-configuration`, undefined);
    expect(discovery.json).not.toHaveProperty('registration_endpoint');
  });

  it('lets a holder of an initial access token register an app, which signs people in, changes and leaves', async () => {
    const operator = await start('token');
    const made = await operator('/registration-tokens', { body: { uses: 1, expires_in: '1h' } });
    expect(made.json).toMatchObject({ party: 'third', uses_left: 1, token: expect.stringMatching(/^signoff_iat_/) });
    const discovery = await send('GET', `${world.issuer}/.well-known/openid-configuration`, undefined);
    expect(discovery.json.registration_endpoint).toBe(`${world.issuer}/reg`);
    const nobody = await send('POST', `${world.issuer}/reg`, undefined, APP);
    expect([nobody.status, nobody.json.error]).toEqual([401, 'invalid_token']);
    expect(nobody.headers.get('www-authenticate')).toContain('Bearer');

    const app = await send('POST', `${world.issuer}/reg`, made.json.token, APP);
    expect(app.status).toBe(201);
    expect(app.json).toMatchObject({
      client_id: expect.stringMatching(/^app-/),
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
      client_name: 'Notes',
      party: 'third',
      registration_client_uri: `${world.issuer}/reg/${app.json.client_id}`,
      registration_access_token: expect.any(String),
    });
    expect(app.json).not.toHaveProperty('software_id');
    expect((await send('POST', `${world.issuer}/reg`, made.json.token, APP)).status).toBe(401);

    const { client_id: id, registration_client_uri: uri, registration_access_token: access } = app.json;
    const query = { client_id: id, redirect_uri: APP.redirect_uris[0] ?? '', scope: 'openid', response_type: 'code' };
    const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
    const page = await createBrowser().get(`${world.issuer}/auth?${new URLSearchParams({ ...query, ...challenge })}`);
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('Notes')]);
    expect((await operator(`/clients/${id}`)).json).toMatchObject({ source: 'registration', state: 'active' });

    expect((await send('GET', uri, access)).json).toMatchObject({ client_id: id, client_name: 'Notes' });
    expect((await send('GET', uri, made.json.token)).status).toBe(401);
    const { client_secret: _secret, registration_access_token: _token, ...sent } = app.json;
    const changed = await send('PUT', uri, access, { ...sent, client_name: 'Better notes' });
    expect([changed.status, changed.json.client_name]).toEqual([200, 'Better notes']);
    expect((await send('PUT', uri, access, { ...sent, client_id: 'wiki' })).json.error).toBe('invalid_client_metadata');
    expect((await send('DELETE', uri, access)).status).toBe(204);
    expect((await send('GET', uri, access)).status).toBe(401);
    expect((await operator(`/clients/${id}`)).json).toMatchObject({ state: 'removed' });
    const rows = (await operator(`/audit?subject=${encodeURIComponent(`client ${id}`)}`)).json;
    expect(rows.code ?? rows.items.map(({ action }: { action: string }) => action)).toEqual([
      'registration.remove',
      'registration.change',
      'registration.register',
    ]);
  });

  it('judges by the rules of client files, and lets strangers have less', async () => {
    await start('open');
    const register = (more: object) => send('POST', `${world.issuer}/reg`, undefined, { ...APP, ...more });
    const refusals: readonly (readonly [object, string, string])[] = [
      [{ redirect_uris: ['http://notes.example.org/cb'] }, 'invalid_redirect_uri', 'redirect_uris[0]'],
      [{ redirect_uris: ['https://*.example.org/cb'] }, 'invalid_redirect_uri', 'redirect_uris[0]'],
      [{ backchannel_logout_uri: 'http://10.0.0.1/logout' }, 'invalid_client_metadata', 'backchannel_logout_uri'],
      [{ id_token_signed_response_alg: 'none' }, 'invalid_client_metadata', 'id_token_signed_response_alg'],
      [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata', 'client_credentials'],
      [{ scope: 'openid signoff.admin' }, 'invalid_client_metadata', 'scopes of the API'],
      [{ logout: { ask: 'never' } }, 'invalid_client_metadata', 'logout.ask'],
      [{ subject_type: 'secret' }, 'invalid_client_metadata', 'must be one of public, pairwise'],
    ];
    for (const [more, error, words] of refusals) {
      const answer = await register(more);
      expect([more, answer.status, answer.json.error]).toEqual([more, 400, error]);
      expect(answer.json.error_description).toContain(words);
    }
    const first = await register({ party: 'first', client_secret: 'chosen by a stranger, long enough' });
    expect(first.json).toMatchObject({ party: 'third' });
    expect(first.json.client_secret).not.toContain('chosen');
    for (const body of ['[]', '{', '"x"']) {
      expect((await send('POST', `${world.issuer}/reg`, undefined, body)).status).toBe(400);
    }
  });
});
