import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { writeMmdb } from '../support/mmdb.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('places on the devices page', () => {
  let world: World<'wiki'>;
  let folder: string;
  const file = () => join(folder, 'country.mmdb');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signoff-geo-'));
    await writeFile(file(), writeMmdb({ '81.0.0.0/8': 'DE' }));
    const settings = { SIGNOFF_GEO: file(), SIGNOFF_PROXY: '127.0.0.0/8,::1' };
    world = await startWorld({ apps: { wiki: {} }, settings });
  });
  afterAll(async () => {
    await world.stop();
    await rm(folder, { recursive: true });
  });

  async function placeOf(address: string) {
    const browser = createBrowser(undefined, address);
    await world.apps.wiki.signIn(browser);
    const page = await browser.get(`${world.issuer}/devices`);
    const json = await browser.get(`${world.issuer}/devices`, { headers: { accept: 'application/json' } });
    const { sessions } = JSON.parse(json.body) as { sessions: readonly { current: boolean; place: string | null }[] };
    return { page: page.body, place: sessions.find(({ current }) => current)?.place };
  }

  it('are the country of the address that signed in, said to be approximate; nothing for others', async () => {
    const known = await placeOf('81.2.3.4');
    const unknown = await placeOf('10.1.2.3');

    expect([known.place, unknown.place]).toEqual(['Germany', null]);
    expect(known.page).toContain('Germany, approximately');
    expect(known.page).not.toContain('81.2.3.4');
  });

  it('are read again with the client files', async () => {
    await writeFile(file(), writeMmdb({ '81.0.0.0/8': 'PT' }));
    await world.server.reloadClients();

    expect((await placeOf('81.2.3.4')).place).toBe('Portugal');
  });
});
