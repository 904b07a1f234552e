import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';

describe('A10 a tarpit among fifty apps', () => {
  let world: World<string>;
  let tarpit: Tarpit;

  beforeAll(async () => {
    tarpit = await startTarpit();
    const healthy = Array.from({ length: 49 }, (_, index) => [`app${index}`, {}] as const);
    world = await startWorld({
      apps: {
        ...Object.fromEntries(healthy),
        tarpit: { file: { backchannel_logout_uri: tarpit.url } },
      },
    });
  });
  afterAll(async () => {
    await world.stop();
    tarpit.close();
  });

  it('A10 one-tarpit-of-fifty: the other 49 are told in under 1 s', async () => {
    const { tarpit: _, ...healthy } = world.apps;
    const apps = Object.values(healthy);
    const browser = createBrowser();
    await world.apps['tarpit']?.signIn(browser);
    const tokens = [];
    for (const app of apps) tokens.push(await app.signIn(browser));
    const [first, firstTokens] = [apps[0], tokens[0]];
    if (first === undefined || firstTokens === undefined) throw new Error('no apps');
    const startedAt = Date.now();

    const page = await signOff(browser, first, firstTokens);

    await Promise.all(apps.map((app) => app.waitForTokens(1)));
    expect(tarpit.bytesSent()).toBeGreaterThan(0);
    const tookMs = apps.map((app) => (app.received[0]?.at ?? Number.POSITIVE_INFINITY) - startedAt);
    expect(Math.max(...tookMs)).toBeLessThan(1_000);
    // And the person is not sent on as if all were well.
    expect(new URL(page.location ?? '').pathname).toMatch(/^\/logout\//);
  });
});

const HEAD = 'HTTP/1.1 200 OK\r\nX-Slow: ';

interface Tarpit {
  readonly url: string;
  bytesSent(): number;
  close(): void;
}

/** Begins a good answer, one byte every 100 ms, and never ends it: no timeout for silence ever strikes. */
async function startTarpit(): Promise<Tarpit> {
  const sockets = new Set<Socket>();
  let sent = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    const drip = setInterval(() => {
      socket.write(HEAD[sent] ?? 'x');
      sent += 1;
    }, 100);
    socket.once('close', () => clearInterval(drip));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/backchannel`,
    bytesSent: () => sent,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
