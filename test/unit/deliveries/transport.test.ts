import { once } from 'node:events';
import http, { type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createTransport, type Outcome } from '../../../src/deliveries/transport.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import { createOutbound, type Outbound } from '../../../src/ops/outbound.ts';
import { createOutboundClient } from '../../../src/ops/outbound-client.ts';
import type { Resolve } from '../../../src/ops/shared-lookups.ts';
import { selfSigned } from '../../support/authority.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const LOOPBACK = createOutbound({ allow: ['127.0.0.0/8', '::1'] });

function transport(outbound: Outbound = LOOPBACK, ca?: string) {
  const made = createTransport({ client: createOutboundClient({ outbound, ca }), clock: systemClock });
  closing.push(() => made.close());
  return (url: string, answerMs = 2_000, mint = async () => 'a.b.c') => made.post(url, mint, { answerMs });
}

async function listening(server: net.Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function app(handler: RequestListener, host?: string): Promise<{ server: Server; url: string; port: number }> {
  const server = http.createServer(handler);
  const port = await listening(server, host);
  return { server, port, url: `http://127.0.0.1:${port}/logout` };
}

async function rawApp(onConnection: (socket: Socket) => void): Promise<string> {
  const port = await listening(net.createServer((socket) => onConnection(socket.on('error', () => undefined))));
  return `http://127.0.0.1:${port}/logout`;
}

function bodyOf(request: http.IncomingMessage): Promise<string> {
  return request.toArray().then((chunks) => Buffer.concat(chunks).toString());
}

describe('the POST', () => {
  it('B17, B5 carries logout_token only, as a form, to the address with its query', async () => {
    let seen: object = {};
    const { url } = await app(async (req, res) => {
      seen = { method: req.method, url: req.url, type: req.headers['content-type'], body: await bodyOf(req) };
      expect(req.headers['accept-encoding']).toBeUndefined();
      res.end();
    });
    const outcome = await transport()(`${url}?logout=backchannel&t=%20a`);
    expect(outcome).toMatchObject({ kind: 'answer', status: 200 });
    expect(seen).toEqual({
      method: 'POST',
      url: '/logout?logout=backchannel&t=%20a',
      type: 'application/x-www-form-urlencoded',
      body: 'logout_token=a.b.c',
    });
  });

  it('tells status, words, Retry-After and the clock of the app', async () => {
    const { url } = await app((_, res) => {
      res.writeHead(503, { 'retry-after': '7', date: new Date(Date.now() + 90_000).toUTCString() });
      res.end('down for\u0007\u202e maintenance, you sent eyJhbGciOiJFUzI1NiJ9.eyJzaWQiOiJ4In0.c2ln');
    });
    const outcome = (await transport()(url)) as Extract<Outcome, { kind: 'answer' }>;
    expect(outcome).toMatchObject({ status: 503, retryAfterMs: 7000 });
    expect(outcome.snippet).toBe('down for maintenance, you sent [token]');
    expect(Math.abs((outcome.clockAheadMs ?? 0) - 90_000)).toBeLessThan(2_000);
  });

  it('reads Retry-After as a date', async () => {
    const { url } = await app((_, res) => {
      res.writeHead(429, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();
    });
    const outcome = (await transport()(url)) as Extract<Outcome, { kind: 'answer' }>;
    expect(Math.abs((outcome.retryAfterMs ?? 0) - 60_000)).toBeLessThan(2_000);
  });

  it('keeps its socket for the next one', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await app((req, res) => {
      ports.add(req.socket.remotePort);
      res.end('ok');
    });
    const post = transport();
    for (let i = 0; i < 5; i += 1) {
      await post(url);
      await new Promise(setImmediate);
    }
    expect(ports.size).toBeLessThan(3);
  });

  it('A12 redirect-not-followed: a 302 to an internal host is an answer, nobody goes there', async () => {
    let visits = 0;
    const inside = await app((_, res) => {
      visits += 1;
      res.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await app((_, res) => res.writeHead(status, { location: inside.url }).end());
      expect(await transport()(url)).toMatchObject({ kind: 'answer', status });
    }
    expect(visits).toBe(0);
  });

  it('ignores HTTP_PROXY and HTTPS_PROXY', async () => {
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:9';
    try {
      const { url } = await app((_, res) => res.writeHead(204).end());
      expect(await transport()(url)).toMatchObject({ status: 204 });
    } finally {
      delete process.env['HTTP_PROXY'];
    }
  });

  it('speaks IPv6', async () => {
    const { port } = await app((_, res) => res.end(), '::1');
    expect(await transport()(`http://[::1]:${port}/`)).toMatchObject({ status: 200 });
    expect(await transport()(`http://localhost:${port}/`)).toMatchObject({ status: 200 });
  });
});

describe('limits', () => {
  it('a huge body is cut off, its status counts', async () => {
    for (const status of [200, 500]) {
      const { url } = await app((req, res) => {
        res.writeHead(status);
        const pump = () => {
          while (res.write('x'.repeat(65_536)));
        };
        res.on('drain', pump).on('error', () => undefined);
        req.resume();
        pump();
      });
      const outcome = await transport()(url);
      expect(outcome).toMatchObject({ kind: 'answer', status });
      expect(outcome.ms).toBeLessThan(1_500);
    }
  });

  it('huge headers are a failure', async () => {
    const { url } = await app((_, res) => res.writeHead(200, { 'x-big': 'x'.repeat(9_000) }).end());
    expect(await transport()(url)).toMatchObject({ kind: 'failure', code: 'HPE_HEADER_OVERFLOW' });
  });

  it('a compressed body is not inflated', async () => {
    const { url } = await app((_, res) => res.writeHead(500, { 'content-encoding': 'gzip' }).end('plain'));
    expect(await transport()(url)).toMatchObject({ status: 500, snippet: 'plain' });
  });

  it('a tarpit that never answers costs the timeout, not more', async () => {
    const url = await rawApp((socket) => void socket.resume());
    const outcome = await transport()(url, 150);
    expect(outcome).toMatchObject({ kind: 'failure', code: 'ETIMEDOUT' });
    expect(outcome.ms).toBeLessThan(1_000);
  });

  it('a tarpit that drips headers costs the timeout too', async () => {
    const url = await rawApp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await transport()(url, 150)).toMatchObject({ kind: 'failure', code: 'ETIMEDOUT' });
  });

  it('a 200 counts although its body never ends, a 500 is told when the time is over', async () => {
    const { url } = await app((req, res) => {
      res.writeHead(req.url === '/logout' ? 200 : 500);
      res.write('so far');
    });
    expect(await transport()(url, 500)).toMatchObject({ kind: 'answer', status: 200 });
    expect(await transport()(`${url}?x`, 150)).toMatchObject({ kind: 'answer', status: 500, snippet: 'so far' });
  });

  it.each([
    ['nobody listens', 'ECONNREFUSED', 'http://127.0.0.1:9/'],
    ['the answer is not HTTP', 'HPE_INVALID_CONSTANT', 'SSH-2.0-x\r\n\r\n'],
    ['the other side hangs up', 'ECONNRESET', ''],
    [
      '101 switches away',
      'ECONNRESET',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    ],
  ])('%s: a failure, never a throw', async (_, code, answer) => {
    const url = answer.startsWith('http:')
      ? answer
      : await rawApp((socket) => socket.once('data', () => socket.end(answer)));
    expect(await transport()(url)).toMatchObject({ kind: 'failure', code });
  });
});

describe('a kept socket that the app has closed', () => {
  it('is replaced by a fresh one once, within the same attempt, with a fresh token', async () => {
    let connections = 0;
    let requests = 0;
    const tokens: string[] = [];
    const url = await rawApp((socket) => {
      connections += 1;
      let first = true;
      socket.on('data', (chunk) => {
        if (!chunk.includes('POST')) return;
        requests += 1;
        tokens.push(String(chunk).split('logout_token=')[1] ?? '');
        if (connections === 1 && !first) return void socket.destroy();
        first = false;
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const post = transport();
    let minted = 0;
    const mint = async () => `token-${++minted}`;
    expect(await post(url, 2_000, mint)).toMatchObject({ status: 200 });
    await new Promise(setImmediate);
    expect(await post(url, 2_000, mint)).toMatchObject({ status: 200 });
    expect({ connections, requests }).toEqual({ connections: 2, requests: 3 });
    // The app may have read the second before it closed: sent again it would be a replay.
    expect(tokens).toEqual(['token-1', 'token-2', 'token-3']);
  });

  it('a fresh socket that is reset is not tried again', async () => {
    let connections = 0;
    const url = await rawApp((socket) => {
      connections += 1;
      socket.once('data', () => socket.destroy());
    });
    expect(await transport()(url)).toMatchObject({ kind: 'failure' });
    expect(connections).toBe(1);
  });
});

describe('address rules on every attempt (invariant 10)', () => {
  const naming = (resolve: Resolve, allow: string[] = []) => createOutbound({ allow, resolve });

  async function target() {
    let connections = 0;
    const port = await listening(
      net.createServer((socket) => {
        connections += 1;
        socket.destroy();
      }),
    );
    return { port, connections: () => connections };
  }

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    'localhost',
  ])('a literal or local name is not called: %s', async (host) => {
    const { port, connections } = await target();
    expect(await transport(naming(async () => ['127.0.0.1']))(`https://${host}:${port}/`)).toMatchObject({
      kind: 'blocked',
    });
    expect(connections()).toBe(0);
  });

  it('A11 dns-rebinding: a name that flips to 127.0.0.1 gets no connection', async () => {
    const { port, connections } = await target();
    const answers = [['192.0.2.1'], ['8.8.8.8', '127.0.0.1'], ['127.0.0.1'], ['::ffff:127.0.0.1'], ['::1']];
    const post = transport(naming(async () => answers.shift() ?? ['127.0.0.1']));
    for (let i = 0; i < 6; i += 1) {
      expect(await post(`https://rp.example:${port}/`)).toMatchObject({
        kind: 'blocked',
        why: expect.stringMatching(/SIGNOFF_OUTBOUND_ALLOW/),
      });
    }
    expect(connections()).toBe(0);
  });

  it('the connected peer is checked before a byte is sent, should lookup ever be passed by', async () => {
    const got: Buffer[] = [];
    const server = net.createServer((socket) =>
      socket.on('data', (chunk: Buffer) => got.push(chunk)).on('error', () => undefined),
    );
    const port = await listening(server);
    const leaky: Outbound = { ...LOOPBACK, allowsAddress: () => false };
    const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    expect(await transport(leaky)(`http://127.0.0.1:${port}/`)).toMatchObject({
      kind: 'blocked',
      why: expect.stringMatching(/127\.0\.0\.1/),
    });
    await closed;
    expect(got).toEqual([]);
  });

  it('a listed name may live at a private address', async () => {
    const { port } = await app((_, res) => res.end());
    const post = transport(naming(async () => ['127.0.0.1'], ['rp.internal']));
    expect(await post(`http://rp.internal:${port}/`)).toMatchObject({ status: 200 });
    expect(await post(`http://other.internal:${port}/`)).toMatchObject({ kind: 'blocked' });
  });

  it('a name without an address is a failure, not a block', async () => {
    const post = transport(naming(() => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOTFOUND' }))));
    expect(await post('https://rp.example/')).toMatchObject({ kind: 'failure', code: 'ENOTFOUND' });
  });
});

describe('TLS', () => {
  async function tlsApp(...names: string[]) {
    const identity = selfSigned(...names);
    const reused: boolean[] = [];
    const server = https.createServer(identity, (req, res) => {
      reused.push((req.socket as import('node:tls').TLSSocket).isSessionReused());
      res.writeHead(204, { connection: 'close' }).end();
    });
    const port = await listening(server);
    return { port, ca: identity.cert, reused };
  }

  it('accepts an authority of SIGNOFF_OUTBOUND_CA and resumes its sessions', async () => {
    const { port, ca, reused } = await tlsApp('localhost');
    const post = transport(LOOPBACK, ca);
    expect(await post(`https://localhost:${port}/`)).toMatchObject({ status: 204 });
    expect(await post(`https://localhost:${port}/`)).toMatchObject({ status: 204 });
    expect(reused).toEqual([false, true]);
  });

  it('refuses an unknown authority, and a certificate for another name', async () => {
    const { port, ca } = await tlsApp('other.example');
    expect(await transport()(`https://localhost:${port}/`)).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const outcome = await transport(LOOPBACK, ca)(`https://localhost:${port}/`);
    expect(outcome).toMatchObject({ kind: 'failure', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });
});
