import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser, send } from '../support/browser.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';

describe('A21 a restart', () => {
  let product: ProductProcess<'wiki' | 'mail'>;

  beforeAll(async () => {
    product = await startProductProcess({ apps: { wiki: {}, mail: {} } });
  });
  afterAll(() => product.stop());

  it('A21 revives no cookie, no refresh token, no access token and no code that a sign-off has ended', async () => {
    const { wiki, mail } = product.apps;
    const browser = createBrowser();
    const bystander = createBrowser();
    const tokens = await wiki.signIn(browser);
    const others = await mail.signIn(bystander, { username: 'bob' });
    const waiting = await browser.get(mail.authorizationUrl({ prompt: 'none' }), { stopAt: mail.redirectUri });
    const stolen = browser.cookies();
    await browser.get(wiki.endSessionUrl({ id_token_hint: tokens.idToken }));
    await wiki.waitForTokens(1);

    await product.kill();
    await product.start();

    const thief = createBrowser();
    for (const cookie of stolen) thief.setCookie(cookie);
    expect(await silently(thief)).toBe('login_required');
    expect(await silently(browser)).toBe('login_required');
    expect(await wiki.token({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken ?? '' })).toMatchObject({
      status: 400,
      json: { error: 'invalid_grant' },
    });
    await expect(mail.finish(waiting.location ?? '')).rejects.toThrow('invalid_grant');
    const bearer = { authorization: `Bearer ${tokens.accessToken}` };
    expect((await send('GET', new URL(`${product.issuer}/me`), bearer)).status).toBe(401);

    // Whoever was signed in still is: nothing was ended by the restart either.
    const still = await bystander.get(mail.authorizationUrl({ prompt: 'none' }), { stopAt: mail.redirectUri });
    expect((await mail.finish(still.location ?? '')).claims.sid).toBe(others.claims.sid);
    expect(mail.received.map((one) => one.claims.sid)).not.toContain(others.claims.sid);
  });

  async function silently(browser: Browser): Promise<string | null> {
    const { wiki } = product.apps;
    const page = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    return new URL(page.location ?? '').searchParams.get('error');
  }
});
