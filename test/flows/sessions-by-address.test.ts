import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { describeFlows, describeOnSqlite, startWorld, type World } from '../support/product.ts';

const SETTINGS = { SIGNOFF_PROXY: '127.0.0.0/8,::1' };
const AGENT = 'somebody';

describeFlows('sessions of an address', () => {
  let world: World<'wiki'>;
  let call: ReturnType<typeof apiClient>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} }, settings: SETTINGS });
    call = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('bob'), 'support'));
    for (const address of ['203.0.113.7', '203.0.113.8', '2001:db8::1:7']) {
      await world.apps.wiki.signIn(createBrowser(AGENT, address));
    }
  });
  afterAll(() => world.stop());

  const found = async (ip: string, more = '') =>
    (await call(`/sessions?ip=${encodeURIComponent(ip)}${more}`)).json.items.length;

  it('are those that were signed in from it, of IPv6 from its network, however it is written', async () => {
    expect(await Promise.all(['203.0.113.7', '203.0.113.9', '::ffff:203.0.113.8'].map((ip) => found(ip)))).toEqual([
      1, 0, 1,
    ]);
    expect([await found('2001:db8:0:0:ffff::9'), await found('2001:db8:1::1')]).toEqual([1, 0]);
    expect([
      await found('203.0.113.7', '&state=live&account=alice'),
      await found('203.0.113.7', '&account=bob'),
    ]).toEqual([1, 0]);
    const wrong = await call('/sessions?ip=somewhere');
    expect([wrong.status, wrong.json.errors[0].field]).toEqual([422, 'ip']);
  });

  it('can be asked of the command, too', async () => {
    const { stdout } = await runCommand(world, ['sessions', 'list', '--ip', '203.0.113.8', '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ username: 'alice' }]);
  });
});

describeOnSqlite('the address of a sign-in', () => {
  it('cannot be read from the store', async () => {
    const world = await startWorld({ apps: { wiki: {} }, settings: SETTINGS });
    await world.apps.wiki.signIn(createBrowser(AGENT, '203.0.113.77'));
    await world.server.stop();
    const bytes = await readFile(`${world.folder}/data/signoff.db`, 'latin1');
    expect([bytes.includes('alice'), bytes.includes('203.0.113.77')]).toEqual([true, false]);
    await world.stop();
  });
});
