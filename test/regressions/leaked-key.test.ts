import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerTo, eventually, headerOf, isSignedIn, json, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { startWorld, type World } from '../support/product.ts';

describe('keys that leaked', () => {
  let world: World<'wiki'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterAll(() => world.stop());

  it('leaked-key: a signing key is out of the JWKS of a running server, and proves no hint to anybody', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    const { kid } = headerOf(tokens.idToken);

    await command('keys', 'rotate', '--leaked');
    await eventually(async () => !(await publishedKids()).includes(kid ?? ''));
    const page = await signOff(browser, wiki, tokens);
    const hinted = wiki.authorizationUrl({ id_token_hint: tokens.idToken });
    const answer = answerTo(wiki, await browser.get(hinted, { stopAt: wiki.redirectUri }));

    expect(page.status).toBe(400);
    expect(answer.get('error')).toBe('invalid_request');
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect(headerOf((await wiki.signIn(browser)).idToken).kid).not.toBe(kid);
  });

  it('leaked-key: cookies that a leaked key signed are worth nothing; after a plain rotation they are', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const open = await browser.get(wiki.endSessionUrl());

    const before = changes();
    await command('keys', 'rotate', '--cookies');
    await eventually(() => changes() > before);
    expect(await isSignedIn(browser, wiki)).toBe(true);
    expect((await browser.submit(open, { decision: 'stay' })).status).toBe(200);
    await command('keys', 'rotate', '--cookies', '--leaked');

    await eventually(async () => !(await isSignedIn(browser, wiki)));
    expect((await browser.submit(open, { decision: 'stay' })).status).toBe(403);
  });

  function changes(): number {
    return world.logged.filter(({ event }) => event === 'keys.changed').length;
  }

  async function publishedKids(): Promise<readonly string[]> {
    const { keys } = (await json(`${world.issuer}/jwks`)) as { keys: { kid: string }[] };
    return keys.map((key) => key.kid);
  }

  async function command(...args: string[]): Promise<void> {
    expect(await runCommand(world, args)).toMatchObject({ code: 0 });
  }
});
