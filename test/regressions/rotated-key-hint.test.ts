import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headerOf, json, rotateKeysEarlier, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { startWorld, type World } from '../support/product.ts';

describe('A18 keys rotated and retired between sign-in and sign-off', () => {
  let world: World<'wiki' | 'es'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, es: { file: { id_token_signed_response_alg: 'ES256' } } } });
  });
  afterAll(() => world.stop());

  it('A18 rotated-key-hint: the old hint is accepted, and the logout tokens verify with the published keys', async () => {
    const { wiki, es } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inEs = await es.signIn(browser);
    const oldKids = [inWiki, inEs].map(({ idToken }) => headerOf(idToken).kid ?? '');

    await rotateKeysEarlier(world);
    for (const kid of oldKids) await command('keys', 'retire', kid);
    await world.restart();
    expect(await publishedKids()).not.toEqual(expect.arrayContaining([expect.stringMatching(oldKids.join('|'))]));
    const page = await signOff(browser, wiki, inWiki);

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
    for (const [app, tokens] of [
      [wiki, inWiki],
      [es, inEs],
    ] as const) {
      const [token] = await app.waitForTokens(1);
      expect(app.bad).toEqual([]);
      expect(token?.claims.sid).toBe(tokens.claims.sid);
      expect(await publishedKids()).toContain(token?.header.kid);
    }
  });

  async function publishedKids(): Promise<readonly string[]> {
    const { keys } = (await json(`${world.issuer}/jwks`)) as { keys: { kid: string }[] };
    return keys.map((key) => key.kid);
  }

  async function command(...args: string[]): Promise<void> {
    expect(await runCommand(world, args)).toMatchObject({ code: 0 });
  }
});
