import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import Koa from 'koa';
import {
  createLogoutHandler,
  createReplayGuard,
  createSidIndex,
  type LogoutOutcome,
  type SidIndex,
  verifyLogoutToken,
} from '../../src/rp/rp.ts';
import { type FakeProvider, startFakeProvider } from './fake-provider.ts';

let provider: FakeProvider;
let server: Server;
let address: string;
let index: SidIndex;
let sessions: Map<string, { sid: string; sub: string }>;
let outcomes: LogoutOutcome[];
let endSession: (id: string) => void | Promise<void>;

beforeAll(async () => {
  provider = await startFakeProvider('RS256', Date.now);
});

afterAll(async () => await provider.close());

beforeEach(async () => {
  index = createSidIndex();
  sessions = new Map();
  outcomes = [];
  endSession = (id) => void sessions.delete(id);
  const rules = { issuer: provider.issuer, clientId: 'shop', keys: provider.keys, replayGuard: createReplayGuard() };
  const handler = createLogoutHandler({
    verify: (token) => verifyLogoutToken(token, rules),
    index,
    endSession: (id) => endSession(id),
    onOutcome: (outcome) => void outcomes.push(outcome),
  });
  server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/backchannel-logout`;
});

afterEach(async () => {
  await new Promise((done) => void server.close(done));
});

function signIn(id: string, sid: string, sub = 'mira'): void {
  sessions.set(id, { sid, sub });
  index.add({ id, sid, sub, issuedAt: Date.now() - 1000, expiresAt: undefined });
}

async function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(address, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}

async function postToken(claims: Record<string, unknown> = {}): Promise<Response> {
  return await post(`logout_token=${await provider.token({ claims })}`);
}

describe('the logout handler', () => {
  it('R12 answers 200 and ends the session', async () => {
    signIn('desk', 'sid-1');
    const response = await postToken();
    expect([response.status, await response.text(), sessions.size]).toEqual([200, '', 0]);
    expect(outcomes).toMatchObject([{ kind: 'ended', sessions: ['desk'], token: { sid: 'sid-1' } }]);
  });

  it('R12 answers 200 when the person is already out', async () => {
    expect((await postToken()).status).toBe(200);
    expect((await postToken()).status).toBe(200);
  });

  it('R12 answers 400 with error and error_description to a token that is not good', async () => {
    const response = await postToken({ aud: 'mail' });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'claim_invalid', error_description: expect.stringContaining('aud') },
    ]);
  });

  it('R8, R12 answers 200 to a token repeated after success, and ends nothing that began since', async () => {
    signIn('desk', 'sid-1');
    const body = `logout_token=${await provider.token({ claims: { sid: undefined } })}`;
    expect((await post(body)).status).toBe(200);
    sessions.set('newer', { sid: 'sid-2', sub: 'mira' });
    index.add({ id: 'newer', sid: 'sid-2', sub: 'mira', issuedAt: Date.now() + 1_000, expiresAt: undefined });
    expect((await post(body)).status).toBe(200);
    expect([...sessions.keys()]).toEqual(['newer']);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['ended', 'repeated']);
  });

  it('R8 a token is spent only after the session was ended: repeated after a failure it ends it', async () => {
    signIn('desk', 'sid-1');
    const working = endSession;
    endSession = () => Promise.reject(new Error('the session store is down'));
    const body = `logout_token=${await provider.token()}`;
    expect((await post(body)).status).toBe(400);
    endSession = working;
    expect([(await post(body)).status, sessions.size]).toEqual([200, 0]);
  });

  it.each([
    ['no token', 'hello=world', {}],
    ['two tokens', 'logout_token=a&logout_token=b', {}],
    ['JSON', '{"logout_token":"a"}', { 'content-type': 'application/json' }],
    ['more than 16 KB', `logout_token=${'a'.repeat(17_000)}`, {}],
  ])('R12 answers 400 to %s', async (_name, body, headers) => {
    const response = await post(body, headers);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'request_invalid' }),
    ]);
  });

  it('R12 answers 400 to a GET', async () => {
    expect((await fetch(address)).status).toBe(400);
  });

  it('R12 answers 400 when the app could not end the session, and ends it when the provider tries again', async () => {
    signIn('desk', 'sid-1');
    const working = endSession;
    endSession = () => Promise.reject(new Error('the session store is down'));
    const failed = await postToken();
    expect([failed.status, await failed.json()]).toEqual([400, expect.objectContaining({ error: 'logout_failed' })]);
    endSession = working;
    expect([(await postToken()).status, sessions.size]).toEqual([200, 0]);
  });

  it('R12 survives a caller that goes away in mid-request', async () => {
    const gone = httpRequest(address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1000' },
    });
    gone.on('error', () => undefined);
    const reached = new Promise((resolve) => server.once('request', resolve));
    gone.write('logout_token=');
    await reached;
    gone.destroy();
    expect((await postToken()).status).toBe(200);
  });

  it('R13 forbids caching, of success and of failure', async () => {
    const answers = [await postToken(), await postToken({ nonce: 'n' })];
    expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(['no-store', 'no-store']);
  });

  it('R14 ends only the session of the sid where the token has sid and sub', async () => {
    signIn('desk', 'sid-1');
    signIn('phone', 'sid-2');
    await postToken({ sid: 'sid-1', sub: 'mira' });
    expect([...sessions.keys()]).toEqual(['phone']);
  });

  it('R14 ends all sessions of the sub where the token has no sid', async () => {
    signIn('desk', 'sid-1');
    signIn('phone', 'sid-2');
    signIn('other', 'sid-3', 'jonas');
    await postToken({ sid: undefined });
    expect([...sessions.keys()]).toEqual(['other']);
  });

  it('R14 finds the session by sid alone where the token has no sub', async () => {
    signIn('desk', 'sid-1');
    await postToken({ sub: undefined });
    expect(sessions.size).toBe(0);
  });
});

describe('behind a body parser', () => {
  async function behind(serve: (handle: ReturnType<typeof createLogoutHandler>) => RequestListener) {
    const rules = { issuer: provider.issuer, clientId: 'shop', keys: provider.keys };
    const verify = (token: string) => verifyLogoutToken(token, rules);
    const handle = createLogoutHandler({ verify, index, endSession: (id) => endSession(id) });
    server.removeAllListeners('request');
    server.on('request', serve(handle));
    signIn('desk', 'sid-1');
    const response = await postToken();
    return { status: response.status, text: await response.text(), left: sessions.size };
  }

  it.each([
    ['express.urlencoded()', express.urlencoded({ extended: false })],
    ['express.text()', express.text({ type: '*/*' })],
    ['express.raw()', express.raw({ type: '*/*' })],
    ['a parser for something else', express.json()],
  ])('of Express, %s: the token is found in request.body, else read', async (_, parser) => {
    const { status, left } = await behind((handle) => {
      const app = express();
      app.use(parser);
      app.post('/backchannel-logout', handle);
      return app;
    });
    expect({ status, left }).toEqual({ status: 200, left: 0 });
  });

  it('of Koa: what it made of the form is handed over', async () => {
    const { status, left } = await behind((handle) => {
      const app = new Koa();
      app.use(async (ctx, next) => {
        const body = Buffer.concat(await ctx.req.toArray()).toString();
        Object.assign(ctx.request, { body: Object.fromEntries(new URLSearchParams(body)) });
        await next();
      });
      app.use(async (ctx) => {
        ctx.respond = false;
        await handle(ctx.req, ctx.res, (ctx.request as { body?: unknown }).body);
      });
      return app.callback();
    });
    expect({ status, left }).toEqual({ status: 200, left: 0 });
  });

  it('that kept the form to itself: the answer says so', async () => {
    const { status, text } = await behind((handle) => async (request, response) => {
      await request.toArray();
      await handle(request, response);
    });
    expect([status, text]).toEqual([400, expect.stringContaining('body parser')]);
  });

  it('R12 answers 400 to two tokens there too', async () => {
    const { status } = await behind((handle) => async (request, response) => {
      await request.toArray();
      await handle(Object.assign(request, { body: { logout_token: ['a', 'b'] } }), response);
    });
    expect(status).toBe(400);
  });
});
