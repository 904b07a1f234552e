import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerTo, claimsOf, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { addAccount, startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

/** As many groups as make an ID token of 11 KB. */
const GROUPS = Array.from({ length: 200 }, (_, at) => `staff-of-a-long-department-name-${at}`);

describe('an app that reads nothing but the ID token, and people in 200 groups', () => {
  let world: World<'wiki' | 'plain'>;
  let browser: Browser;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: { file: { id_token_claims: true } }, plain: {} },
      settings: { SIGNOFF_LOGOUT_WAIT: '20s' },
      yaml: 'scopes:\n  groups: [groups]\n',
    });
    await addAccount(world.store, 'carol', { groups: GROUPS, name: 'Carol' });
  });
  afterAll(() => world.stop());

  async function signIn(): Promise<Tokens> {
    browser = createBrowser();
    return world.apps.wiki.signIn(browser, { username: 'carol', parameters: { scope: 'openid profile groups' } });
  }

  it('id_token_claims: true puts the claims of its scopes into ID tokens, refreshed ones too; others get none', async () => {
    const tokens = await signIn();
    const { json } = await refresh(world.apps.wiki, tokens);

    expect(tokens.claims).toMatchObject({ groups: GROUPS, name: 'Carol' });
    expect(claimsOf(json['id_token'])).toMatchObject({ groups: GROUPS, name: 'Carol' });
    const plain = await world.apps.plain.signIn(browser, { parameters: { scope: 'openid profile groups' } });
    expect(plain.claims).not.toHaveProperty('groups');
    expect(plain.claims).not.toHaveProperty('name');
  });

  it.each<[string, (tokens: Tokens) => Promise<string | undefined>]>([
    ['GET', async (tokens) => (await signOff(browser, world.apps.wiki, tokens)).location],
    ['POST', async (tokens) => (await post(tokens)).location],
  ])('large-id-token-hint: signs out by %s', async (_, act) => {
    const tokens = await signIn();
    expect(tokens.idToken.length).toBeGreaterThan(10_000);

    expect(await act(tokens)).toBe(world.apps.wiki.postLogoutRedirectUri);
    await world.apps.wiki.waitForSids([tokens.claims.sid]);
  });

  it('large-id-token-hint: is a hint at /auth', async () => {
    const { idToken } = await signIn();
    const { wiki } = world.apps;
    const url = wiki.authorizationUrl({ prompt: 'none', id_token_hint: idToken });
    const page = await browser.get(url, { stopAt: wiki.redirectUri });
    expect(answerTo(wiki, page).has('code')).toBe(true);
  });

  function post({ idToken }: Tokens) {
    const fields = { id_token_hint: idToken, post_logout_redirect_uri: world.apps.wiki.postLogoutRedirectUri };
    return browser.post(`${world.issuer}/session/end`, fields, { crossSite: true, stopAt: world.apps.wiki.origin });
  }
});
