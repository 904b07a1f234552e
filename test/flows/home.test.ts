import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('the front page', () => {
  let world: World<'wiki' | 'quiet'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: { file: { client_name: 'Wiki <b>' } }, quiet: { file: { backchannel_logout_uri: undefined } } },
    });
  });
  afterAll(() => world.stop());

  it('tells a stranger that nobody is signed in', async () => {
    const page = await createBrowser().get(world.issuer);

    expect([page.status, page.body.includes('You are not signed in')]).toEqual([200, true]);
  });

  it('says who is signed in, in which apps, which of them cannot be told, and leads to the way out', async () => {
    const browser = createBrowser();
    await world.apps.wiki.signIn(browser);
    await world.apps.quiet.signIn(browser);

    const page = await browser.get(world.issuer);

    expect(page.body).toContain('alice');
    expect(page.body).toContain('Wiki &lt;b&gt;');
    expect(page.body).toContain('Keeps its own sign-in');
    expect(page.body).toContain('href="/session/end"');
    expect(page.body).toContain('href="/session/end?client_id=wiki"');
  });

  it('names no app that was signed off alone', async () => {
    const { wiki, quiet } = world.apps;
    const browser = createBrowser();
    const { idToken } = await wiki.signIn(browser);
    await quiet.signIn(browser);
    await browser.get(wiki.endSessionUrl({ id_token_hint: idToken, logout_scope: 'app-here' }));

    const page = await browser.get(world.issuer);

    expect(page.body).not.toContain('client_id=wiki');
    expect(page.body).toContain('client_id=quiet');
  });
});
