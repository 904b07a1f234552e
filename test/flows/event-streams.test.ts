import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

/** As many as one address may hold open. */
const STREAMS_PER_ADDRESS = 50;

describeFlows('event streams of receipts', () => {
  let world: World<'wiki'>;
  const receipts: string[] = [];
  const open: ClientRequest[] = [];

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: { behaviour: 'hang' } },
      settings: { SIGNOFF_LOGOUT_WAIT: '0s', SIGNOFF_PROXY: '127.0.0.1' },
    });
    for (let i = 0; i < 6; i += 1) {
      const browser = createBrowser();
      const { idToken } = await world.apps.wiki.signIn(browser);
      const page = await browser.get(world.apps.wiki.endSessionUrl({ id_token_hint: idToken }), { follow: false });
      receipts.push(page.location ?? '');
    }
  });
  afterAll(async () => {
    for (const one of open) one.destroy();
    await world.stop();
  });

  /** Asks as a browser behind a proxy of ours. */
  function ask(address: string, which = 0): ClientRequest {
    const headers = { 'X-Forwarded-For': address };
    const stream = request(`${receipts[which]}/events`, { agent: false, headers, host: '127.0.0.1', setHost: true });
    stream.on('error', () => undefined);
    open.push(stream);
    stream.end();
    return stream;
  }

  async function statusFor(address: string, which = 0): Promise<number | undefined> {
    const [answer] = (await once(ask(address, which), 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }

  it('of one address are limited, and cost others nothing', async () => {
    const asked = Array.from({ length: STREAMS_PER_ADDRESS + 5 }, (_, i) => statusFor('192.0.2.1', 1 + (i % 5)));
    const statuses = await Promise.all(asked);
    expect(statuses.filter((status) => status === 200)).toHaveLength(STREAMS_PER_ADDRESS);
    expect(statuses.filter((status) => status === 503)).toHaveLength(5);
    expect(await statusFor('192.0.2.2')).toBe(200);
  });

  it('of one receipt are ten at most, wherever the link was passed to', async () => {
    const asked = Array.from({ length: 15 }, (_, i) => statusFor(`198.51.100.${i}`));
    const statuses = await Promise.all(asked);
    // One is open from the test before.
    expect(statuses.filter((status) => status === 200)).toHaveLength(9);
    expect(statuses.filter((status) => status === 503)).toHaveLength(6);
    for (const one of open) one.destroy();
    while ((await statusFor('192.0.2.2')) !== 200);
  });

  it('that nobody waits for any more are forgotten, also when the reader left before the answer began', async () => {
    for (let i = 0; i < 3 * STREAMS_PER_ADDRESS; i += 1) {
      const stream = ask('192.0.2.3');
      await once(stream, 'finish');
      stream.destroy();
    }
    while ((await statusFor('192.0.2.3')) !== 200);
  });
});
