import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAuthority } from '../support/authority.ts';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const authority = createAuthority('Mail of ours');
const identity = authority.issue(['localhost']);
let world: World<'mail'>;
/** TLS in front of the app, with a certificate of an authority that nobody knows. */
let front: Server;

beforeAll(async () => {
  world = await startWorld({ apps: { mail: {} }, settings: { SIGNOFF_DELIVERY_RUN: 'thread' } });
  front = createServer(identity, (request, response) => {
    const { method, url, headers } = request;
    const onward = httpRequest(`${world.apps.mail.origin}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
});
afterAll(async () => {
  front.close().closeAllConnections();
  await world.stop();
});

/** Registers the app at its TLS address. */
async function register(fields: Record<string, unknown>): Promise<void> {
  const { file } = world.apps.mail;
  const { pathname } = new URL(String(file['backchannel_logout_uri']));
  const { port } = front.address() as AddressInfo;
  const address = { backchannel_logout_uri: `https://localhost:${port}${pathname}` };
  await writeFile(join(world.folder, 'clients', 'mail.yaml'), JSON.stringify({ ...file, ...address, ...fields }));
  await world.server.reloadClients();
}

describeFlows('an app with an authority and a key of its own', () => {
  it('is told by the delivery thread, once its client file names them', async () => {
    await writeFile(join(world.folder, 'clients', 'mail-ca.pem'), authority.cert);
    await register({ tls_ca: 'mail-ca.pem', tls_pin: identity.pin });
    expect(world.logged.filter((line) => line.event === 'client.rejected')).toEqual([]);
    const { claims } = await world.apps.mail.signIn(createBrowser());

    await world.server.endSessions(
      { kind: 'account', accountId: await world.accountId('alice') },
      { reason: 'operator', actor: { kind: 'operator' } },
    );

    await world.apps.mail.waitForSids([claims.sid]);
  });
});
