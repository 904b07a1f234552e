import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { send } from '../../support/browser.ts';
import { claimsOf, createPerson, exchange, headerOf, introspect, type Rig, startRig, userinfo } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    outboundAllow: ['127.0.0.0/8'],
    clients: [
      { client_id: 'a', party: 'first' },
      { client_id: 'old', party: 'first', require_pkce: false },
      { client_id: 'spa', party: 'first', token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined },
      ...['ES256', 'PS256', 'EdDSA'].map((alg) => ({
        client_id: alg.toLowerCase(),
        party: 'first',
        id_token_signed_response_alg: alg,
      })),
    ],
  });
});
afterAll(() => rig.close());

const discovery = '/.well-known/openid-configuration';
const none = { code_challenge: '', code_challenge_method: '' };

/** Says exactly this to a server and answers all it says back. */
async function speak(origin: string, words: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.end(words);
  return text(socket);
}

describe('discovery and key set', () => {
  it('say the issuer whatever Host or request line they are asked with', async () => {
    const { host, port, hostname } = new URL(rig.issuer);
    const plain = await send('GET', new URL(rig.issuer + discovery), {});
    const foreign = await send('GET', new URL(rig.issuer + discovery), { host: 'evil.test' });
    const [other, third] = [await startRig({}), await startRig({})];
    try {
      const whole = `GET http://evil.test${discovery} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`;
      const absolute = await speak(third.issuer, whole);
      expect(absolute).toContain(`"token_endpoint":"${third.issuer}/token"`);
      expect(absolute).not.toContain('evil.test');
      const first = await send('GET', new URL(other.issuer + discovery), {
        host: 'evil.test',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-proto': 'https',
      });
      expect(first.body).not.toContain('evil.test');
      expect(first.body).toContain(`"authorization_endpoint":"${other.issuer}/auth"`);
    } finally {
      await Promise.all([other.close(), third.close()]);
    }
    expect(foreign.body).toBe(plain.body);
    expect(plain.body).toContain(`"issuer":"http://${host}"`);
    expect([hostname, port.length > 0]).toEqual(['127.0.0.1', true]);
  });

  it('may be cached for five minutes, by anybody, and are not sent twice', async () => {
    for (const path of [discovery, '/jwks', '/.well-known/oauth-authorization-server']) {
      const first = await fetch(rig.issuer + path);
      expect([path, first.status, first.headers.get('cache-control')]).toEqual([path, 200, 'public, max-age=300']);
      expect([first.headers.get('access-control-allow-origin'), first.headers.get('vary')]).toEqual(['*', null]);
      const again = await send('GET', new URL(rig.issuer + path), { 'if-none-match': first.headers.get('etag') ?? '' });
      expect([again.status, again.body]).toEqual([304, '']);
      expect((await send('HEAD', new URL(rig.issuer + path), {})).status).toBe(200);
    }
  });

  it('B1 B2 I2 promise what we keep', async () => {
    const document = (await (await fetch(rig.issuer + discovery)).json()) as Record<string, string[]>;
    expect(document).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      end_session_endpoint: `${rig.issuer}/session/end`,
      authorization_response_iss_parameter_supported: true,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      claims_parameter_supported: true,
      request_uri_parameter_supported: false,
      subject_types_supported: ['public', 'pairwise'],
      acr_values_supported: ['urn:signoff:password'],
    });
    expect(document['id_token_signing_alg_values_supported']?.toSorted()).toEqual(['ES256', 'EdDSA', 'PS256', 'RS256']);
    expect(document['scopes_supported']).toContain('groups');
    expect(document['grant_types_supported']).toEqual(['authorization_code', 'refresh_token', 'client_credentials']);
    expect(document).not.toHaveProperty('registration_endpoint');
    const empty = Object.entries(document).filter(([, value]) => Array.isArray(value) && value.length === 0);
    expect(empty).toEqual([]);
  });

  it('show public halves only', async () => {
    const { keys } = (await (await fetch(`${rig.issuer}/jwks`)).json()) as { keys: Record<string, unknown>[] };
    expect(keys).toHaveLength(4);
    expect(new Set(keys.map((key) => key['kid'])).size).toBe(4);
    for (const key of keys) expect(['d', 'p', 'q', 'dp', 'dq', 'qi'].filter((name) => name in key)).toEqual([]);
  });
});

