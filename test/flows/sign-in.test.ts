import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { cookieNames } from '../../src/oidc/cookies.ts';
import { type Browser, createBrowser, type Page, send } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

describeFlows('signing in', () => {
  let world: World<'wiki' | 'mail' | 'notes'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, mail: {}, notes: { file: { party: 'third' } } },
      settings: { SIGNOFF_SIGNIN_LIMIT: '3/15m' },
    });
  });
  afterAll(() => world.stop());

  describe('the form', () => {
    it('a wrong password and an unknown user look the same', async () => {
      const { wiki } = world.apps;
      const wrong = await tryOnce(createBrowser(), wiki.authorizationUrl(), 'bob', 'wrong');
      const unknown = await tryOnce(createBrowser(), wiki.authorizationUrl(), 'eve', 'wrong');

      expect([wrong.status, unknown.status]).toEqual([401, 401]);
      expect(wrong.body).toContain('do not match');
      expect(comparable(wrong, 'bob')).toBe(comparable(unknown, 'eve'));
    });

    it('keeps the user name that was typed, never the password', async () => {
      const page = await tryOnce(createBrowser(), world.apps.wiki.authorizationUrl(), 'eve"<b>', 'pass-word-typed');

      expect(page.forms[0]?.fields['username']).toBe('eve"<b>');
      expect(page.body).not.toContain('pass-word-typed');
      expect(page.body).not.toContain('<b>"');
    });

    it('an empty field asks again and is no failed try', async () => {
      const page = await tryOnce(createBrowser(), world.apps.wiki.authorizationUrl(), '', '');

      expect(page.status).toBe(400);
      expect(page.body).toContain('fill in');
    });

    it('too many failures are 429 with Retry-After; another account still gets in from the same address', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      for (let count = 0; count < 3; count++) await tryOnce(browser, wiki.authorizationUrl(), 'mallory', 'wrong');

      const limited = await tryOnce(browser, wiki.authorizationUrl(), 'mallory', 'wrong');

      expect(limited.status).toBe(429);
      expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
      expect(limited.forms[0]?.fields).toHaveProperty('password');
      await expect(wiki.signIn(createBrowser())).resolves.toHaveProperty('idToken');
    });

    it('leads to the app with its answer: no trip in between', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      const page = await browser.get(wiki.authorizationUrl());

      const answer = await browser.submit(page, { username: 'alice', password: PASSWORD }, { follow: false });

      expect(answer.status).toBe(303);
      expect(answer.location?.startsWith(`${wiki.redirectUri}?code=`)).toBe(true);
      expect(browser.cookies().map(({ name }) => name)).toContain(cookieNames(world.issuer).session);
    });

    it('an e-mail address signs in where it is verified', async () => {
      const { wiki } = world.apps;
      const accountId = await world.accountId('bob');

      const tokens = await wiki.signIn(createBrowser(), { username: 'Bob@Example.test' });
      await world.store.accounts.setClaims(accountId, { email: 'bob@example.test', email_verified: false });
      const refused = await tryOnce(createBrowser(), wiki.authorizationUrl(), 'bob@example.test', PASSWORD);

      expect(tokens.claims.sub).toBe(accountId);
      expect(refused.status).toBe(401);
      expect(refused.body).toContain('User name or email');
    });

    it('fills in the login_hint', async () => {
      const page = await createBrowser().get(world.apps.wiki.authorizationUrl({ login_hint: 'alice' }));

      expect(page.forms[0]?.fields['username']).toBe('alice');
    });

    it('without its csrf field, or from another site, signs nobody in', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      const page = await browser.get(wiki.authorizationUrl());
      const right = { username: 'alice', password: PASSWORD };

      const bare = await browser.post(page.forms[0]?.action ?? '', right);
      const foreign = await browser.submit(page, right, { headers: { origin: 'https://evil.example' } });

      expect([bare.status, foreign.status]).toEqual([403, 403]);
    });

    it('on a shared computer leaves no session cookie that outlives the browser', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      const page = await browser.get(wiki.authorizationUrl());

      await browser.submit(page, { username: 'alice', password: PASSWORD, shared: 'on' }, { stopAt: wiki.redirectUri });

      const session = browser.cookies().filter((cookie) => cookie.name === cookieNames(world.issuer).session);
      expect(session).toHaveLength(1);
      expect(session[0]?.expiresAt).toBeUndefined();
      expect((await browser.get(world.issuer)).body).toContain('shared computer');
    });

    it('gives the browser a device cookie that scripts cannot read, for a year', async () => {
      const browser = createBrowser();
      await browser.get(world.apps.wiki.authorizationUrl());

      const [device] = browser.cookies().filter((cookie) => cookie.name === cookieNames(world.issuer).device);

      expect(device?.attributes.toLowerCase()).toContain('httponly');
      expect(device?.expiresAt).toBeGreaterThan(Date.now() + 364 * 86_400_000);
    });
  });

  describe('the requests', () => {
    it('C1 POST /auth from another site signs in as GET does', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      await wiki.signIn(browser);
      const parameters = Object.fromEntries(new URL(wiki.authorizationUrl({ prompt: 'none' })).searchParams);

      const page = await browser.post(`${world.issuer}/auth`, parameters, {
        crossSite: true,
        stopAt: wiki.redirectUri,
      });

      expect((await wiki.finish(page.location ?? '')).claims.sub).toBeTruthy();
    });

    it('response_mode=form_post answers with a form', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      await wiki.signIn(browser);

      const page = await browser.get(wiki.authorizationUrl({ response_mode: 'form_post' }));

      expect(page.status).toBe(200);
      expect(page.forms[0]?.action).toBe(wiki.redirectUri);
      expect(page.forms[0]?.fields).toMatchObject({ code: expect.any(String), iss: world.issuer });
      expect(page.headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
      const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(page.body) ?? [];
      const hash = createHash('sha256').update(script).digest('base64');
      expect(String(page.headers['content-security-policy']).split(/; ?/)).toEqual([
        "default-src 'none'",
        `script-src 'sha256-${hash}'`,
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]);
    });

    it('a pushed request (PAR) signs in', async () => {
      const { wiki } = world.apps;
      const url = new URL(wiki.authorizationUrl());
      const pushed = await send(
        'POST',
        new URL(`${world.issuer}/request`),
        {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`wiki:${wiki.secret}`).toString('base64')}`,
        },
        url.searchParams.toString(),
      );
      expect(pushed.status).toBe(201);
      const { request_uri } = JSON.parse(pushed.body) as { request_uri: string };
      const browser = createBrowser();

      const page = await browser.get(`${world.issuer}/auth?${new URLSearchParams({ client_id: 'wiki', request_uri })}`);
      const back = await browser.submit(page, { username: 'alice', password: PASSWORD }, { stopAt: wiki.redirectUri });

      expect((await wiki.finish(back.location ?? '')).claims.aud).toBe('wiki');
    });

    it('the answer names the issuer (RFC 9207)', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      await wiki.signIn(browser);

      const page = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });

      expect(new URL(page.location ?? '').searchParams.get('iss')).toBe(world.issuer);
    });

    it('prompt=login asks again although somebody is signed in, and auth_time moves', async () => {
      const { wiki } = world.apps;
      const browser = createBrowser();
      await wiki.signIn(browser);

      const page = await browser.get(wiki.authorizationUrl({ prompt: 'login' }));

      expect(page.forms[0]?.fields).toHaveProperty('password');
      expect(page.body).toContain('sign in once more');
    });
  });

  describe('consent', () => {
    it('a third-party app is asked about once, and gets what was allowed', async () => {
      const { notes } = world.apps;
      const browser = createBrowser();
      const page = await browser.get(notes.authorizationUrl());
      const asked = await browser.submit(page, { username: 'bob', password: PASSWORD }, { stopAt: notes.redirectUri });
      expect(asked.forms[0]?.choices['decision']).toEqual(expect.arrayContaining(['allow', 'deny']));
      expect(asked.body).toContain('Notes');

      const back = await browser.submit(asked, { decision: 'allow' }, { stopAt: notes.redirectUri });
      await notes.finish(back.location ?? '');

      const elsewhere = createBrowser();
      const second = await elsewhere.get(notes.authorizationUrl());
      const straight = await elsewhere.submit(
        second,
        { username: 'bob', password: PASSWORD },
        { stopAt: notes.redirectUri },
      );
      expect(new URL(straight.location ?? '').searchParams.has('code')).toBe(true);
    });

    it('"no" goes back to the app as access_denied with its state', async () => {
      const { notes } = world.apps;
      const browser = createBrowser();
      const page = await browser.get(notes.authorizationUrl({ state: 'mine' }));
      const asked = await browser.submit(
        page,
        { username: 'alice', password: PASSWORD },
        { stopAt: notes.redirectUri },
      );

      const back = await browser.submit(asked, { decision: 'deny' }, { stopAt: notes.redirectUri });

      const answer = new URL(back.location ?? '').searchParams;
      expect([answer.get('error'), answer.get('state')]).toEqual(['access_denied', 'mine']);
      expect(answer.has('code')).toBe(false);
    });

    it('a first-party app is not asked about', async () => {
      await expect(world.apps.mail.signIn(createBrowser())).resolves.toHaveProperty('idToken');
    });
  });
});

describeFlows('kinds of apps', () => {
  let world: World<'post' | 'public' | 'es256' | 'keyed'>;
  let key: CryptoKey;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    key = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    world = await startWorld({
      apps: {
        post: { file: { token_endpoint_auth_method: 'client_secret_post' } },
        public: { file: { token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined } },
        es256: { file: { id_token_signed_response_alg: 'ES256' } },
        keyed: {
          file: { token_endpoint_auth_method: 'private_key_jwt', client_secret: undefined, jwks: { keys: [jwk] } },
        },
      },
    });
  });
  afterAll(() => world.stop());

  it('client_secret_post', async () => {
    const app = world.apps.post;
    const { code, verifier } = await codeFor(app);

    const { status } = await post(`${world.issuer}/token`, {
      ...exchange(app, code, verifier),
      client_id: 'post',
      client_secret: app.secret,
    });

    expect(status).toBe(200);
  });

  it('a public client: PKCE instead of a secret', async () => {
    const app = world.apps.public;

    await expect(app.signIn(createBrowser())).resolves.toHaveProperty('idToken');
  });

  it('ES256: the logout token is signed with the algorithm of the ID tokens', async () => {
    const app = world.apps.es256;
    const browser = createBrowser();
    const { idToken } = await app.signIn(browser);

    await browser.get(app.endSessionUrl({ id_token_hint: idToken }));

    expect((await app.waitForTokens(1))[0]?.header).toMatchObject({ alg: 'ES256', typ: 'logout+jwt' });
  });

  it('private_key_jwt', async () => {
    const app = world.apps.keyed;
    const { code, verifier } = await codeFor(app);
    const assertion = await new SignJWT({ jti: randomBytes(12).toString('hex') })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer('keyed')
      .setSubject('keyed')
      .setAudience(world.issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key);

    const { status } = await post(`${world.issuer}/token`, {
      ...exchange(app, code, verifier),
      client_id: 'keyed',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });

    expect(status).toBe(200);
  });

  /** A code that is exchanged by hand, with a verifier of our own. */
  async function codeFor(app: World<string>['apps'][string]) {
    const verifier = randomBytes(32).toString('base64url');
    const browser = createBrowser();
    const url = app.authorizationUrl({ code_challenge: verifier, code_challenge_method: 'plain' });
    const challenge = new URL(url);
    const { createHash } = await import('node:crypto');
    challenge.searchParams.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
    challenge.searchParams.set('code_challenge_method', 'S256');
    const page = await browser.get(challenge.href);
    const back = await browser.submit(page, { username: 'alice', password: PASSWORD }, { stopAt: app.redirectUri });
    return { code: new URL(back.location ?? '').searchParams.get('code') ?? '', verifier };
  }
});

function exchange(app: World<string>['apps'][string], code: string, verifier: string): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: app.redirectUri, code_verifier: verifier };
}

function post(url: string, fields: Record<string, string>) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return send('POST', new URL(url), headers, new URLSearchParams(fields).toString());
}

async function tryOnce(browser: Browser, url: string, username: string, password: string): Promise<Page> {
  return browser.submit(await browser.get(url), { username, password });
}

/** A page without what differs by chance: ids, the csrf field, the name that was typed. */
function comparable(page: Page, username: string): string {
  return page.body
    .replaceAll(username, 'NAME')
    .replace(/name="csrf" value="[^"]*"/g, '')
    .replace(/\/interaction\/[\w-]+/g, '')
    .replace(page.headers['x-request-id'] as string, '');
}
