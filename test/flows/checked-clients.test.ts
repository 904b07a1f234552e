import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeFlows, startWorld, type World } from '../support/product.ts';

/** Takes connections and says nothing: an app's document that never comes. */
let silent: Server;
let world: World<'wiki' | 'shop'>;
beforeAll(async () => {
  silent = createServer(() => undefined);
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  world = await startWorld({ apps: { wiki: {}, shop: { file: { subject_type: 'pairwise', ...sector() } } } });
});
afterAll(async () => {
  await world.stop();
  silent.close();
});

function sector() {
  const { port } = silent.address() as { port: number };
  return { sector_identifier_uri: `https://127.0.0.1:${port}/sector.json` };
}

const rejected = (clientId: string) => () =>
  world.logged.find((line) => line.event === 'client.rejected' && line['client_id'] === clientId);

async function until<T>(found: () => T | undefined): Promise<T> {
  for (;;) {
    const value = found();
    if (value !== undefined) return value;
    await new Promise(setImmediate);
  }
}

describeFlows('an app that the library would refuse at its first sign-in', () => {
  it('is named after the start, which did not wait for it', async () => {
    expect(rejected('shop')()).toBeUndefined();
    expect((await fetch(`${world.issuer}/.well-known/openid-configuration`)).status).toBe(200);
    const line = await until(rejected('shop'));
    expect(line).toMatchObject({ level: 'warn', file: 'shop.yaml', message: expect.stringContaining('sector') });
    expect(rejected('wiki')()).toBeUndefined();
  });

  it('is named after its file was read again, and a good one never', async () => {
    const file = { ...world.apps.wiki.file, subject_type: 'pairwise', ...sector() };
    await writeFile(join(world.folder, 'clients', 'wiki.yaml'), JSON.stringify(file));
    await world.server.reloadClients();
    expect(await until(rejected('wiki'))).toMatchObject({ file: 'wiki.yaml' });
    expect(world.logged.filter((line) => line.event === 'client.rejected').length).toBeGreaterThan(1);
  });
});
