import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser, type Page } from '../support/browser.ts';
import { FRONT_CHANNEL_ONLY, registerFrontChannel } from '../support/front-channel.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('an app that only the browser can tell', () => {
  let world: World<'front' | 'wiki'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { front: { file: FRONT_CHANNEL_ONLY }, wiki: {} } });
    await registerFrontChannel(world, 'front');
  });
  afterAll(() => world.stop());

  const framesOf = ({ body }: Page) =>
    [...body.matchAll(/<iframe src="([^"]*)"([^>]*)>/g)].map(([, src = '', rest = '']) => ({
      src: new URL(src.replaceAll('&amp;', '&')),
      rest,
    }));

  it('is called by a frame of the receipt, with iss and sid, from the browser that signed off', async () => {
    const browser = createBrowser();
    const { claims, idToken } = await world.apps.front.signIn(browser);
    await world.apps.wiki.signIn(browser);

    const page = await browser.get(world.apps.front.endSessionUrl({ id_token_hint: idToken }));
    const json = await browser.get(page.url, { headers: { accept: 'application/json' } });

    const [frame, ...others] = framesOf(page);
    expect(others).toEqual([]);
    expect(frame?.src.origin + String(frame?.src.pathname)).toBe(`${world.apps.front.origin}/front-channel`);
    expect(Object.fromEntries(frame?.src.searchParams ?? [])).toEqual({
      kept: '1',
      iss: world.issuer,
      sid: String(claims.sid),
    });
    expect(frame?.rest).toContain('sandbox="allow-scripts allow-same-origin"');
    expect(frame?.rest).toContain('referrerpolicy="no-referrer"');
    const csp = String(page.headers['content-security-policy']);
    expect(csp).toContain(`frame-src ${world.apps.front.origin}/front-channel;`);
    expect(page.body).toContain('Asked your browser to tell it');
    const { apps } = JSON.parse(json.body) as { apps: { client_id: string; state: string }[] };
    expect(apps.find((app) => app.client_id === 'front')?.state).toBe('asked_browser');
  });

  it('holds the redirect for three seconds at most: the page that has the frame goes on by itself', async () => {
    const browser = createBrowser();
    const { idToken } = await world.apps.front.signIn(browser);
    const { postLogoutRedirectUri } = world.apps.front;
    const request = { id_token_hint: idToken, post_logout_redirect_uri: postLogoutRedirectUri };

    const page = await browser.get(world.apps.front.endSessionUrl(request));

    expect(new URL(page.url).pathname).toMatch(/^\/logout\//);
    expect(framesOf(page)).toHaveLength(1);
    expect(page.body).toContain(`content="3;url=${postLogoutRedirectUri}"`);
    expect(page.body).toContain('data-delay="3000"');
  });

  it('cannot be told from another device, and strangers with the link get no frame', async () => {
    const phone = createBrowser('a phone');
    await world.apps.front.signIn(phone);
    const browser = createBrowser();
    const { idToken } = await world.apps.wiki.signIn(browser);
    const devices = await browser.get(`${world.issuer}/devices`);
    const asked = await browser.submit(devices, { what: 'others' }, { action: '/devices/end' });
    const others = await browser.submit(asked);
    await world.apps.front.signIn(browser);
    const own = await browser.get(world.apps.wiki.endSessionUrl({ id_token_hint: idToken }));

    expect(framesOf(others)).toEqual([]);
    expect(others.body).toContain('Cannot be told');
    expect(framesOf(own)).toHaveLength(1);
    expect(framesOf(await createBrowser().get(own.url))).toEqual([]);
  });

  it('is in discovery', async () => {
    const { body } = await createBrowser().get(`${world.issuer}/.well-known/openid-configuration`);

    expect(JSON.parse(body)).toMatchObject({
      frontchannel_logout_supported: true,
      frontchannel_logout_session_supported: true,
    });
  });
});
