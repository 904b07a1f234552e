import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerTo, askSilently } from '../spec/scene.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';

const SCHEME = 'test.signoff.notes:/callback';
const CLAIMED = 'https://notes.example/callback';

describe('a native app of ours, at an address where anybody on the device may listen (RFC 8252 §8.6)', () => {
  let world: World<'wiki' | 'notes'>;

  beforeAll(async () => {
    const native = { application_type: 'native', token_endpoint_auth_method: 'none' };
    const file = {
      ...native,
      backchannel_logout_uri: undefined,
      redirect_uris: [
        SCHEME,
        CLAIMED,
        'http://127.0.0.1/callback',
        'http://[::1]/callback',
        'http://localhost/callback',
      ],
    };
    world = await startWorld({ apps: { wiki: {}, notes: { file } } });
  });
  afterAll(() => world.stop());

  it.each([
    SCHEME,
    'http://127.0.0.1:7/callback',
    'http://[::1]:7/callback',
    'http://localhost:7/callback',
  ])('native-app-asks: %s gets no code without a page, each time', async (redirectUri) => {
    const browser = await signedInAtWiki();
    for (const _time of ['first', 'second']) {
      const url = world.apps.notes.authorizationUrl({ redirect_uri: redirectUri });
      const page = await browser.get(url, { stopAt: redirectUri });
      expectContinue(page);
      const out = await browser.submit(page, { decision: 'continue' }, { stopAt: redirectUri });
      expect(new URL(out.location ?? '').searchParams.has('code')).toBe(true);
    }
  });

  it('native-app-asks: prompt=none is told interaction_required', async () => {
    const browser = await signedInAtWiki();
    expect((await askSilently(browser, world.apps.notes)).get('error')).toBe('interaction_required');
  });

  it('native-app-asks: a password that was just typed is page enough; so is the choice of an account', async () => {
    const { notes } = world.apps;
    const browser = createBrowser();
    const page = await browser.get(notes.authorizationUrl());
    const typed = { username: 'alice', password: world.password };
    expect(answerTo(notes, await browser.submit(page, typed, { stopAt: notes.redirectUri })).has('code')).toBe(true);

    const chosen = await browser.get(notes.authorizationUrl({ prompt: 'select_account' }));
    const out = await browser.submit(chosen, { decision: 'continue' }, { stopAt: notes.redirectUri });
    expect(answerTo(notes, out).has('code')).toBe(true);
  });

  it('native-app-asks: claimed https addresses are the app’s own, and web apps are not asked', async () => {
    const { wiki, notes } = world.apps;
    const browser = await signedInAtWiki();
    const claimed = await browser.get(notes.authorizationUrl({ redirect_uri: CLAIMED }), { stopAt: CLAIMED });
    expect(new URL(claimed.location ?? '').searchParams.has('code')).toBe(true);
    expect((await askSilently(browser, wiki)).has('code')).toBe(true);
  });

  async function signedInAtWiki() {
    const browser = createBrowser();
    await world.apps.wiki.signIn(browser);
    return browser;
  }
});

function expectContinue(page: Page): void {
  expect(page.status).toBe(200);
  expect(page.body).toContain('Continue as');
  expect(page.forms[0]?.choices['decision']).toEqual(['continue', 'other']);
}
