import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

/** An app that ends its own session first and answers 400 to its own token, as many do. */
describeFlows('an app that asks and answers 400 to its own token', () => {
  let world: World<'ours' | 'theirs' | 'mail'>;
  beforeAll(async () => {
    world = await startWorld({
      apps: {
        ours: { file: { party: 'first' }, behaviour: '400' },
        theirs: { file: { party: 'third' }, behaviour: '400' },
        mail: {},
      },
    });
  });
  afterAll(() => world.stop());

  const statesOf = async (clientId: string) =>
    (await world.store.deliveries.list({ clientId }, { limit: 10 })).map((one) => one.state);
  const hints = () => world.logged.filter((line) => line.event === 'delivery.asker_refused');
  const refusals = () => world.logged.filter((line) => line.event === 'delivery.refused');

  it('does not hold the person; the operator gets one hint, and no refusal each time', async () => {
    const { ours, mail } = world.apps;
    for (let i = 0; i < 2; i += 1) {
      const browser = createBrowser();
      const { idToken } = await ours.signIn(browser);
      await mail.signIn(browser);
      const address = { id_token_hint: idToken, post_logout_redirect_uri: ours.postLogoutRedirectUri };
      const page = await browser.get(ours.endSessionUrl(address), { follow: false });
      expect(page.location).toBe(ours.postLogoutRedirectUri);
    }
    await eventually(async () => (await statesOf('ours')).join() === 'moot,moot');
    expect(await statesOf('mail')).toEqual(['told', 'told']);
    expect(hints()).toMatchObject([{ level: 'warn', client_id: 'ours' }]);
    expect(refusals()).toEqual([]);
  });

  it('by way of the sign-off page too, which a third-party app gets', async () => {
    const { theirs } = world.apps;
    const browser = createBrowser();
    const { idToken } = await theirs.signIn(browser);
    const address = { id_token_hint: idToken, post_logout_redirect_uri: theirs.postLogoutRedirectUri };
    const asked = await browser.get(theirs.endSessionUrl(address));
    const page = await browser.submit(asked, { decision: 'sign-out', scope: 'all-here' }, { follow: false });
    expect(page.location).toBe(theirs.postLogoutRedirectUri);
    await eventually(async () => (await statesOf('theirs')).join() === 'moot');
  });

  it('named by client_id alone it has proved nothing: its 400 is a refusal, and the receipt says so', async () => {
    const { theirs } = world.apps;
    const before = refusals().length;
    const browser = createBrowser();
    await theirs.signIn(browser);
    const asked = await browser.get(
      theirs.endSessionUrl({ client_id: 'theirs', post_logout_redirect_uri: theirs.postLogoutRedirectUri }),
    );
    const page = await browser.submit(asked, { decision: 'sign-out', scope: 'all-here' }, { follow: false });
    expect(page.location).toMatch(/\/logout\/[\w-]{43}$/);
    await eventually(async () => (await statesOf('theirs')).includes('refused'));
    expect(refusals()).toHaveLength(before + 1);
  });
});
