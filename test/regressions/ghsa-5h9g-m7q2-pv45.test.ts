import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { headerOf, isSignedIn } from '../spec/scene.ts';
import { type Browser, createBrowser, send } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describe('GHSA-5h9g-m7q2-pv45 a hint that is decoded but not verified', () => {
  let world: World<'wiki'>;
  let browser: Browser;
  let tokens: Tokens;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    browser = createBrowser();
    tokens = await world.apps.wiki.signIn(browser);
  });
  afterAll(() => world.stop());

  const FORGED: readonly [string, () => Promise<string>][] = [
    ['without a signature', async () => `${part({ ...head(), alg: 'none' })}.${body()}.`],
    ['with the signature of another token', async () => `${part(head())}.${changedBody()}.${signature()}`],
    ['with half its signature', async () => tokens.idToken.slice(0, -40)],
    ['signed by somebody else under our key’s name', () => signedElsewhere({})],
    ['signed by somebody else, who sends the key along', () => signedElsewhere({ sendsKey: true })],
    ['signed with the app’s own secret', () => signedWithSecret(Buffer.from(world.apps.wiki.secret))],
    ['signed with our public key as if it were a secret', async () => signedWithSecret(await publicKeyText())],
  ];
  const ADDRESSES: readonly [string, () => string][] = [
    ['the app’s registered address', () => world.apps.wiki.postLogoutRedirectUri],
    ['anywhere', () => 'https://evil.example/'],
  ];

  describe.each(FORGED)('%s', (_, forge) => {
    it.each(ADDRESSES)('GHSA-5h9g-m7q2-pv45: is a page, no sign-off, and no redirect to %s', async (__, address) => {
      const parameters = { id_token_hint: await forge(), post_logout_redirect_uri: address() };

      const page = await browser.get(world.apps.wiki.endSessionUrl(parameters));

      expect(page.status).toBe(400);
      expect(page.trail).toHaveLength(1);
      expect(page.body).not.toContain(`href="${address()}`);
      expect(await isSignedIn(browser, world.apps.wiki)).toBe(true);
      expect(world.apps.wiki.received).toEqual([]);
    });

    it('GHSA-5h9g-m7q2-pv45: nor does it end anything or lead anywhere where nobody is signed in', async () => {
      const parameters = {
        id_token_hint: await forge(),
        post_logout_redirect_uri: world.apps.wiki.postLogoutRedirectUri,
      };

      const page = await createBrowser().get(world.apps.wiki.endSessionUrl(parameters));

      expect(page.trail).toHaveLength(1);
      expect(await isSignedIn(browser, world.apps.wiki)).toBe(true);
      expect(world.apps.wiki.received).toEqual([]);
    });
  });

  function head() {
    return headerOf(tokens.idToken);
  }

  function body(): string {
    return tokens.idToken.split('.')[1] ?? '';
  }

  function changedBody(): string {
    return part({ ...tokens.claims, name: 'changed' });
  }

  function signature(): string {
    return tokens.idToken.split('.')[2] ?? '';
  }

  async function signedElsewhere({ sendsKey = false }): Promise<string> {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwk = sendsKey ? { jwk: await exportJWK(publicKey) } : {};
    return new SignJWT(tokens.claims).setProtectedHeader({ ...head(), alg: 'RS256', ...jwk }).sign(privateKey);
  }

  function signedWithSecret(secret: Uint8Array): Promise<string> {
    return new SignJWT(tokens.claims).setProtectedHeader({ ...head(), alg: 'HS256' }).sign(secret);
  }

  async function publicKeyText(): Promise<Buffer> {
    const answer = await send('GET', new URL(`${world.issuer}/jwks`), {});
    const { keys } = JSON.parse(answer.body) as { keys: { kid: string }[] };
    return Buffer.from(JSON.stringify(keys.find((key) => key.kid === head().kid)));
  }
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
