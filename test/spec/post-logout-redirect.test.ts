/** OpenID Connect RP-Initiated Logout 1.0 §3: where the browser goes afterwards, and where it never goes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { retireKey } from '../../src/oidc/key-rotation.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';
import { headerOf, isSignedIn, json, rotateKeysEarlier, signOff } from './scene.ts';

describe('after a sign-off', () => {
  let world: World<'wiki' | 'mail' | 'native'>;
  let wiki: RelyingParty;
  let browser: Browser;
  let tokens: Tokens;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        wiki: { file: { post_logout_redirect_uris: ['http://127.0.0.1:9/bye?x=1', 'http://127.0.0.1:9/Bye'] } },
        mail: {},
        native: {
          file: {
            application_type: 'native',
            token_endpoint_auth_method: 'none',
            backchannel_logout_uri: undefined,
            post_logout_redirect_uris: ['com.example.native:/bye', 'http://127.0.0.1/bye', 'http://localhost/goodbye'],
          },
        },
      },
    });
    wiki = world.apps.wiki;
  });
  afterAll(() => world.stop());

  async function signIn(): Promise<void> {
    browser = createBrowser();
    tokens = await wiki.signIn(browser);
  }

  it.each([
    'http://127.0.0.1:9/bye',
    'http://127.0.0.1:9/bye?x=1&foo=bar',
    'http://127.0.0.1:9/bye?x=2',
    'http://127.0.0.1:9/bye?x=1#there',
    'http://127.0.0.1:9/bye?x=1 ',
    'http://127.0.0.1:9/%62ye?x=1',
    'http://127.0.0.1:9/./bye?x=1',
    'http://127.0.0.1:9//bye?x=1',
    'http://127.0.0.1:10/bye?x=1',
    'http://127.0.0.1/bye?x=1',
    'http://127.0.0.2:9/bye?x=1',
    'HTTP://127.0.0.1:9/bye?x=1',
    'https://127.0.0.1:9/bye?x=1',
    'http://evil@127.0.0.1:9/bye?x=1',
    'http://127.0.0.1:9\\@evil.example/bye?x=1',
    '\thttp://127.0.0.1:9/bye?x=1',
    '//127.0.0.1:9/bye?x=1',
    'http://127.0.0.1:9/bYe',
    'https://evil.example/',
    'javascript:alert(1)',
  ])('I10 only an address that is registered, character by character: not %j', async (address) => {
    await signIn();

    const page = await signOff(browser, wiki, tokens, { post_logout_redirect_uri: address });

    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
    expect(page.body).not.toContain(`href="${address}`);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  it('I10 each registered address is gone to, with its query; one of another app is not', async () => {
    for (const address of wiki.file['post_logout_redirect_uris'] as string[]) {
      await signIn();
      const page = await signOff(browser, wiki, tokens, { post_logout_redirect_uri: address });
      expect(page.location).toBe(address);
    }
    await signIn();
    const { postLogoutRedirectUri } = world.apps.mail;
    const page = await signOff(browser, wiki, tokens, { post_logout_redirect_uri: postLogoutRedirectUri });
    expect(page.status).toBe(400);
  });

  it('I11 without a hint there is no redirect, unless the client is named and the person said yes', async () => {
    const address = 'http://127.0.0.1:9/Bye';
    const visits = { [`${address}`]: { client_id: 'wiki' }, nowhere: {} } as const;
    for (const [expected, named] of Object.entries(visits)) {
      await signIn();
      const asked = await browser.get(wiki.endSessionUrl({ ...named, post_logout_redirect_uri: address }), {
        follow: false,
      });
      expect(asked.status).toBe(200);
      expect(await isSignedIn(browser, wiki)).toBe(true);
      const yes = await browser.submit(asked, { scope: 'all-here', decision: 'sign-out' }, { follow: false });
      expect(yes.location).toMatch(expected === address ? /^http:\/\/127\.0\.0\.1:9\/Bye$/ : /\/logout\/[\w-]{43}$/);
    }
  });

  it('I11 with nobody signed in and no hint there is no redirect at all', async () => {
    const parameters = { client_id: 'wiki', post_logout_redirect_uri: 'http://127.0.0.1:9/Bye' };

    const page = await createBrowser().get(wiki.endSessionUrl(parameters), { follow: false });

    expect([page.status, page.location]).toEqual([200, undefined]);
  });

  it.each([
    'plain',
    'a b+c',
    '%41%2B%zz',
    '&state=evil&x=1#frag',
    `<script>"'\`;/?:@=$,[]{}|\\^~!*()`,
    'ü 漢字 🙂 \u0000\r\nLocation: https://evil.example/',
  ])('I13 state comes back as it was sent: %j', async (state) => {
    await signIn();

    const page = await signOff(browser, wiki, tokens, {
      post_logout_redirect_uri: 'http://127.0.0.1:9/bye?x=1',
      state,
    });

    const location = new URL(page.location ?? '');
    expect(location.origin + location.pathname).toBe('http://127.0.0.1:9/bye');
    expect([...location.searchParams]).toEqual([
      ['x', '1'],
      ['state', state],
    ]);
    expect(location.hash).toBe('');
  });

  it('I13 state that was not sent is not there', async () => {
    await signIn();

    const page = await signOff(browser, wiki, tokens, { post_logout_redirect_uri: 'http://127.0.0.1:9/Bye' });

    expect(page.location).toBe('http://127.0.0.1:9/Bye');
  });

  it.each([
    ['com.example.native:/bye', 'com.example.native:/bye?state=s'],
    ['http://127.0.0.1:61234/bye', 'http://127.0.0.1:61234/bye?state=s'],
    ['http://localhost:61234/goodbye', 'http://localhost:61234/goodbye?state=s'],
  ])('I18 a native app gets its own scheme, and loopback with the port of the day: %s', async (address, expected) => {
    const { native } = world.apps;
    browser = createBrowser();
    const inNative = await native.signIn(browser);

    const page = await signOff(browser, native, inNative, { post_logout_redirect_uri: address, state: 's' });

    expect(page.location).toBe(expected);
  });

  it('I20 a hint signed by a key that is retired since is still good', async () => {
    await signIn();
    const { kid = '' } = headerOf(tokens.idToken);
    await rotateKeysEarlier(world);
    const { store, clock } = world.server.foundation;
    await retireKey({ store, clock }, kid);
    await world.restart();
    const { keys } = (await json(`${world.issuer}/jwks`)) as { keys: { kid: string }[] };
    expect(keys.map((key) => key.kid)).not.toContain(kid);

    const page = await signOff(browser, wiki, tokens, { post_logout_redirect_uri: 'http://127.0.0.1:9/Bye' });

    expect(page.location).toBe('http://127.0.0.1:9/Bye');
    expect(await isSignedIn(browser, wiki)).toBe(false);
    await signIn();
    expect(headerOf(tokens.idToken).kid).not.toBe(kid);
  });
});