describe('/auth', () => {
  it.each(['ES256', 'PS256', 'EdDSA'])('signs ID tokens with %s where the client registered it', async (alg) => {
    const { id_token } = await createPerson(rig, await rig.account()).signIn(alg.toLowerCase());
    expect(headerOf(id_token)['alg']).toBe(alg);
  });

  it('BP18 answers carry iss; form_post works; ui_locales and unknown parameters are no error (C16)', async () => {
    const person = createPerson(rig, await rig.account());
    const { params } = await person.authorize('a', {
      ui_locales: 'xx tlh',
      claims_locales: 'se',
      display: 'popup',
      foo: 'bar',
    });
    expect(params).toMatchObject({ iss: rig.issuer, state: 'st' });
    const { page } = await person.authorize('a', { response_mode: 'form_post' });
    expect(page.forms[0]).toMatchObject({ action: 'http://a.test/cb', method: 'POST', fields: { iss: rig.issuer } });
  });

  it('BP3 PKCE is required, unless the client file says that the app cannot', async () => {
    const person = createPerson(rig, await rig.account());
    expect((await person.authorize('a', none)).params?.['error']).toBe('invalid_request');
    expect((await person.authorize('spa', none)).params?.['error']).toBe('invalid_request');
    expect((await person.authorize('old', none)).params?.['code']).toBeDefined();
  });

  it('BP4 a verifier without an earlier challenge is refused', async () => {
    const person = createPerson(rig, await rig.account());
    const { params } = await person.authorize('old', none);
    expect(await person.code('old', params)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('C10 a redirect address that is not registered gives a page, never a redirect', async () => {
    const person = createPerson(rig, await rig.account());
    for (const redirect_uri of ['http://a.test/cb/', 'http://evil.test/cb', 'http://a.test/cb?x=1']) {
      const { page } = await person.authorize('a', { redirect_uri });
      expect([page.status, page.location]).toEqual([400, undefined]);
    }
  });

  it('a suspended client gets no new sign-in', async () => {
    await rig.register({ client_id: 'leaving', party: 'first' });
    await rig.suspend('leaving');
    const { page } = await createPerson(rig, await rig.account()).authorize('leaving');
    expect(JSON.parse(page.body)).toMatchObject({ error: 'invalid_client' });
  });

  it('a request without openid is invalid_scope: its app would never learn its sid', async () => {
    const person = createPerson(rig, await rig.account());
    for (const scope of ['profile', 'email offline_access', 'unheard-of', '']) {
      const { params } = await person.authorize('a', { scope });
      expect(params).toMatchObject({ error: 'invalid_scope', error_description: expect.stringContaining('openid') });
    }
  });

  it('C7 auth_time, acr and amr are in every ID token', async () => {
    const { id_token } = await createPerson(rig, await rig.account()).signIn('a');
    expect(claimsOf(id_token)).toMatchObject({
      acr: 'urn:signoff:password',
      amr: ['pwd'],
      auth_time: expect.any(Number),
    });
  });

  it('scopes of signoff.yaml carry their claims', async () => {
    const account = await rig.account({ claims: { groups: ['staff'], email: 'a@example.test' } });
    const tokens = await createPerson(rig, account).signIn('a', { scope: 'openid groups' });
    expect(await (await userinfo(rig, tokens.access_token)).json()).toEqual({ sub: account.id, groups: ['staff'] });
  });
});

describe('browser apps', () => {
  it('may call token, userinfo and revocation from the origin of a redirect address, and from no other', async () => {
    const person = createPerson(rig, await rig.account());
    const { access_token } = await person.signIn('spa');
    const call = (path: string, origin: string) =>
      send('POST', new URL(rig.issuer + path), {
        origin,
        authorization: `Bearer ${access_token}`,
        'content-length': '0',
      });
    const good = await call('/me', 'http://spa.test');
    expect([good.status, good.headers['access-control-allow-origin']]).toEqual([200, 'http://spa.test']);
    const bad = await call('/me', 'http://evil.test');
    expect([bad.status, bad.headers['access-control-allow-origin']]).toEqual([400, undefined]);
    expect((await call('/me', 'null')).status).toBe(400);
    const body = 'grant_type=refresh_token&refresh_token=x&client_id=spa';
    const token = await send(
      'POST',
      new URL(`${rig.issuer}/token`),
      {
        origin: 'http://evil.test',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      },
      body,
    );
    expect([token.status, token.headers['access-control-allow-origin']]).toEqual([400, undefined]);
  });

  it('in an app shell call from its own scheme and host', async () => {
    const shell = { application_type: 'native', token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined };
    const nowhere = { post_logout_redirect_uris: [] };
    await rig.register(
      {
        client_id: 'shell',
        party: 'first',
        ...shell,
        redirect_uris: ['capacitor://localhost/cb', 'test.shell:/cb'],
        ...nowhere,
      },
      { client_id: 'bare', party: 'first', ...shell, redirect_uris: ['test.shell:/cb'], ...nowhere },
    );
    const ask = async (client_id: string, origin: string) => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id }).toString();
      const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
      const answer = await send('POST', new URL(`${rig.issuer}/token`), { origin, ...form }, body);
      return answer.headers['access-control-allow-origin'];
    };
    expect(await ask('shell', 'capacitor://localhost')).toBe('capacitor://localhost');
    for (const origin of ['capacitor://elsewhere', 'ionic://localhost', 'test.shell://', 'http://localhost', 'null']) {
      expect([origin, await ask('shell', origin)]).toEqual([origin, undefined]);
    }
    expect(await ask('bare', 'null')).toBeUndefined();
  });

  it('BP12 get no CORS at the authorization endpoint', async () => {
    const answer = await send('GET', new URL(`${rig.issuer}/auth?client_id=spa`), { origin: 'http://spa.test' });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('private_key_jwt', () => {
  it('needs iat, lives ten minutes at most, and is for the issuer or the endpoint called, alone', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const key = { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'app' };
    await rig.register({
      client_id: 'asserts',
      party: 'first',
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [key] },
    });
    const now = Math.floor(rig.clock.now() / 1000);
    const usual = { iss: 'asserts', sub: 'asserts', aud: rig.issuer as unknown, iat: now, exp: now + 60 };
    const ask = async (changes: Record<string, unknown>, path = '/token') => {
      const claims = { ...usual, jti: Math.random().toString(36), ...changes };
      const client_assertion = await new SignJWT(claims as JWTPayload)
        .setProtectedHeader({ alg: 'ES256', kid: 'app' })
        .sign(privateKey);
      const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const fields = { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' };
      const body = new URLSearchParams({ ...fields, client_assertion, client_assertion_type });
      const answer = await fetch(rig.issuer + path, { method: 'POST', body });
      const { error = 'none' } = (await answer.json()) as { error?: string };
      return error;
    };

    expect(await ask({})).toBe('invalid_grant');
    expect(await ask({ exp: now + 600, aud: [rig.issuer] })).toBe('invalid_grant');
    expect(await ask({ aud: `${rig.issuer}/token` })).toBe('invalid_grant');
    expect(await ask({ aud: `${rig.issuer}/token/introspection` }, '/token/introspection')).toBe('none');
    for (const wrong of [
      { iat: undefined },
      { exp: now + 601 },
      { iat: now + 3_600, exp: now + 3_660 },
      { aud: [rig.issuer, 'https://elsewhere.example'] },
      { aud: [rig.issuer, `${rig.issuer}/token`] },
      { aud: `${rig.issuer}/token/introspection` },
    ]) {
      expect({ wrong, error: await ask(wrong) }).toEqual({ wrong, error: 'invalid_client' });
    }
    expect(await ask({ aud: `${rig.issuer}/token` }, '/token/introspection')).toBe('invalid_client');
  });
});

describe('introspection', () => {
  it('is for the app of the token, and for those that its file lists: access tokens, never by a bare name', async () => {
    await rig.register(
      { client_id: 'lists', party: 'first', introspection_for: ['api', 'bare'] },
      { client_id: 'silent', party: 'first' },
      { client_id: 'api', party: 'first' },
      { client_id: 'bare', party: 'first', token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined },
    );
    const account = await rig.account();
    const person = createPerson(rig, account);
    const lists = await person.signIn('lists');
    const silent = await person.signIn('silent');

    expect(await introspect(rig, 'lists', lists.access_token)).toBe(true);
    expect(await exchange(rig, 'api', { token: lists.access_token }, '/token/introspection')).toMatchObject({
      active: true,
      client_id: 'lists',
      sub: account.id,
      sid: claimsOf(lists.id_token)['sid'],
    });
    for (const [caller, token] of [
      ['api', silent.access_token],
      ['api', lists.refresh_token ?? ''],
      ['silent', lists.access_token],
      ['bare', lists.access_token],
    ] as const) {
      expect(await exchange(rig, caller, { token }, '/token/introspection')).toEqual({ active: false, status: 200 });
    }
  });
});

describe('what an app lets us fetch', () => {
  it('is its key set for private_key_jwt, where our rules allow the address', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const keySet = JSON.stringify({
      keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'app' }],
    });
    const server = createServer((_request, response) => response.end(keySet)).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    try {
      await rig.register(
        ...[
          ['signs', `http://127.0.0.1:${port}/jwks`],
          ['inside', 'http://10.0.0.1/jwks'],
        ].map(([client_id = '', jwks_uri]) => ({
          client_id,
          party: 'first',
          client_secret: undefined,
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: 'ES256',
          jwks_uri,
        })),
      );
      const ask = async (clientId: string) => {
        const client_assertion = await new SignJWT({})
          .setProtectedHeader({ alg: 'ES256', kid: 'app' })
          .setIssuer(clientId)
          .setSubject(clientId)
          .setAudience(rig.issuer)
          .setJti(Math.random().toString(36))
          .setIssuedAt()
          .setExpirationTime('1m')
          .sign(privateKey);
        const answer = await fetch(`${rig.issuer}/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'refresh_token',
            refresh_token: 'x',
            client_assertion,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          }),
        });
        return ((await answer.json()) as { error: string }).error;
      };
      expect(await ask('signs')).toBe('invalid_grant');
      expect(await ask('inside')).not.toBe('invalid_grant');
    } finally {
      server.close();
    }
  });
});

describe('checkClients', () => {
  it('says what the library would refuse before anybody signs in', async () => {
    await rig.register({ client_id: 'broken', redirect_uris: ['http://x.test/#fragment'] });
    rig.lines.splice(0);
    await rig.oidc.checkClients();
    const rejected = rig.lines.filter((line) => line.event === 'client.rejected').map((line) => line.facts);
    const message = expect.stringContaining('redirect_uris');
    expect(rejected).toEqual([{ file: 'broken.yaml', client_id: 'broken', message }]);
  });
});
