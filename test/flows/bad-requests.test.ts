import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser, send } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('bad requests', () => {
  let world: World<'wiki'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterAll(() => world.stop());

  it('an unknown address is a 404 page with a code', async () => {
    const page = await createBrowser().get(`${world.issuer}/no/such/thing`);

    expect(page.status).toBe(404);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain('not_found');
  });

  it('headers beyond 16 KB are a 431 page', async () => {
    const page = await createBrowser().get(world.apps.wiki.endSessionUrl({ id_token_hint: 'x'.repeat(20_000) }));

    expect(page.status).toBe(431);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['x-frame-options']).toBe('DENY');
  });

  it('a page asked for under a foreign Host is 421 with a link to the right address', async () => {
    const page = await createBrowser().get(`${world.issuer}/session/end`, { headers: { host: 'evil.example' } });

    expect(page.status).toBe(421);
    expect(page.body).toContain(`${world.issuer}/session/end`);
    expect(page.body).not.toContain('evil.example');
  });

  it('discovery answers under any Host, with the addresses of the issuer', async () => {
    const url = new URL(`${world.issuer}/.well-known/openid-configuration`);

    const answer = await send('GET', url, { host: 'evil.example', 'x-forwarded-host': 'evil.example' });

    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain('evil.example');
    expect(JSON.parse(answer.body)).toMatchObject({
      issuer: world.issuer,
      end_session_endpoint: `${world.issuer}/session/end`,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  });

  it('parameters that come twice at /auth are refused, by GET and by POST, without a redirect', async () => {
    const { wiki } = world.apps;
    const url = wiki.authorizationUrl();
    const twice = Object.fromEntries([...new URL(url).searchParams].map(([name, value]) => [name, value]));

    const byGet = await createBrowser().get(`${url}&client_id=wiki`);
    const byPost = await createBrowser().post(`${world.issuer}/auth`, { ...twice, client_id: ['wiki', 'wiki'] });

    expect([byGet.status, byPost.status]).toEqual([400, 400]);
  });

  it('a redirect address that is not registered gives a page, never a redirect', async () => {
    const { wiki } = world.apps;

    const page = await createBrowser().get(wiki.authorizationUrl({ redirect_uri: 'https://evil.example/' }));

    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
  });

  it('no page may be framed or kept', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const pages = [
      await browser.get(world.issuer),
      await browser.get(wiki.authorizationUrl()),
      await browser.get(`${world.issuer}/nothing`),
    ];
    await wiki.signIn(browser);
    pages.push(await browser.get(wiki.endSessionUrl()));

    for (const page of pages) {
      expect(page.headers['x-frame-options']).toBe('DENY');
      expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(page.headers['cache-control']).toContain('no-store');
      expect(page.headers['referrer-policy']).toBe('no-referrer');
    }
  });

  it('is live and ready, under any Host', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await send('GET', new URL(`${world.issuer}${path}`), { host: '10.0.0.7' });
      expect(answer.status).toBe(200);
    }
  });
});
