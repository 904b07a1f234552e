import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Middleware } from 'koa';
import { AppError, storeUnavailable } from '../../../src/errors.ts';
import { answerUnreadableRequests } from '../../../src/http/header-limit.ts';
import { clientAddressOf, createClientAddress } from '../../../src/http/middleware/client-address.ts';
import { createCsrf, csrfTokenOf } from '../../../src/http/middleware/csrf.ts';
import { createErrorPage } from '../../../src/http/middleware/error-page.ts';
import { createExpectedHost } from '../../../src/http/middleware/expected-host.ts';
import { createRateLimit, type RateLimit } from '../../../src/http/middleware/rate-limit.ts';
import { createReadBody, formOf } from '../../../src/http/middleware/read-body.ts';
import { createRequestId, requestIdOf } from '../../../src/http/middleware/request-id.ts';
import { createRequestLog } from '../../../src/http/middleware/request-log.ts';
import { createSecurityHeaders } from '../../../src/http/middleware/security-headers.ts';
import { pinOrigin } from '../../../src/oidc/pinned-origin.ts';
import { createStrangerLimits } from '../../../src/oidc/stranger-limits.ts';
import type { Facts, Log } from '../../../src/ops/log.ts';
import type { StoredSession } from '../../../src/store/store.ts';
import { aRenderer } from '../../browser/page-server.ts';
import { ask, exchange, readAnswer } from './ask.ts';

const ISSUER = 'https://id.example';
const renderer = aRenderer({ development: false });
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

interface Line {
  readonly level: string;
  readonly event: string;
  readonly facts: Facts;
}

/** A log that keeps its lines. */
function aLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const keep =
    (level: string) =>
    (event: string, facts: Facts = {}) =>
      void lines.push({ level, event, facts });
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}

const stopped = { now: () => 0 };

/** As the whole app is. */
const pinned: Middleware = (ctx, next) => {
  pinOrigin(ctx.app, ISSUER);
  return next();
};

function errorPage(log: Log = aLog()): Middleware {
  return createErrorPage({ render: renderer.render, log });
}

describe('request-id', () => {
  it('is random and taken from nobody', async () => {
    const app: Middleware = (ctx) => {
      ctx.body = requestIdOf(ctx);
    };
    const answers = await Promise.all(
      [1, 2].map(() => ask({ headers: { 'x-request-id': 'mine' } }, createRequestId(), app)),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(2);
    expect(answers[0]?.text).toMatch(/^[\w-]{12}$/u);
    expect(answers[0]?.headers.get('x-request-id')).toBe(answers[0]?.text);
  });
});

describe('request-log', () => {
  it('writes one line without query, body or ids that open something', async () => {
    const log = aLog();
    const app: Middleware = (ctx) => {
      ctx.body = 'ok';
    };
    const question = {
      path: `/logout/${'s'.repeat(43)}/events?id_token_hint=secret&code=secret`,
      body: 'password=secret',
    };
    await ask(question, createRequestLog({ log, clock: stopped }), createRequestId(), app);
    expect(log.lines).toEqual([
      {
        level: 'debug',
        event: 'request.served',
        facts: { request_id: expect.any(String), method: 'GET', path: '/logout/:id/events', status: 200, ms: 0 },
      },
    ]);
  });

  it('keeps control characters of a path encoded and hides what looks like a token', async () => {
    const log = aLog();
    await ask({ path: `/a%0a%1b/${'t'.repeat(100)}` }, createRequestLog({ log, clock: stopped }), errorPage());
    expect(log.lines[0]?.facts['path']).toBe('/a%0a%1b/:id');
    expect(log.lines[0]?.facts['status']).toBe(404);
  });
});

describe('error-page', () => {
  const broken: Middleware = () => {
    throw new Error('secret of the machine');
  };

  it('UX9 shows a code and the request id, and keeps the stack for the log', async () => {
    const log = aLog();
    const answer = await ask({ headers: PAGE }, createRequestId(), errorPage(log), broken);
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('Something went wrong on our side');
    expect(answer.text).toContain(answer.headers.get('x-request-id') as string);
    expect(answer.text).not.toContain('secret of the machine');
    expect(log.lines).toMatchObject([{ level: 'error', event: 'request.failed', facts: { error_code: 'internal' } }]);
    expect(log.lines[0]?.facts['error']).toBeInstanceOf(Error);
  });

  it('answers JSON where the Accept header asks for it, and at addresses of programs', async () => {
    const asked = await ask({ headers: { accept: 'application/json' } }, errorPage(), broken);
    const program = await ask({ path: '/token', headers: PAGE }, errorPage(), broken);
    for (const answer of [asked, program]) {
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/u);
      expect(JSON.parse(answer.text)).toMatchObject({ error: 'internal' });
    }
  });

  it('a store that is gone is a 503 with Retry-After', async () => {
    const gone: Middleware = () => {
      throw storeUnavailable(new Error('no'));
    };
    const answer = await ask({ headers: PAGE }, errorPage(), gone);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(answer.text).toContain('store_unavailable');
  });

  it('the answer that was under way leaves nothing behind', async () => {
    const half: Middleware = (ctx) => {
      ctx.type = 'text/event-stream';
      ctx.set('Location', 'https://app.example/');
      ctx.etag = 'x';
      throw new AppError({ code: 'nope', status: 400, publicMessage: 'No.' });
    };
    const answer = await ask({ headers: PAGE }, errorPage(), half);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect([answer.headers.get('location'), answer.headers.get('etag')]).toEqual([null, null]);
  });

  it('what no route answers is a 404 page', async () => {
    const answer = await ask({ headers: PAGE }, errorPage());
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('There is no such page');
  });
});

