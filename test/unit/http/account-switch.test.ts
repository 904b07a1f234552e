import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Koa from 'koa';
import { createErrorPage } from '../../../src/http/middleware/error-page.ts';
import { createReadBody } from '../../../src/http/middleware/read-body.ts';
import { answerAccountSwitch } from '../../../src/http/routes/account-switch.ts';
import type { Cause, EndSessions } from '../../../src/logout/end-sessions.ts';
import type { EndTarget } from '../../../src/logout/logout.ts';
import type { StoredSession } from '../../../src/store/store.ts';

const ISSUER = 'https://id.example';

describe("the library's own account-switch form", () => {
  let origin: string;
  let close: () => void;
  let state: Record<string, unknown>;
  let ended: { target: EndTarget; cause: Cause }[];

  beforeEach(async () => {
    ended = [];
    state = { secret: 'right', clientId: 'wiki', postLogoutRedirectUri: `${ISSUER}/auth/abc` };
    const endSessions = async (target: EndTarget, cause: Cause) => {
      ended.push({ target, cause });
      return { kind: 'nothing' } as const;
    };
    const app = new Koa();
    app.use(createErrorPage({ render: () => undefined, log: silent }));
    app.use(createReadBody());
    app.use(
      answerAccountSwitch({
        issuer: ISSUER,
        endSessions: endSessions as EndSessions,
        sessionOf: async () =>
          ({ session: { uid: 'u1', accountId: 'alice' }, payload: { state } }) as unknown as StoredSession,
        clearSessionCookie: () => undefined,
      }),
    );
    app.use((ctx) => {
      ctx.body = 'our own form';
    });
    const server = createServer(app.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => void server.close();
  });
  afterEach(() => close());

  const post = (fields: Record<string, string>) =>
    fetch(origin, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
      headers: { accept: 'application/json', connection: 'close' },
    });

  it('ends the old session by the one path and goes on with the sign-in', async () => {
    const answer = await post({ xsrf: 'right', logout: 'yes' });

    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ISSUER}/auth/abc`]);
    expect(ended).toEqual([
      {
        target: { kind: 'session', uid: 'u1' },
        cause: { reason: 'other-account', actor: { kind: 'user', id: 'alice' }, scope: 'all-here' },
      },
    ]);
  });

  it.each([
    ['a wrong secret', { xsrf: 'wrong' }, {}],
    ['no secret in the session', { xsrf: 'right' }, { secret: undefined }],
    ['an address that is not ours', { xsrf: 'right' }, { postLogoutRedirectUri: `${ISSUER}.evil.example/auth/x` }],
  ])('%s ends nothing', async (_, fields, over) => {
    state = { ...state, ...over };

    const answer = await post({ logout: 'yes', ...fields });

    expect(answer.status).toBe(403);
    expect(ended).toEqual([]);
  });

  it('leaves our own form alone', async () => {
    expect(await (await post({ csrf: 'token', scope: 'all-here' })).text()).toBe('our own form');
  });
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };
