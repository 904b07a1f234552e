import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Receiver, signOff, startReceiver } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import { settledReceipt } from './settled-receipt.ts';

const STATUSES = [301, 302, 303, 307, 308] as const;

describe('A12 an app that redirects its logout address', () => {
  let inside: Receiver;
  let receivers: readonly Receiver[];
  let world: World<string>;

  beforeAll(async () => {
    inside = await startReceiver((response) => void response.writeHead(200).end());
    receivers = await Promise.all(
      STATUSES.map((status) =>
        startReceiver((response) => void response.writeHead(status, { location: inside.url }).end()),
      ),
    );
    const apps = STATUSES.map((status, index) => {
      return [`app${status}`, { file: { backchannel_logout_uri: receivers[index]?.url } }] as const;
    });
    world = await startWorld({ apps: { wiki: {}, ...Object.fromEntries(apps) } });
  });
  afterAll(async () => {
    await world.stop();
    await Promise.all([inside, ...receivers].map((receiver) => receiver.close()));
  });

  it('A12 redirect-not-followed: nobody goes where it points, and nobody calls that told', async () => {
    const browser = createBrowser();
    const { wiki, ...others } = world.apps;
    if (wiki === undefined) throw new Error('no wiki');
    const tokens = await wiki.signIn(browser);
    for (const app of Object.values(others)) await app.signIn(browser);

    const page = await signOff(browser, wiki, tokens);

    const { counts } = await settledReceipt(browser, page.location);
    expect(counts).toMatchObject({ told: 1, refused: STATUSES.length });
    for (const receiver of receivers) expect(receiver.posts.length).toBeGreaterThan(1);
    expect(inside.posts).toEqual([]);
  });
});
