/** The modules of the OpenID Foundation's basic suite (v5.2.4) that matter most here, under their names, and stricter. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createBrowser, send } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty } from '../support/relying-party.ts';
import { authorize, exchange, type Flow, userinfo } from './code-flow.ts';
import { claimsOf, FORM, headerOf, introspect } from './scene.ts';

const DORA = {
  name: 'Dora Example',
  given_name: 'Dora',
  family_name: 'Example',
  preferred_username: 'dora',
  updated_at: 1_700_000_000,
  email: 'dora@example.test',
  email_verified: true,
  phone_number: '+43 1 234',
  phone_number_verified: false,
  address: { formatted: 'Ring 1\n1010 Wien', country: 'AT' },
};

describe('oidcc-basic', () => {
  let world: World<'suite' | 'other' | 'post' | 'lax'>;
  let suite: RelyingParty;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        suite: {},
        other: {},
        post: { file: { token_endpoint_auth_method: 'client_secret_post' } },
        lax: { file: { require_pkce: false } },
      },
    });
    suite = world.apps.suite;
    const alice = await world.store.accounts.find(await world.accountId('alice'));
    if (alice) await world.store.accounts.create({ ...alice, id: 'dora-id', username: 'dora', claims: DORA });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  /** One login that went well, looked at as the suite looks at every login. */
  async function login(changes: Parameters<typeof authorize>[3] = {}, username = 'alice', browser = createBrowser()) {
    const flow = await authorize(world, suite, browser, changes, username);
    const { status, json } = await exchange(suite, flow);
    expect([flow.answer.get('state'), flow.answer.get('iss')]).toEqual([flow.state, world.issuer]);
    expect(status).toBe(200);
    expect(json['token_type']).toBe('Bearer');
    expect(json['expires_in']).toBeGreaterThan(0);
    expectGoodIdToken(flow, json['id_token']);
    const me = await userinfo(world, json['access_token']);
    expect([me.status, me.json['sub']]).toEqual([200, claimsOf(json['id_token']).sub]);
    return { flow, json, browser, claims: claimsOf(json['id_token']), me: me.json };
  }

  function expectGoodIdToken({ nonce }: Flow, idToken: unknown): void {
    const { iss, aud, exp = 0, iat = 0, sub, ...rest } = claimsOf(idToken);
    const now = Date.now() / 1000;
    expect([iss, aud]).toEqual([world.issuer, 'suite']);
    expect(exp).toBeGreaterThan(now);
    expect(exp).toBeLessThan(now + 86_400);
    expect(Math.abs(now - iat)).toBeLessThan(300);
    expect(sub).toMatch(/^[\x21-\x7e]{1,255}$/);
    expect([undefined, nonce]).toContain(rest['nonce']);
    expect(rest['acr']).not.toBe('');
    expect(headerOf(String(idToken))).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  }

  it('oidcc-server: a code of 128 bits, used by nobody twice', async () => {
    const one = await login();
    const two = await login();

    const codes = [one, two].map(({ flow }) => flow.answer.get('code') ?? '');
    expect(new Set(codes).size).toBe(2);
    for (const code of codes) expect(code).toMatch(/^[\w-]{22,}$/);
    expect(one.claims['nonce']).toBe(one.flow.nonce);
  });

  it('oidcc-response-type-missing', async () => {
    const { answer } = await authorize(world, suite, createBrowser(), { response_type: undefined });

    expect(answer.get('error')).toBe('invalid_request');
    expect(answer.has('code')).toBe(false);
  });

  it.each(['GET', 'POST', 'POST body'] as const)('oidcc-userinfo by %s', async (way) => {
    const { json, claims } = await login();

    expect(await userinfo(world, json['access_token'], way)).toMatchObject({ status: 200, json: { sub: claims.sub } });
    expect((await userinfo(world, 'no-such-token', way)).status).toBe(401);
  });

  it('oidcc-ensure-request-without-nonce-succeeds', async () => {
    expect((await login({ nonce: undefined })).claims).not.toHaveProperty('nonce');
  });

  it.each<[string, Partial<typeof DORA>]>([
    ['profile', { name: DORA.name, given_name: 'Dora', preferred_username: 'dora', updated_at: DORA.updated_at }],
    ['email', { email: DORA.email, email_verified: true }],
    ['address', { address: DORA.address }],
    ['phone', { phone_number: DORA.phone_number, phone_number_verified: false }],
    ['profile email address phone', DORA],
  ])('oidcc-scope-%s', async (scope, expected) => {
    const { me } = await login({ scope: `openid ${scope}` }, 'dora');
    const reversed = await login({ scope: `${scope.split(' ').reverse().join(' ')} openid` }, 'dora');

    expect(me).toMatchObject(expected);
    expect(reversed.me).toEqual(me);
    if (scope === 'email') expect(Object.keys(me).sort()).toEqual(['email', 'email_verified', 'sub']);
  });

  it.each(['page', 'popup', 'touch', 'wap'])('oidcc-display-%s', async (display) => {
    expect((await login({ display })).claims.sub).toBeTruthy();
  });

  it('oidcc-prompt-login and -prompt-none-logged-in', async () => {
    const first = await login({ max_age: '9999' });
    letPass(5 * SECOND);
    const again = await login({ max_age: '9999', prompt: 'login' }, 'alice', first.browser);
    letPass(5 * SECOND);
    const silent = await login({ max_age: '9999', prompt: 'none' }, 'alice', first.browser);

    expect(again.claims.auth_time).toBeGreaterThanOrEqual((first.claims.auth_time ?? 0) + 5);
    expect(silent.claims).toMatchObject({ sub: first.claims.sub, auth_time: again.claims.auth_time });
  });

  it('oidcc-prompt-none-not-logged-in', async () => {
    const { answer, state } = await authorize(world, suite, createBrowser(), { prompt: 'none' });

    expect([answer.get('error'), answer.get('state'), answer.get('iss')]).toEqual([
      'login_required',
      state,
      world.issuer,
    ]);
  });

  it('oidcc-max-age-1 and oidcc-max-age-10000', async () => {
    const first = await login({ max_age: '10000' });
    letPass(2 * SECOND);
    const same = await login({ max_age: '10000' }, 'alice', first.browser);
    const later = await login({ max_age: '1' }, 'alice', first.browser);

    expect(same.claims.auth_time).toBe(first.claims.auth_time);
    expect(later.claims.auth_time).toBeGreaterThanOrEqual((first.claims.auth_time ?? 0) + 2);
    expect(later.claims.sub).toBe(first.claims.sub);
  });

  it('oidcc-id-token-hint', async () => {
    const first = await login();
    const hinted = { prompt: 'none', id_token_hint: String(first.json['id_token']) };

    expect((await login(hinted, 'alice', first.browser)).claims.sub).toBe(first.claims.sub);
  });

  it.each<[string, Record<string, string>]>([
    ['ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
    ['login-hint', { login_hint: 'alice@example.test' }],
    ['ui-locales', { ui_locales: 'se' }],
    ['claims-locales', { claims_locales: 'se' }],
    ['ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
    ['claims-essential', { claims: '{"userinfo":{"email":{"essential":true}},"id_token":{"email":null}}' }],
  ])('oidcc-%s', async (name, parameters) => {
    const { me, claims } = await login(parameters);

    if (name === 'claims-essential') {
      expect(me['email']).toBe('alice@example.test');
      expect(claims['email']).toBe('alice@example.test');
    }
    if (name.includes('acr')) expect(claims['acr']).toEqual(expect.stringMatching(/./));
  });

  it('oidcc-codereuse and -30seconds: the code is good once, and its tokens die with a second use', async () => {
    const { flow, json } = await login();
    const refreshToken = String(json['refresh_token']);

    const again = await exchange(suite, flow);

    expect(again).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(await introspect(world, suite, String(json['access_token']))).toEqual({ active: false });
    const refreshed = await suite.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(refreshed.json['error']).toBe('invalid_grant');
    letPass(31 * SECOND);
    expect((await exchange(suite, flow)).json['error']).toBe('invalid_grant');
  });

  it('oidcc-ensure-registered-redirect-uri: a page, no redirect', async () => {
    const wrong = { redirect_uri: `${suite.origin}/callback/foo` };

    const { page } = await authorize(world, suite, createBrowser(), wrong);

    expect([page.status, page.location]).toEqual([400, undefined]);
  });

  it('oidcc-ensure-post-request-succeeds', async () => {
    const url = new URL(suite.authorizationUrl());
    const browser = createBrowser();

    const page = await browser.post(`${world.issuer}/auth`, Object.fromEntries(url.searchParams), { crossSite: true });
    const right = { username: 'alice', password: world.password };
    const back = await browser.submit(page, right, { stopAt: suite.redirectUri });

    expect((await suite.finish(back.location ?? '')).claims.aud).toBe('suite');
  });

  it('oidcc-server-client-secret-post, and a wrong secret is invalid_client', async () => {
    const { post } = world.apps;
    const [flow, other] = [
      await authorize(world, post, createBrowser()),
      await authorize(world, post, createBrowser()),
    ] as const;
    const call = (one: Flow, secret: string) => {
      const fields = {
        grant_type: 'authorization_code',
        code: one.answer.get('code') ?? '',
        redirect_uri: post.redirectUri,
        code_verifier: one.verifier,
        client_id: 'post',
        client_secret: secret,
      };
      return send('POST', new URL(`${world.issuer}/token`), FORM, new URLSearchParams(fields).toString());
    };

    expect((await call(flow, post.secret)).status).toBe(200);
    const wrong = await call(other, 'wrong');
    expect([wrong.status, JSON.parse(wrong.body).error]).toEqual([401, 'invalid_client']);
  });

  it.each<[string, Record<string, string>]>([
    ['request-uri-unsigned', { request_uri: 'https://suite.example/request.jwt' }],
    ['unsigned-request-object', { request: 'eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im9wZW5pZCJ9.' }],
  ])('oidcc-%s: refused in one of the known ways', async (_, parameters) => {
    const { answer, page } = await authorize(world, suite, createBrowser(), parameters);

    expect(page.location?.startsWith(suite.redirectUri)).toBe(true);
    const known = ['request_not_supported', 'request_uri_not_supported', 'invalid_request_uri', 'invalid_request'];
    expect(known).toContain(answer.get('error'));
  });

  it('oidcc-refresh-token: bound to its client', async () => {
    const { json, claims } = await login();
    const fields = { grant_type: 'refresh_token', refresh_token: String(json['refresh_token']) };

    expect((await world.apps.other.token(fields)).json['error']).toBe('invalid_grant');
    const own = await suite.token(fields);
    expect(own.status).toBe(200);
    expect(claimsOf(own.json['id_token'])).toMatchObject({ sub: claims.sub, sid: claims.sid, iss: claims.iss });
  });

  it('a code is bound to its client, its redirect address and its verifier', async () => {
    const wrongs = [
      { redirect_uri: `${suite.redirectUri}x` },
      { code_verifier: 'x'.repeat(43) },
      { code_verifier: undefined },
    ];
    for (const wrong of wrongs) {
      const flow = await authorize(world, suite, createBrowser());
      expect((await exchange(suite, flow, wrong)).json['error']).toBe('invalid_grant');
    }
    const flow = await authorize(world, suite, createBrowser());
    const { other } = world.apps;
    expect((await exchange(other, flow, { redirect_uri: suite.redirectUri })).json['error']).toBe('invalid_grant');
  });

  it('oidcc-ensure-request-with-valid-pkce-succeeds; without it only where the client file says so', async () => {
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const { lax } = world.apps;

    expect((await authorize(world, suite, createBrowser(), without)).answer.get('error')).toBe('invalid_request');
    const plain = await authorize(world, suite, createBrowser(), { code_challenge_method: 'plain' });
    expect(plain.answer.get('error')).toBe('invalid_request');
    const flow = await authorize(world, lax, createBrowser(), without);
    expect((await exchange(lax, flow, { code_verifier: undefined })).status).toBe(200);
    const challenged = await authorize(world, lax, createBrowser());
    expect((await exchange(lax, challenged, { code_verifier: undefined })).json['error']).toBe('invalid_grant');
    // RFC 9700 §2.1.1: a verifier without an earlier challenge is an error.
    const unchallenged = await authorize(world, lax, createBrowser(), without);
    expect((await exchange(lax, unchallenged)).json['error']).toBe('invalid_grant');
  });
});
