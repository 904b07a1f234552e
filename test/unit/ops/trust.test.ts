import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { type Call, createOutboundClient } from '../../../src/ops/outbound-client.ts';
import { certificatesProblem } from '../../../src/ops/pem.ts';
import type { Trust } from '../../../src/ops/trust.ts';
import { createAuthority, type Identity } from '../../support/authority.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const ours = createAuthority('Ours');
const theirs = createAuthority('Theirs');
const app = ours.issue(['app.example']);

async function serve(identity: Identity, keepAlive = true): Promise<string> {
  const server = https.createServer(identity, (_, response) => {
    if (!keepAlive) response.setHeader('connection', 'close');
    response.end();
  });
  closing.push(() => server.close().closeAllConnections());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `https://app.example:${(server.address() as AddressInfo).port}/`;
}

function caller(ca?: string) {
  const outbound = createOutbound({ allow: ['127.0.0.0/8'], resolve: async () => ['127.0.0.1'] });
  const client = createOutboundClient({ outbound, ca });
  closing.push(() => client.close());
  return async (url: string, trust?: Trust) => {
    const call: Call = { method: 'GET', url, headers: {}, answerMs: 5_000, sockets: 'kept', ...(trust && { trust }) };
    const called = await client.call(call);
    if (called.kind === 'answer') await called.body(10);
    await new Promise(setImmediate);
    return called.kind === 'answer' ? called.status : called.kind === 'failure' ? called.code : called.kind;
  };
}

describe('tls_ca', () => {
  it('is believed for its app, and for no other', async () => {
    const url = await serve(app);
    const call = caller();
    expect(await call(url, { authorities: ours.cert })).toBe(200);
    // Over a kept socket or a resumed session it would be.
    expect(await call(url)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await call(url, { authorities: theirs.cert })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await call(url, { authorities: ours.cert })).toBe(200);
  });

  it('counts alone: who is believed for everybody is not believed for that app', async () => {
    const url = await serve(app);
    const call = caller(ours.cert);
    expect(await call(url)).toBe(200);
    expect(await call(url, { authorities: theirs.cert })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await call(url, { authorities: theirs.cert + ours.cert })).toBe(200);
  });

  it('of two hundred apps is kept for some of them and made again for the others', async () => {
    const url = await serve(app);
    const call = caller();
    const trusts = Array.from({ length: 200 }, (_, i) => ({ authorities: `${ours.cert}# ${i}\n` }));
    for (const trust of [...trusts, ...trusts.slice(0, 3)]) expect(await call(url, trust)).toBe(200);
  });
});

describe('tls_pin', () => {
  it('lets a server with that key through, one of several too', async () => {
    const url = await serve(app);
    const call = caller(ours.cert);
    expect(await call(url, { pins: [app.pin] })).toBe(200);
    expect(await call(url, { pins: [theirs.pin, app.pin] })).toBe(200);
  });

  it('refuses any other key although its authority is known, before a byte is written', async () => {
    let requests = 0;
    const server = https.createServer(ours.issue(['app.example']), (_, response) => {
      requests += 1;
      response.end();
    });
    closing.push(() => server.close().closeAllConnections());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://app.example:${(server.address() as AddressInfo).port}/`;
    const call = caller(ours.cert);
    expect(await call(url)).toBe(200);
    expect(await call(url, { pins: [app.pin] })).toBe('EPIN');
    expect(requests).toBe(1);
  });

  it('does not stand in for an authority', async () => {
    expect(await caller()(await serve(app), { pins: [app.pin] })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('holds for resumed sessions too', async () => {
    const url = await serve(app, false);
    const call = caller(ours.cert);
    for (let i = 0; i < 3; i += 1) expect(await call(url, { pins: [app.pin] })).toBe(200);
    expect(await call(url, { pins: [theirs.pin] })).toBe('EPIN');
  });
});

describe('a file of certificates', () => {
  const broken = app.cert.replace(/\n.{30}/, '\n');

  it.each([
    ['one', ours.cert, undefined],
    ['several, with words between them', `# ours\n${ours.cert}\n# theirs\n${theirs.cert}`, undefined],
    ['none', 'hello', /PEM form/],
    ['a broken second one', ours.cert + broken + theirs.cert, /number 2 of 3 cannot be read/],
    ['a second one without an end', ours.cert + theirs.cert.replace(/-----END[\s\S]*/, ''), /number 2 of 2/],
    ['a private key', ours.cert + ours.key, /holds a private key/],
  ])('%s', (_, text, problem) => {
    if (problem === undefined) expect(certificatesProblem(text)).toBeUndefined();
    else expect(certificatesProblem(text)).toMatch(problem);
  });
});
