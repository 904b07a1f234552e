import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser, send } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

// One address could write 2,370 rows of 16 KB a second at /auth, each kept for an hour, push 1,100 requests of 90 KB and
// try 7,000 client secrets; and every refusal was a line in the log, some of them errors with a stack.

const LIMIT = 20;
const PUBLIC = { token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined };

describeFlows('a stranger', () => {
  let world: World<'wiki' | 'mail' | 'spa'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, mail: {}, spa: { file: PUBLIC } },
      settings: { SIGNOFF_REQUEST_LIMIT: `${LIMIT}/1h`, SIGNOFF_PROXY: '127.0.0.1/32,::1' },
    });
  });
  afterAll(() => world.stop());

  it('begins so many sign-ins at /auth and no more; others, and who is signed in at that address, go on', async () => {
    const { wiki } = world.apps;
    const signedIn = createBrowser(undefined, '10.1.0.1');
    await wiki.signIn(signedIn);

    const statuses = await times(3 * LIMIT, async () => {
      const page = await createBrowser(undefined, '10.1.0.1').get(wiki.authorizationUrl(), { follow: false });
      return page.status;
    });
    const refused = await createBrowser(undefined, '10.1.0.1').get(wiki.authorizationUrl());
    const elsewhere = await createBrowser(undefined, '10.1.0.2').get(wiki.authorizationUrl());
    const back = await signedIn.get(wiki.authorizationUrl(), { stopAt: wiki.redirectUri });

    // One was begun by the person who is signed in.
    expect(statuses.filter((status) => status === 303)).toHaveLength(LIMIT - 1);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2 * LIMIT + 1);
    expect(refused).toMatchObject({ status: 429, headers: { 'content-type': expect.stringContaining('text/html') } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(elsewhere.status).toBe(200);
    expect(back.location).toContain(`${wiki.redirectUri}?code=`);
    expect(await createBrowser(undefined, '10.1.0.1').post(`${world.issuer}/auth`, {})).toMatchObject({ status: 429 });
  });

  it.each(['state', 'nonce', 'claims', 'login_hint'])('keeps nothing of a request with 2 KB of %s', async (name) => {
    const { wiki } = world.apps;
    const long =
      name === 'claims' ? JSON.stringify({ userinfo: { [`x${'y'.repeat(2_048)}`]: null } }) : 'x'.repeat(2_049);
    const page = await createBrowser(undefined, '10.1.1.1').get(wiki.authorizationUrl({ [name]: long }), {
      stopAt: wiki.redirectUri,
    });
    const pushed = await push('wiki', { [name]: long }, '10.1.1.1');

    expect(new URL(page.location ?? '').searchParams.get('error')).toBe('invalid_request');
    expect(pushed).toMatchObject({ status: 400, json: { error: 'invalid_request' } });
    expect(pushed.json['error_description']).toContain(`${name} is longer than 2048 bytes`);
  });

  it('pushes no body of more than 16 KB, and none whose parts add up to more than 8', async () => {
    const body = await push('wiki', { garbage: 'x'.repeat(16_500) }, '10.1.1.2');
    const parts = Object.fromEntries(
      ['state', 'nonce', 'login_hint', 'ui_locales', 'acr_values'].map((name) => [name, 'x'.repeat(2_000)]),
    );
    expect(body).toMatchObject({ status: 413, json: { error: 'body_too_large' } });
    expect(await push('wiki', parts, '10.1.1.2')).toMatchObject({ status: 400, json: { error: 'invalid_request' } });
  });

  it('pushes so many requests in the name of an app without a secret; apps that prove themselves are not counted', async () => {
    const strangers = await times(2 * LIMIT, () => push('spa', {}, '10.1.2.1'));
    const proven = await times(2 * LIMIT, () => push('wiki', {}, '10.1.2.1'));

    expect(strangers.filter(({ status }) => status === 201)).toHaveLength(LIMIT);
    expect(strangers.at(-1)).toMatchObject({ status: 429, json: { error: 'temporarily_unavailable' } });
    expect(strangers.at(-1)?.retryAfter).toBeGreaterThan(0);
    expect(new Set(proven.map(({ status }) => status))).toEqual(new Set([201]));
  });

  it('tries few secrets for one app; other apps at that address, and that app elsewhere, go on', async () => {
    const wrong = await times(LIMIT, () => token('wiki', 'a wrong secret', '10.1.3.1'));

    expect(wrong.filter(({ status }) => status === 401)).toHaveLength(LIMIT / 10);
    expect(wrong.filter(({ status }) => status === 429)).toHaveLength(LIMIT - LIMIT / 10);
    expect(await token('mail', world.apps.mail.secret, '10.1.3.1')).toMatchObject({ status: 400 });
    expect(await token('wiki', world.apps.wiki.secret, '10.1.3.2')).toMatchObject({ status: 400 });
    // Unknown apps are nobody's own: ten refusals count as one request.
    const unknown = await times(11 * LIMIT, (i) => token(`app${i}`, 'a wrong secret', '10.1.3.3'));
    expect(unknown.filter(({ status }) => status === 401)).toHaveLength(10 * (LIMIT - 1) + 1);
  });

  it('an app that refreshes for everybody from one address is never stopped, not even where most tokens are over', async () => {
    const answers = await times(5 * LIMIT, () => token('mail', world.apps.mail.secret, '10.1.4.1'));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
  });

  it('leaves a line a second of each kind in the log, and never an error', async () => {
    const from = world.logged.length;
    const before = performance.now();
    await times(200, () => token('wiki', 'a wrong secret', '10.1.5.1'));
    const seconds = Math.ceil((performance.now() - before) / 1_000) + 1;
    const lines = world.logged.slice(from).filter(({ event }) => ['limit.reached', 'request.refused'].includes(event));

    expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
    expect(lines.filter(({ level }) => level !== 'debug').length).toBeLessThanOrEqual(4 * seconds);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'limit.reached', limit: 'client', client_id: 'wiki' }),
    );
  });

  async function times<T>(count: number, act: (i: number) => Promise<T>): Promise<readonly T[]> {
    const results: T[] = [];
    for (let i = 0; i < count; i++) results.push(await act(i));
    return results;
  }

  /** A pushed authorization request (RFC 9126), by an app that has a secret with it. */
  function push(app: 'wiki' | 'spa', fields: Readonly<Record<string, string>>, address: string) {
    const { clientId, authorizationUrl } = world.apps[app];
    const query = Object.fromEntries(new URL(authorizationUrl()).searchParams);
    const form = new URLSearchParams({ ...query, client_id: clientId, ...fields });
    return call('/request', app === 'wiki' ? basic(clientId, world.apps.wiki.secret) : {}, form, address);
  }

  function token(clientId: string, secret: string, address: string) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x'.repeat(43) });
    return call('/token', basic(clientId, secret), form, address);
  }

  function basic(clientId: string, secret: string) {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }

  async function call(path: string, headers: Readonly<Record<string, string>>, form: URLSearchParams, address: string) {
    const body = form.toString();
    const answer = await send(
      'POST',
      new URL(path, world.issuer),
      {
        ...headers,
        'x-forwarded-for': address,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
      },
      body,
    );
    return {
      status: answer.status,
      retryAfter: Number(answer.headers['retry-after']),
      json: JSON.parse(answer.body) as Record<string, unknown>,
    };
  }
});
