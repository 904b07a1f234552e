import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser, send } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describeFlows('tokens', () => {
  let world: World<'wiki' | 'spa' | 'roll'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        wiki: {},
        spa: { file: { token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined } },
        roll: { file: { rotate_refresh_tokens: true } },
      },
    });
  });
  afterAll(() => world.stop());

  it('userinfo answers GET and POST with the header, and POST with the token in the body', async () => {
    const { accessToken, claims } = await world.apps.wiki.signIn(createBrowser());
    const url = new URL(`${world.issuer}/me`);
    const bearer = { authorization: `Bearer ${accessToken}` };

    const answers = [
      await send('GET', url, bearer),
      await send('POST', url, bearer),
      await send('POST', url, FORM, new URLSearchParams({ access_token: accessToken }).toString()),
    ];

    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    for (const answer of answers) expect(JSON.parse(answer.body)).toMatchObject({ sub: claims.sub });
  });

  it('C13 a refreshed ID token has the same sid and sub', async () => {
    const { wiki } = world.apps;
    const first = await wiki.signIn(createBrowser());

    const { status, json } = await wiki.token({ grant_type: 'refresh_token', refresh_token: first.refreshToken ?? '' });

    expect(status).toBe(200);
    const claims = JSON.parse(Buffer.from(String(json['id_token']).split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sid: first.claims.sid, sub: first.claims.sub });
  });

  it.each([
    'spa',
    'roll',
  ] as const)('%s: refresh tokens rotate; within seconds the old one is only refused', async (name) => {
    const app = world.apps[name];
    const first = await app.signIn(createBrowser());
    const second = await refresh(app, first.refreshToken ?? '');
    expect(second.status).toBe(200);
    expect(second.json['refresh_token']).not.toBe(first.refreshToken);

    const reused = await refresh(app, first.refreshToken ?? '');

    expect(reused).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    const still = await refresh(app, String(second.json['refresh_token']));
    expect(still.status).toBe(200);
  });

  it('a code is good once', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const page = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    await wiki.finish(page.location ?? '');

    await expect(wiki.finish(page.location ?? '')).rejects.toThrow('invalid_grant');
  });

  it('N5 after a sign-off access and refresh tokens are dead at once, and a code that waits too', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    const waiting = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    expect(await introspect(wiki, tokens.accessToken)).toMatchObject({ active: true });

    await browser.get(wiki.endSessionUrl({ id_token_hint: tokens.idToken }));

    expect(await introspect(wiki, tokens.accessToken)).toEqual({ active: false });
    expect(await refresh(wiki, tokens.refreshToken ?? '')).toMatchObject({ json: { error: 'invalid_grant' } });
    await expect(wiki.finish(waiting.location ?? '')).rejects.toThrow('invalid_grant');
    const me = await send('GET', new URL(`${world.issuer}/me`), { authorization: `Bearer ${tokens.accessToken}` });
    expect(me.status).toBe(401);
  });

  it('V5 revocation answers 200 and an empty body, for a known token and for an unknown one', async () => {
    const { wiki } = world.apps;
    const { accessToken } = await wiki.signIn(createBrowser());

    const answers = [await revoke(wiki, accessToken), await revoke(wiki, 'unknown')];

    expect(answers.map((answer) => [answer.status, answer.body])).toEqual([
      [200, ''],
      [200, ''],
    ]);
    expect(await introspect(wiki, accessToken)).toEqual({ active: false });
  });

  it('browser apps may call from the origin of their redirect address, others may not', async () => {
    const { spa } = world.apps;
    const ask = (origin: string) =>
      send(
        'POST',
        new URL(`${world.issuer}/token`),
        { ...FORM, origin },
        new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: 'x',
          client_id: 'spa',
        }).toString(),
      );

    const own = await ask(spa.origin);
    const foreign = await ask('https://evil.example');

    expect(own.headers['access-control-allow-origin']).toBe(spa.origin);
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
  });

  function introspect(app: World<string>['apps'][string], token: string): Promise<unknown> {
    return authenticated(app, '/token/introspection', { token }).then((answer) => JSON.parse(answer.body));
  }

  function revoke(app: World<string>['apps'][string], token: string) {
    return authenticated(app, '/token/revocation', { token });
  }

  function authenticated(app: World<string>['apps'][string], path: string, fields: Record<string, string>) {
    const authorization = `Basic ${Buffer.from(`${app.clientId}:${app.secret}`).toString('base64')}`;
    return send(
      'POST',
      new URL(`${world.issuer}${path}`),
      { ...FORM, authorization },
      new URLSearchParams(fields).toString(),
    );
  }
});

function refresh(app: World<string>['apps'][string], token: string) {
  return app.token({ grant_type: 'refresh_token', refresh_token: token });
}
