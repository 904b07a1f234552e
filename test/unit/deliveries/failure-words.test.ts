import { once } from 'node:events';
import net, { type AddressInfo, type Server } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createTransport } from '../../../src/deliveries/transport.ts';
import { verdict } from '../../../src/deliveries/verdict.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { createOutboundClient } from '../../../src/ops/outbound-client.ts';
import { createAuthority, type Identity, selfSigned } from '../../support/authority.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const root = createAuthority('Root');
const issuing = root.below('Issuing');
const app = issuing.issue(['app.example']);
const chain = (...all: Identity[]) => all.map((one) => one.cert).join('');

async function listening(server: Server): Promise<number> {
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    closing.push(() => socket.destroy());
  });
  closing.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What an operator reads about a call to this server. */
async function told(server: Server, ca?: string, scheme = 'https'): Promise<string> {
  const port = await listening(server);
  const outbound = createOutbound({ allow: ['127.0.0.0/8', 'app.example'], resolve: async () => ['127.0.0.1'] });
  const transport = createTransport({ client: createOutboundClient({ outbound, ca }), clock: systemClock });
  closing.push(() => transport.close());
  const outcome = await transport.post(`${scheme}://app.example:${port}/`, async () => 'a.b.c', { answerMs: 5_000 });
  const judged = verdict(outcome);
  return judged.kind === 'delivered' ? 'delivered' : judged.why;
}

function overTls(options: TlsOptions): Server {
  const answer = 'HTTP/1.1 204 No Content\r\n\r\n';
  return tls.createServer(options, (socket) =>
    socket.on('error', () => undefined).once('data', () => socket.end(answer)),
  );
}

const plain = (answer: string) => net.createServer((socket) => socket.once('data', () => socket.end(answer)));

describe('TLS errors name the cause and the way out', () => {
  it('an intermediate that the app does not send', async () => {
    expect(await told(overTls({ key: app.key, cert: app.cert }), root.cert)).toMatch(
      /sends only its own certificate, not the intermediate.*send the whole chain.*tls_ca/,
    );
  });

  it('an authority file with only the issuing authority is enough, whether the app sends it or not', async () => {
    expect(await told(overTls({ key: app.key, cert: app.cert }), issuing.cert)).toBe('delivered');
    expect(await told(overTls({ key: app.key, cert: chain(app, issuing) }), issuing.cert)).toBe('delivered');
    expect(await told(overTls({ key: app.key, cert: chain(app, issuing) }), root.cert)).toBe('delivered');
  });

  it('an authority that nobody knows', async () => {
    for (const cert of [chain(app, issuing), chain(app, issuing, root)]) {
      expect(await told(overTls({ key: app.key, cert }))).toMatch(/of an authority we do not know; add it as tls_ca/);
    }
  });

  it('a certificate signed by itself', async () => {
    expect(await told(overTls(selfSigned('app.example')))).toMatch(/signed by itself; add it as tls_ca/);
  });

  it('a certificate that has expired', async () => {
    const old = root.issue(['app.example'], { expired: true });
    expect(await told(overTls(old), root.cert)).toMatch(/has expired; renew it/);
  });

  it('TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
    expect(await told(overTls({ key: app.key, cert: chain(app, issuing), ...old }), root.cert)).toMatch(
      /only TLS 1\.1 or older; switch TLS 1\.2 or newer on/,
    );
  });

  it('plain HTTP at an https address', async () => {
    expect(await told(plain('HTTP/1.1 400 Bad Request\r\n\r\n'))).toMatch(/is not TLS; check scheme and port/);
  });

  it('a server that wants a certificate of ours', async () => {
    const server = overTls({ key: app.key, cert: chain(app, issuing), requestCert: true, maxVersion: 'TLSv1.2' });
    expect(await told(server, root.cert)).toMatch(/certificate from us/);
  });
});

describe('a malformed HTTP answer is told in words', () => {
  it.each([
    ['SSH-2.0-x\r\n\r\n', /not valid HTTP: it does not begin like one/],
    ['HTTP/1.1 20x OK\r\n\r\n', /its status is not a number/],
    ['HTTP/1.1 200 OK\r\nbad header\r\n\r\n', /one of its headers has no colon/],
    ['HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', /twice how long it is/],
    ['HTTP/1.1 200 OK\nx: y\n\n', /lines do not end with CR LF/],
    [`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(9_000)}\r\n\r\n`, /head of its answer is longer than 8 KiB/],
  ])('%j', async (answer, words) => {
    const sentence = await told(plain(answer), undefined, 'http');
    expect(sentence).toMatch(words);
    expect(sentence).not.toContain('HPE_');
  });
});
