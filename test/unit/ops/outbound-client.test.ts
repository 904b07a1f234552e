import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { type Call, createOutboundClient, type OutboundClientOptions } from '../../../src/ops/outbound-client.ts';
import type { Resolve } from '../../../src/ops/shared-lookups.ts';
import { selfSigned } from '../../support/authority.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const toLoopback: Resolve = async () => ['127.0.0.1'];

function clientOf(options: Partial<OutboundClientOptions> & { readonly resolve?: Resolve } = {}) {
  const outbound = createOutbound({ allow: ['127.0.0.0/8', 'app.example'], resolve: options.resolve ?? toLoopback });
  const client = createOutboundClient({ outbound, ...options });
  closing.push(() => client.close());
  const call = (url: string, more: Partial<Call> = {}) =>
    client.call({ method: 'GET', url, headers: {}, answerMs: 5_000, sockets: 'kept', ...more });
  /** Calls, reads the answer to its end, and waits until the socket is back. */
  const whole = async (url: string, more?: Partial<Call>) => {
    const called = await call(url, more);
    if (called.kind === 'answer') await called.body(1_000);
    await new Promise(setImmediate);
    return called;
  };
  return { client, call, whole };
}

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

const answers: RequestListener = (_, response) => void response.end('ok');

describe('the clock of a call', () => {
  it('starts with the first byte written: a slow name and a slow handshake cost the app nothing of it', async () => {
    const { key, cert } = selfSigned('app.example');
    const app = https.createServer({ key, cert }, answers);
    const slow = net.createServer((socket) => void pause(700).then(() => app.emit('connection', socket)));
    const port = await listening(slow);
    const resolve: Resolve = async () => pause(700, ['127.0.0.1']);
    const { call } = clientOf({ resolve, ca: cert });
    const called = await call(`https://app.example:${port}/`, { answerMs: 1_000 });
    expect(called).toMatchObject({ kind: 'answer', status: 200 });
    expect(called.ms).toBeGreaterThan(1_300);
  });

  it('a name, a handshake and an answer that do not come are each told apart, after limits of their own', async () => {
    const mute = await listening(net.createServer((socket) => void socket.resume()));
    const limits = { lookupMs: 120, handshakeMs: 120 };
    const never: Resolve = (_, signal) =>
      new Promise((_done, fail) => signal?.addEventListener('abort', () => fail(signal.reason)));
    const quick = { answerMs: 120 };
    expect(await clientOf({ limits, resolve: never }).call('https://app.example/', quick)).toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringContaining('no address for its name'),
    });
    expect(await clientOf({ limits }).call(`https://app.example:${mute}/`, quick)).toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringContaining('no TLS handshake'),
    });
    expect(await clientOf({ limits }).call(`http://app.example:${mute}/`, quick)).toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringContaining('no answer'),
    });
  });
});

describe('a cancelled call', () => {
  it('cancels its lookup, and is over at once', async () => {
    const asked = Promise.withResolvers<AbortSignal | undefined>();
    const { call } = clientOf({
      resolve: (_, signal) => {
        asked.resolve(signal);
        return new Promise((_done, fail) => signal?.addEventListener('abort', () => fail(signal.reason)));
      },
    });
    const cutting = new AbortController();
    const called = call('https://app.example/', { signal: cutting.signal });
    const signal = await asked.promise;
    cutting.abort();
    expect(await called).toMatchObject({ kind: 'failure', code: 'EABORTED' });
    expect(signal?.aborted).toBe(true);
  });

  it.each(['handshake', 'answer'])('leaves no socket behind, cut off while it waits for the %s', async (step) => {
    const connected = Promise.withResolvers<Socket>();
    const port = await listening(net.createServer((socket) => socket.once('data', () => connected.resolve(socket))));
    const cutting = new AbortController();
    const { call, client } = clientOf();
    const called = call(`${step === 'answer' ? 'http' : 'https'}://app.example:${port}/`, { signal: cutting.signal });
    const closed = once(await connected.promise, 'close');
    cutting.abort();
    expect(await called).toMatchObject({ kind: 'failure', code: 'EABORTED' });
    await closed;
    expect(client.idle()).toBe(0);
  });

  it('is not begun where it was cancelled before', async () => {
    const { call } = clientOf({ resolve: () => Promise.reject(new Error('asked')) });
    expect(await call('https://app.example/', { signal: AbortSignal.abort() })).toMatchObject({ code: 'EABORTED' });
  });

  it('does not take the kept socket of a later call with it', async () => {
    const port = await listening(http.createServer(answers));
    const { whole, client } = clientOf();
    const cutting = new AbortController();
    expect(await whole(`http://app.example:${port}/`, { signal: cutting.signal })).toMatchObject({ status: 200 });
    cutting.abort();
    await new Promise(setImmediate);
    expect(client.idle()).toBe(1);
  });
});