describe('security-headers', () => {
  const app: Middleware = (ctx) => {
    ctx.body = 'ok';
  };

  it('are on every answer, errors too; HSTS only when the issuer is https', async () => {
    const secure = await ask({ headers: PAGE }, createSecurityHeaders({ issuer: ISSUER }), errorPage());
    expect(Object.fromEntries(secure.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
      'strict-transport-security': 'max-age=63072000',
    });
    const plain = await ask({}, createSecurityHeaders({ issuer: 'http://localhost:4000' }), app);
    expect(plain.headers.get('strict-transport-security')).toBeNull();
    const policy = "default-src 'none'; script-src; frame-ancestors 'none'; base-uri 'none'";
    expect(plain.headers.get('content-security-policy')).toBe(policy);
  });

  it('W3 never sends Clear-Site-Data, which would wipe the cookies of sibling apps', async () => {
    const answer = await ask({}, createSecurityHeaders({ issuer: ISSUER }), app);
    expect(answer.headers.get('clear-site-data')).toBeNull();
  });
});

describe('csrf', () => {
  const issuer = 'http://localhost';
  const csrf = createCsrf({ keys: ['key'], issuer });
  const app: Middleware = (ctx) => {
    ctx.body = ctx.method === 'POST' ? 'done' : csrfTokenOf(ctx);
  };
  const chain = [errorPage(), createReadBody(), csrf.issue, csrf.check, app];

  async function aForm() {
    const page = await ask({}, ...chain);
    const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
    return { cookie, token: page.text, setCookie: page.headers.get('set-cookie') };
  }

  function post(headers: Record<string, string>, token: string) {
    return ask({ method: 'POST', headers: { ...FORM, ...headers }, body: `csrf=${token}` }, ...chain);
  }

  it('a form of ours goes through, also with the null Origin that no-referrer makes of it', async () => {
    const { cookie, token, setCookie } = await aForm();
    expect(setCookie).toMatch(/^csrf=[\w-]{32}; path=\/; samesite=lax; httponly$/u);
    expect((await post({ cookie }, token)).text).toBe('done');
    expect((await post({ cookie, origin: 'null', 'sec-fetch-site': 'same-origin' }, token)).text).toBe('done');
    expect((await post({ cookie, origin: issuer }, token)).text).toBe('done');
  });

  it.each<[string, Record<string, string>, string]>([
    ['no cookie', { cookie: '' }, 'cookies_off'],
    ["another browser's cookie", { cookie: `csrf=${'a'.repeat(32)}` }, 'page_old'],
    ['another origin', { origin: 'https://evil.example' }, 'foreign_form'],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }, 'foreign_form'],
    ['another site', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 'foreign_form'],
  ])('C11 a form is refused with %s', async (_, headers, code) => {
    const { cookie, token } = await aForm();
    const answer = await post({ cookie, accept: 'application/json', ...headers }, token);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ error: code });
  });

  it('a form without token, or with one of another service, is an old page', async () => {
    const { cookie } = await aForm();
    const foreign = await ask({ headers: { cookie } }, createCsrf({ keys: ['other'], issuer }).issue, app);
    for (const token of ['', 'x', foreign.text]) {
      const answer = await post({ cookie, ...PAGE }, token);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('This page is old');
    }
  });

  it('keeps the cookie it has, so that forms in several tabs work', async () => {
    const { cookie, token } = await aForm();
    const second = await ask({ headers: { cookie } }, ...chain);
    expect(second.text).toBe(token);
    expect(second.headers.get('set-cookie')).toBeNull();
  });

  it('takes the form of a tab whose cookie another tab has replaced, where the browser says that it comes from us', async () => {
    const [one, other] = [await aForm(), await aForm()];
    expect((await post({ cookie: other.cookie, 'sec-fetch-site': 'same-origin' }, one.token)).text).toBe('done');
    const half = one.token.split('.')[0] ?? '';
    for (const token of [half, `${half}.`, `${half}.${other.token.split('.')[1]}`, '.']) {
      expect((await post({ cookie: other.cookie, 'sec-fetch-site': 'same-origin' }, token)).status).toBe(403);
    }
  });

  it('W1 the cookie is __Host- and Secure on https', async () => {
    const secure = createCsrf({ keys: ['key'], issuer: ISSUER });
    const host = createExpectedHost({ issuer: ISSUER, render: renderer.render });
    const page = await ask({ headers: { host: 'id.example' } }, pinned, host, secure.issue, app);
    expect(page.headers.get('set-cookie')).toMatch(/^__Host-csrf=[\w-]{32}; path=\/; samesite=lax; secure; httponly$/u);
  });
});

