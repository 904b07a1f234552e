import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf } from '../../src/clients/client-file-name.ts';
import type { World } from './product.ts';

/** Client file of an app that only a browser can tell. */
export const FRONT_CHANNEL_ONLY = { backchannel_logout_uri: undefined, logout: { ask: 'never' } };

/** Registers a front-channel address of this app at its own origin, which is known once it listens; answers the address. */
export async function registerFrontChannel<Name extends string>(world: World<Name>, name: Name): Promise<string> {
  const app = world.apps[name];
  const address = `${app.origin}/front-channel?kept=1`;
  const changed = JSON.stringify({ ...app.file, frontchannel_logout_uri: address });
  await writeFile(join(world.config.clients, fileNameOf(name)), changed);
  await world.server.reloadClients();
  return address;
}