describe('sockets', () => {
  it('are bounded in all: after 530 TLS apps 512 are idle, the oldest were let go', async () => {
    const { key, cert } = selfSigned('*.apps.example');
    const server = https.createServer({ key, cert }, answers);
    const port = await listening(server);
    const { whole, client } = clientOf({ ca: cert });
    let connections = 0;
    server.on('secureConnection', () => {
      connections += 1;
    });
    server.keepAliveTimeout = 0;
    for (let i = 0; i < 530; i += 10) {
      const ten = Array.from({ length: 10 }, (_, more) => whole(`https://app${i + more}.apps.example:${port}/`));
      expect((await Promise.all(ten)).every((called) => called.kind === 'answer')).toBe(true);
    }
    expect(client.idle()).toBe(512);
    expect(connections).toBe(530);
    // The newest is there still, the oldest is not.
    await whole(`https://app529.apps.example:${port}/`);
    expect(connections).toBe(530);
    await whole(`https://app0.apps.example:${port}/`);
    expect(connections).toBe(531);
  }, 60_000);

  it('count only while they are idle, and no more once the app has closed them', async () => {
    const opened: Socket[] = [];
    const server = http.createServer(answers).on('connection', (socket) => opened.push(socket));
    const port = await listening(server);
    const { whole, call, client } = clientOf({ idleMax: 1 });
    await whole(`http://127.0.0.1:${port}/`);
    expect(client.idle()).toBe(1);
    const [first] = opened;
    const again = await call(`http://127.0.0.1:${port}/`);
    expect(client.idle()).toBe(0);
    if (again.kind === 'answer') await again.body(10);
    await new Promise(setImmediate);
    expect([client.idle(), opened.length]).toEqual([1, 1]);
    const closed = once(first as Socket, 'close');
    first?.end();
    await closed;
    expect(client.idle()).toBe(0);
  });

  it('TLS sessions are resumed although their sockets were let go', async () => {
    const { key, cert } = selfSigned('*.apps.example');
    const reused: boolean[] = [];
    const server = https.createServer({ key, cert }, (request, response) => {
      reused.push((request.socket as TLSSocket).isSessionReused());
      response.end();
    });
    const port = await listening(server);
    const { whole } = clientOf({ ca: cert, idleMax: 1 });
    for (const name of ['a', 'b', 'a', 'b']) await whole(`https://${name}.apps.example:${port}/`);
    expect(reused).toEqual([false, false, true, true]);
  });

  it('a session that the other side chokes on is not offered twice', async () => {
    const { key, cert } = selfSigned('app.example');
    const reused: boolean[] = [];
    const app = https.createServer({ key, cert }, (request, response) => {
      reused.push((request.socket as TLSSocket).isSessionReused());
      response.setHeader('connection', 'close').end();
    });
    let chokes = false;
    const port = await listening(
      net.createServer((socket) => {
        if (chokes) socket.once('data', () => socket.destroy());
        else app.emit('connection', socket);
      }),
    );
    const { whole } = clientOf({ ca: cert });
    const url = `https://app.example:${port}/`;
    expect(await whole(url)).toMatchObject({ status: 200 });
    chokes = true;
    expect(await whole(url)).toMatchObject({ kind: 'failure' });
    chokes = false;
    expect(await whole(url)).toMatchObject({ status: 200 });
    expect(reused).toEqual([false, false]);
  });
});