describe('read-body', () => {
  const app: Middleware = (ctx) => {
    const { values, duplicated } = formOf(ctx);
    ctx.body = { values: Object.fromEntries(values), duplicated };
  };
  const post = (body: string, headers: Record<string, string> = FORM) =>
    ask({ method: 'POST', headers, body }, errorPage(), createReadBody(), app);

  it('reads a form, and says what came twice instead of making a list of it', async () => {
    const answer = await post('a=1&b=%C3%A9+%26&a=2&a[]=3&__proto__=4');
    expect(JSON.parse(answer.text)).toEqual({
      values: { a: '1', b: 'é &', 'a[]': '3', ['__proto__']: '4' },
      duplicated: ['a'],
    });
  });

  it('413 for more than 16 KB, announced or not, and the sender gets to read it', async () => {
    expect((await post(`a=${'x'.repeat(16 * 1024 - 2)}`)).status).toBe(200);
    const announced = await post(`a=${'x'.repeat(16 * 1024)}`, { ...FORM, ...PAGE });
    expect(announced.status).toBe(413);
    expect(announced.text).toContain('That was too much to read');
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const headers = { ...FORM, 'transfer-encoding': 'chunked' };
    const question = { method: 'POST', headers, framed: `${chunk}${chunk}0\r\n\r\n` };
    const chunked = await ask(question, errorPage(), createReadBody(), app);
    expect(chunked.status).toBe(413);
  });

  it('415 for what is no form', async () => {
    for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain']) {
      expect((await post('{}', { 'content-type': type })).status).toBe(415);
    }
    expect((await post('a=1', { ...FORM, 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post('a=1', {})).status).toBe(415);
  });

  it('a route that forgot to read its body fails instead of seeing an empty form', async () => {
    expect((await ask({ method: 'POST', headers: FORM, body: 'a=1' }, errorPage(), app)).status).toBe(500);
  });
});

describe('client-address', () => {
  const app: Middleware = (ctx) => {
    ctx.body = `${clientAddressOf(ctx)} ${ctx.ip}`;
  };
  const addressOf = async (header: string, proxies: readonly string[]) =>
    (
      await ask({ headers: { 'x-forwarded-for': header } }, createClientAddress({ proxies, log: aLog() }), app)
    ).text.split(' ')[0];

  it('BP15 believes X-Forwarded-For from nobody unless told to', async () => {
    expect(await addressOf('203.0.113.7', [])).toBe('127.0.0.1');
    expect(await addressOf('203.0.113.7', ['10.0.0.0/8'])).toBe('127.0.0.1');
  });

  it('takes the right-most address outside of our proxies, so that a brought header changes nothing', async () => {
    const proxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];
    expect(await addressOf('203.0.113.7', proxies)).toBe('203.0.113.7');
    expect(await addressOf('1.1.1.1, 203.0.113.7, 10.1.2.3', proxies)).toBe('203.0.113.7');
    expect(await addressOf('1.1.1.1, 2001:db8::5, fd00::1', proxies)).toBe('2001:db8::5');
    expect(await addressOf('10.0.0.9, 10.1.2.3', proxies)).toBe('10.0.0.9');
    expect(await addressOf('evil, 10.1.2.3', proxies)).toBe('10.1.2.3');
    expect(await addressOf('::ffff:203.0.113.7', proxies)).toBe('203.0.113.7');
  });

  it('takes entries with a port', async () => {
    const proxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];
    expect(await addressOf('1.2.3.4:567', proxies)).toBe('1.2.3.4');
    expect(await addressOf('1.1.1.1, 198.51.100.7:1, 10.1.2.3:80', proxies)).toBe('198.51.100.7');
    expect(await addressOf('[2001:db8::5]:443, [fd00::1]', proxies)).toBe('2001:db8::5');
    expect(await addressOf('2001:db8::5', proxies)).toBe('2001:db8::5');
    expect(await addressOf('[]:80', proxies)).toBe('127.0.0.1');
  });

  it('warns once when the header comes from a peer that is not believed', async () => {
    const log = aLog();
    const middleware = createClientAddress({ proxies: ['10.0.0.0/8'], log });
    await ask({}, middleware, app);
    expect(log.lines).toEqual([]);
    for (let i = 0; i < 3; i++) await ask({ headers: { 'x-forwarded-for': '203.0.113.7' } }, middleware, app);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        event: 'proxy.not_believed',
        facts: { address: '127.0.0.1', fix: expect.stringContaining('add it to SIGNOFF_PROXY') },
      },
    ]);
    const believed = aLog();
    const trusting = createClientAddress({ proxies: ['127.0.0.1'], log: believed });
    await ask({ headers: { 'x-forwarded-for': '203.0.113.7' } }, trusting, app);
    expect(believed.lines).toEqual([]);
  });

  it('sets ctx.ip too', async () => {
    const answer = await ask(
      { headers: { 'x-forwarded-for': '203.0.113.7' } },
      createClientAddress({ proxies: ['127.0.0.1'], log: aLog() }),
      app,
    );
    expect(answer.text).toBe('203.0.113.7 203.0.113.7');
  });
});

