// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { type Browser, createBrowser, send } from '../support/browser.ts';
import { describeOnSqlite, startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describeOnSqlite('a store that cannot be written', () => {
  let world: World<'wiki' | 'mail'>;
  let browser: Browser;
  let tokens: Tokens;
  let blocker: DatabaseSync;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
    browser = createBrowser();
    tokens = await world.apps.wiki.signIn(browser);
    await world.apps.mail.signIn(browser);
    const { store } = world.config;
    if (store.kind !== 'sqlite') throw new Error('this test holds the lock of a SQLite file');
    blocker = new DatabaseSync(store.path);
    blocker.exec('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    blocker.close();
    await world.stop();
  });

  it('answers 503 with Retry-After everywhere, loses nothing, and is well again by itself', async () => {
    const { wiki, mail } = world.apps;
    const signOff = wiki.endSessionUrl({
      id_token_hint: tokens.idToken,
      post_logout_redirect_uri: wiki.postLogoutRedirectUri,
    });
    const [off, parked, signIn, ready, live] = await Promise.all([
      browser.get(signOff, { follow: false }),
      createBrowser().post(`${world.issuer}/session/end`, { client_id: 'wiki' }, { follow: false }),
      createBrowser().get(wiki.authorizationUrl()),
      send('GET', new URL(`${world.issuer}/health/ready`), {}),
      send('GET', new URL(`${world.issuer}/health/live`), {}),
    ]);

    expect([off.status, parked.status, signIn.status, ready.status, live.status]).toEqual([503, 503, 503, 503, 200]);
    for (const page of [off, parked, signIn, ready]) expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(ready.body)).toMatchObject({ reasons: [expect.stringContaining('store')] });

    blocker.exec('ROLLBACK');

    const again = await browser.get(signOff, { follow: false });
    expect(again.location).toBe(wiki.postLogoutRedirectUri);
    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    // All who ask within a second of a look get its answer.
    await eventually(async () => (await send('GET', new URL(`${world.issuer}/health/ready`), {})).status === 200);
  }, 60_000);

  it('tells programs so too: the token endpoint says 503, and the refresh token is still good', async () => {
    const { wiki } = world.apps;

    const refused = await wiki.token({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken ?? '' });
    blocker.exec('ROLLBACK');
    const granted = await wiki.token({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken ?? '' });

    expect([refused.status, granted.status]).toEqual([503, 200]);
  }, 60_000);
});
