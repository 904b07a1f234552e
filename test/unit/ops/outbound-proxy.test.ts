import { once } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { type Call, createOutboundClient } from '../../../src/ops/outbound-client.ts';
import type { StepLimits } from '../../../src/ops/outbound-connect.ts';
import { createAuthority } from '../../support/authority.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening(server: net.Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const authority = createAuthority('Everybody');
const PUBLIC = '192.88.98.7';

interface Way {
  readonly to: string | undefined;
  readonly authorization: string | undefined;
}

/** A little proxy: whatever address it is asked for, it leads to the same app. Answers what it was asked. */
function proxyTo(port: number, server: Server, status = 200) {
  const asked: Way[] = [];
  server.on('connect', ({ url, headers }: IncomingMessage, socket: Socket) => {
    asked.push({ to: url, authorization: headers['proxy-authorization'] });
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const onward = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => undefined);
    closing.push(() => onward.destroy());
  });
  return asked;
}

async function app() {
  const seen: { host: string | undefined; url: string | undefined }[] = [];
  const handler: http.RequestListener = ({ headers, url }, response) => {
    seen.push({ host: headers.host, url });
    response.writeHead(204).end();
  };
  const overTls = https.createServer(authority.issue(['app.example']), handler);
  const plain = http.createServer(handler);
  return { seen, tlsPort: await listening(overTls), port: await listening(plain) };
}

interface Options {
  readonly proxy: string;
  readonly except?: readonly string[];
  readonly addresses?: readonly string[];
  readonly allow?: readonly string[];
  readonly limits?: Partial<StepLimits>;
}

function caller({ proxy, except = [], addresses = [PUBLIC], allow = [], limits = {} }: Options) {
  const outbound = createOutbound({ allow, resolve: async () => addresses });
  const client = createOutboundClient({ outbound, ca: authority.cert, proxy: { url: proxy, except }, limits });
  closing.push(() => client.close());
  return async (url: string, more: Partial<Call> = {}) => {
    const called = await client.call({ method: 'GET', url, headers: {}, answerMs: 5_000, sockets: 'kept', ...more });
    if (called.kind === 'answer') await called.body(100);
    await new Promise(setImmediate);
    return called;
  };
}