describe('rate-limit', () => {
  const clock = { at: 0, now: () => clock.at };
  let status: number;
  let session: string | undefined;
  let log: ReturnType<typeof aLog>;
  let limit: RateLimit;
  beforeEach(() => {
    clock.at = 0;
    status = 200;
    session = undefined;
    log = aLog();
    const limits = createStrangerLimits({ clock, log, rate: { burst: 3, perSecond: 0.5 } });
    const stored = () => ({ session: { uid: session } }) as StoredSession;
    limit = createRateLimit({ limits, sessionOf: async () => (session === undefined ? undefined : stored()) });
  });
  const app: Middleware = (ctx) => {
    if (status >= 400) throw new AppError({ code: 'no', status, publicMessage: 'No.' });
    ctx.body = 'ok';
  };
  const from = (address: string, middleware: Middleware) =>
    ask(
      { headers: { 'x-forwarded-for': address, ...PAGE } },
      errorPage(),
      createClientAddress({ proxies: ['127.0.0.1'], log: aLog() }),
      middleware,
      app,
    );

  it('lets a burst through, then 429 with Retry-After, and again when time has passed; others are not touched', async () => {
    for (const _ of [1, 2, 3]) expect((await from('203.0.113.7', limit.countEach)).status).toBe(200);
    const refused = await from('203.0.113.7', limit.countEach);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    expect(refused.text).toContain('Please wait 2 s');
    expect(log.lines).toEqual([
      { level: 'warn', event: 'limit.reached', facts: { limit: 'request', address: '203.0.113.7' } },
    ]);
    expect((await from('203.0.113.8', limit.countEach)).status).toBe(200);
    clock.at = 2_000;
    expect((await from('203.0.113.7', limit.countEach)).status).toBe(200);
    clock.at = 0;
    expect((await from('203.0.113.7', limit.countEach)).status).toBe(429);
  });

  it('may count refusals only, and never what is our own fault', async () => {
    for (const ours of [200, 200, 200, 200, 500, 503]) {
      status = ours;
      expect((await from('203.0.113.7', limit.countRefused)).status).toBe(ours);
    }
    status = 401;
    for (const _ of [1, 2, 3]) expect((await from('203.0.113.7', limit.countRefused)).status).toBe(401);
    expect((await from('203.0.113.7', limit.countRefused)).status).toBe(429);
    // One budget, wherever it is spent.
    expect((await from('203.0.113.7', limit.countEach)).status).toBe(429);
  });

  it('lets somebody who is signed in go on at an address that is over, with a budget of their own', async () => {
    for (const _ of [1, 2, 3]) await from('203.0.113.7', limit.countEach);
    session = 'one';
    for (const _ of [1, 2, 3]) expect((await from('203.0.113.7', limit.countEach)).status).toBe(200);
    expect((await from('203.0.113.7', limit.countEach)).status).toBe(429);
    session = 'another';
    expect((await from('203.0.113.7', limit.countEach)).status).toBe(200);
  });
});

