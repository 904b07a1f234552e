import { afterEach, describe, expect, it } from '@jest/globals';
import { type Receiver, signOff, startReceiver } from '../spec/scene.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';

const WAIT_MS = 700;
/** What timers and a busy machine may take away or add. */
const SLACK_MS = 250;

describe('A6 the redirect', () => {
  let receiver: Receiver;
  let world: World<'wiki' | 'mail'>;

  afterEach(async () => {
    await world.stop();
    await receiver.close();
  });

  it('A6 hydra-3186, -3540: does not come before the last app has answered', async () => {
    receiver = await startReceiver(
      (response) => void setTimeout(() => response.writeHead(200).end(), WAIT_MS - 2 * SLACK_MS),
    );

    const { page, answeredAt } = await signOffBoth();

    expect(page.location).toBe(world.apps.wiki.postLogoutRedirectUri);
    expect(receiver.posts).toHaveLength(1);
    expect(answeredAt - (receiver.posts[0]?.answeredAt ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(0);
  });

  it('A6 hydra-3186, -3540: does not come at all while an app hangs; after the wait the receipt does', async () => {
    receiver = await startReceiver(() => undefined);

    const { page, startedAt, answeredAt } = await signOffBoth();

    expect(new URL(page.location ?? '').pathname).toMatch(/^\/logout\//);
    expect(receiver.posts).toHaveLength(1);
    expect(answeredAt - startedAt).toBeGreaterThanOrEqual(WAIT_MS - 20);
    expect(answeredAt - startedAt).toBeLessThan(WAIT_MS + SLACK_MS);
  });

  async function signOffBoth(): Promise<{ page: Page; startedAt: number; answeredAt: number }> {
    world = await startWorld({
      apps: { wiki: {}, mail: { file: { backchannel_logout_uri: receiver.url } } },
      settings: { SIGNOFF_LOGOUT_WAIT: `${WAIT_MS}ms` },
    });
    const browser = createBrowser();
    const tokens = await world.apps.wiki.signIn(browser);
    await world.apps.mail.signIn(browser);
    const startedAt = performance.now();
    const page = await signOff(browser, world.apps.wiki, tokens);
    return { page, startedAt, answeredAt: performance.now() };
  }
});