describe('SIGNOFF_OUTBOUND_PROXY', () => {
  it('is asked for the address that was checked, and the app sees its own name, in TLS too', async () => {
    const { seen, tlsPort } = await app();
    const server = http.createServer();
    const asked = proxyTo(tlsPort, server);
    const call = caller({ proxy: `http://127.0.0.1:${await listening(server)}` });
    expect(await call('https://app.example/logout?x=1')).toMatchObject({ kind: 'answer', status: 204 });
    expect(await call('https://app.example/logout?x=2')).toMatchObject({ status: 204 });
    expect(asked).toEqual([{ to: `${PUBLIC}:443`, authorization: undefined }]);
    expect(seen).toEqual([
      { host: 'app.example', url: '/logout?x=1' },
      { host: 'app.example', url: '/logout?x=2' },
    ]);
    // The certificate is judged by the name, not by the address.
    expect(await call('https://other.example/')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('is asked by CONNECT for http: addresses too, which arrive as they were written', async () => {
    const { seen, port } = await app();
    const server = http.createServer();
    const asked = proxyTo(port, server);
    const call = caller({ proxy: `http://127.0.0.1:${await listening(server)}`, allow: ['app.example'] });
    expect(await call('http://app.example:8080/logout')).toMatchObject({ status: 204 });
    expect(asked).toEqual([{ to: `${PUBLIC}:8080`, authorization: undefined }]);
    expect(seen).toEqual([{ host: 'app.example:8080', url: '/logout' }]);
  });

  it('asks for an IPv6 address in brackets where the app has no other', async () => {
    const { tlsPort } = await app();
    const server = http.createServer();
    const asked = proxyTo(tlsPort, server);
    const call = caller({ proxy: `http://127.0.0.1:${await listening(server)}`, addresses: ['2606:4700::1'] });
    expect(await call('https://app.example/')).toMatchObject({ status: 204 });
    expect(asked).toMatchObject([{ to: '[2606:4700::1]:443' }]);
  });

  it('is not asked at all for what the address rules forbid', async () => {
    const { tlsPort } = await app();
    const server = http.createServer();
    const asked = proxyTo(tlsPort, server);
    const proxy = `http://127.0.0.1:${await listening(server)}`;
    for (const addresses of [['127.0.0.1'], [PUBLIC, '10.0.0.1'], ['::ffff:169.254.169.254']]) {
      expect(await caller({ proxy, addresses })('https://app.example/')).toMatchObject({ kind: 'blocked' });
    }
    expect(await caller({ proxy })('https://127.0.0.1/')).toMatchObject({ kind: 'blocked' });
    expect(asked).toEqual([]);
  });

  it('is passed by for listed hosts, and where all addresses of a name are in listed networks', async () => {
    const { tlsPort } = await app();
    const server = http.createServer();
    const asked = proxyTo(tlsPort, server);
    const proxy = `http://127.0.0.1:${await listening(server)}`;
    const here = { proxy, allow: ['127.0.0.0/8'], addresses: ['127.0.0.1'] };
    const url = `https://app.example:${tlsPort}/`;
    expect(await caller({ ...here, except: ['127.0.0.0/8'] })(url)).toMatchObject({ status: 204 });
    expect(await caller({ ...here, except: ['App.example'] })(url)).toMatchObject({ status: 204 });
    expect(asked).toEqual([]);
    expect(await caller({ ...here, except: ['10.0.0.0/8'] })(url)).toMatchObject({ status: 204 });
    expect(asked).toHaveLength(1);
  });

  it('gets the credentials of its address, which stand in no message', async () => {
    const { tlsPort } = await app();
    const server = http.createServer();
    const asked = proxyTo(tlsPort, server);
    const port = await listening(server);
    const call = caller({ proxy: `http://signoff:p%40ss-word@127.0.0.1:${port}` });
    expect(await call('https://app.example/')).toMatchObject({ status: 204 });
    const [way] = asked;
    expect(Buffer.from(way?.authorization?.replace('Basic ', '') ?? '', 'base64').toString()).toBe('signoff:p@ss-word');

    const closed = await listening(net.createServer((socket) => void socket.destroy()));
    const messages: string[] = [];
    for (const status of [407, 403, 502]) {
      const refusing = http.createServer();
      proxyTo(tlsPort, refusing, status);
      const proxy = `http://signoff:p%40ss-word@127.0.0.1:${await listening(refusing)}`;
      const called = await caller({ proxy })('https://app.example/');
      expect(called).toMatchObject({ kind: 'failure', code: 'EPROXY' });
      messages.push(called.kind === 'failure' ? called.message : '');
    }
    for (const odd of [closed, 9]) {
      const called = await caller({ proxy: `http://signoff:p%40ss-word@127.0.0.1:${odd}` })('https://app.example/');
      expect(called).toMatchObject({ kind: 'failure', code: 'EPROXY' });
      messages.push(called.kind === 'failure' ? called.message : '');
    }
    expect(messages).toEqual([
      expect.stringContaining('wants a user name and a password (407)'),
      expect.stringContaining(`does not connect to ${PUBLIC}:443 (403)`),
      expect.stringContaining(`got no connection to ${PUBLIC}:443 (502)`),
      expect.stringContaining('closed the connection'),
      expect.stringContaining('cannot be reached (ECONNREFUSED)'),
    ]);
    expect(messages.join(' ')).not.toMatch(/p@ss|p%40ss|c2lnbm9mZj/);
  });

  it('may be spoken to by TLS itself', async () => {
    const { tlsPort } = await app();
    const server = https.createServer(authority.issue(['localhost']));
    const asked = proxyTo(tlsPort, server);
    const call = caller({ proxy: `https://localhost:${await listening(server)}` });
    expect(await call('https://app.example/')).toMatchObject({ status: 204 });
    expect(asked).toMatchObject([{ to: `${PUBLIC}:443` }]);
  });

  it('that says nothing costs its limit; a call that is cut off leaves it at once', async () => {
    const heard = Promise.withResolvers<Socket>();
    const mute = await listening(net.createServer((socket) => socket.once('data', () => heard.resolve(socket))));
    const proxy = `http://127.0.0.1:${mute}`;
    const cutting = new AbortController();
    const called = caller({ proxy })('https://app.example/', { signal: cutting.signal });
    const closed = once(await heard.promise, 'close');
    cutting.abort();
    expect(await called).toMatchObject({ code: 'EABORTED' });
    await closed;
    expect(await caller({ proxy, limits: { proxyMs: 120 } })('https://app.example/')).toMatchObject({
      code: 'EPROXY',
      message: expect.stringContaining('did not answer within'),
    });
  });

  it('whatever it sends besides its answer is not taken for the app', async () => {
    const early = net.createServer((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')),
    );
    const call = caller({ proxy: `http://127.0.0.1:${await listening(early)}`, allow: ['app.example'] });
    expect(await call('http://app.example/')).toMatchObject({ kind: 'failure', code: 'EPROXY' });
  });
});