describe('expected-host', () => {
  const host = createExpectedHost({ issuer: ISSUER, render: renderer.render });
  const app: Middleware = (ctx) => {
    ctx.body = [ctx.protocol, ctx.host, ctx.hostname, ctx.secure, ctx.href, ctx.URL.href, ctx.path].join(' ');
  };
  const at = (path: string, headers: Record<string, string>) =>
    ask({ path, headers: { ...PAGE, ...headers } }, pinned, host, app);

  it('takes scheme and host from the issuer, whatever forwarded headers say', async () => {
    const forwarded = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
    };
    const answer = await at('/auth?a=1', { host: 'id.example', ...forwarded });
    expect(answer.text).toBe(
      'https id.example id.example true https://id.example/auth?a=1 https://id.example/auth?a=1 /auth',
    );
    expect((await at('/', { host: 'ID.example:443' })).status).toBe(200);
  });

  it('a page under a foreign Host is 421 with a link to the right address, on our origin only', async () => {
    const answer = await at('/session/end?x=%22%3E', { host: 'evil.example' });
    expect(answer.status).toBe(421);
    expect(answer.text).toContain('href="https://id.example/session/end?x=%22%3E"');
    expect((await at('//evil.example/x', { host: 'evil.example' })).text).toContain(
      'href="https://id.example//evil.example/x"',
    );
    for (const strange of ['id.example:444', 'id.example.evil.example', 'user@id.example', 'id.example/x', '']) {
      expect({ strange, status: (await at('/', { host: strange })).status }).toEqual({ strange, status: 421 });
    }
    const program = await ask({ headers: { host: 'evil.example', accept: 'application/json' } }, host, app);
    expect(JSON.parse(program.text)).toMatchObject({ error: 'wrong_host' });
  });

  it('endpoints for programs answer under any Host, as if asked by the right name', async () => {
    for (const path of ['/.well-known/openid-configuration', '/jwks', '/token', '/me', '/request', '/health/live']) {
      const answer = await at(path, { host: '10.0.0.7:4000' });
      expect(answer.text).toContain(`https id.example id.example true https://id.example${path}`);
    }
    expect((await at('/tokens', { host: '10.0.0.7' })).status).toBe(421);
  });

  it('a whole address in the request line counts as Host and reaches no printed address', async () => {
    const foreign = await at('http://evil.example/auth', { host: 'id.example' });
    expect(foreign.status).toBe(421);
    const own = await at('https://id.example/jwks?x=1', { host: 'evil.example' });
    expect(own.text).toContain('https://id.example/jwks?x=1 https://id.example/jwks?x=1 /jwks');
    const program = await at('http://evil.example/jwks', { host: 'evil.example' });
    expect(program.text).not.toContain('evil');
  });
});

describe('header-limit', () => {
  async function withServer<T>(use: (port: number, server: Server) => Promise<T>): Promise<T> {
    const server = createServer({ maxHeaderSize: 16 * 1024 }, (_, response) => response.end('ok'));
    answerUnreadableRequests(server, renderer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      return await use((server.address() as AddressInfo).port, server);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('headers beyond 16 KB get a 431 page with a way out', async () => {
    const raw = await withServer((port) =>
      exchange(port, `GET /session/end?id_token_hint=${'x'.repeat(60_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    );
    const answer = readAnswer(raw);
    expect(answer.status).toBe(431);
    expect(answer.text).toContain('<a href="/session/end">sign out from here</a>');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength(answer.text));
  });

  it('what is no HTTP gets a bare 400, and a socket that resets hurts nobody', async () => {
    await withServer(async (port) => {
      expect(readAnswer(await exchange(port, 'nonsense\r\n\r\n')).status).toBe(400);
      const socket = connect(port, '127.0.0.1', () => socket.resetAndDestroy());
      await once(socket, 'close');
      const after = connect(port, '127.0.0.1');
      after.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      expect(await text(after)).toContain('ok');
    });
  });
});
