/**
 * The places where we lean on oidc-provider's inside. Each of these fails when an upgrade moves one (DESIGN §8.1).
 */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Provider from 'oidc-provider';
import { cookieNames } from '../../src/oidc/cookies.ts';
import type { ArtifactWrite } from '../../src/store/store.ts';
import { createGate, type Gate } from '../unit/oidc/gate.ts';
import {
  claimsOf,
  createPerson,
  exchange,
  headerOf,
  introspect,
  type Rig,
  refresh,
  SECRET,
  startRig,
  userinfo,
} from '../unit/oidc/rig.ts';

const HASH = `sha256:${createHash('sha256').update(SECRET).digest('base64url')}`;

let rig: Rig;
/** Calls of the store by the library, as `role.method model`. */
let calls: string[] = [];
/** The next call of this name waits here, once a call named `after` was seen. */
let held: { name: string; after: string; gate: Gate } | undefined;

function hold(name: string, after = ''): Gate {
  const gate = createGate();
  calls = [];
  held = { name, after, gate };
  return gate;
}

/** Those of the calls that change something. */
function writes(): readonly string[] {
  return calls.filter((name) => !/\.(find|list|get|generation|participation|ofDevice|consent|failures)/.test(name));
}

/** Ends the sessions of an account one by one: its generation stays. */
async function endAll(accountId: string): Promise<void> {
  for (const { session } of await rig.store.sessions.list({ accountId }, { limit: 9 })) {
    await rig.endSessions({ kind: 'session', uid: session.uid }, { reason: 'user', actor: { kind: 'user' } });
  }
}

beforeAll(async () => {
  rig = await startRig({
    clients: [
      { client_id: 'a', party: 'first' },
      { client_id: 'b', party: 'first' },
      { client_id: 'untold', party: 'first', backchannel_logout_uri: undefined },
      { client_id: 'hashed', party: 'first', client_secret_hash: HASH },
    ],
    before: async (role, method, args) => {
      const [first] = args as [string | Partial<ArtifactWrite> | undefined];
      const model = typeof first === 'string' && role === 'provider' ? first : (first as Partial<ArtifactWrite>)?.model;
      const name = [`${role}.${method}`, model].filter(Boolean).join(' ');
      calls.push(name);
      if (held?.name !== name || (held.after && !calls.includes(held.after))) return;
      const { gate } = held;
      held = undefined;
      await gate.wait();
    },
  });
});
afterAll(() => rig.close());
afterEach(() => {
  calls = [];
  held = undefined;
});

describe('the patched methods', () => {
  it('are still methods of the library, or patching them would change nothing', () => {
    const quiet = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const stock = new Provider('http://127.0.0.1:1', { cookies: { keys: ['k'] } });
    quiet.mockRestore();
    const own = Object.getOwnPropertyNames(stock.Client.prototype);
    expect(own).toEqual(expect.arrayContaining(['includeSid', 'backchannelLogout', 'compareClientSecret']));
    expect(typeof stock.IdToken.validate).toBe('function');
  });

  it('B3 every ID token carries the sid, whatever the client registered, and a refreshed one the same', async () => {
    const person = createPerson(rig, await rig.account());
    const untold = await person.signIn('untold');
    const told = await person.signIn('a');
    const sid = claimsOf(untold.id_token)['sid'];
    expect(sid).toMatch(/^[\w-]{20,}$/);
    expect(claimsOf(told.id_token)['sid']).not.toBe(sid);
    const again = await refresh(rig, 'untold', untold.refresh_token);
    expect(claimsOf(String(again['id_token']))['sid']).toBe(sid);
  });

  it('the built-in fan-out is a tripwire', async () => {
    const client = await rig.oidc.currentProvider().Client.find('a');
    const fanOut = client?.['backchannelLogout'] as () => void;
    expect(() => fanOut.call(client)).toThrow('built-in back-channel logout');
  });

  it("the library's own confirmation of an account switch tells nobody and ends nothing", async () => {
    const person = createPerson(rig, await rig.account());
    const { access_token: token } = await person.signIn('a');
    const page = await person.browser.post(`${rig.issuer}/session/end/confirm`, { xsrf: 'x', logout: 'yes' });
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(await introspect(rig, 'a', token)).toBe(true);
  });

  it('a client known by the hash of its secret signs in with the secret, and with nothing else', async () => {
    const person = createPerson(rig, await rig.account());
    expect((await person.signIn('hashed')).id_token).toBeDefined();
    const wrong = await fetch(`${rig.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`hashed:${HASH}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }),
    });
    expect(wrong.status).toBe(401);
  });
});

describe('when the library writes', () => {
  it('the participation comes with the code, and so do the session and the Grant: one wait for the disk', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    calls = [];
    const { params } = await person.authorize('a');
    // It began, it led on.
    expect(writes()).toEqual(['provider.save Interaction', 'sessions.join']);
    const { id_token } = await person.code('a', params);
    const found = await rig.store.sessions.participation(String(claimsOf(String(id_token))['sid']));
    expect(found).toMatchObject({ clientId: 'a', accountId: account.id, sub: account.id, endedAt: undefined });
    await expect(rig.store.sessions.get(found?.sessionUid ?? '')).resolves.toMatchObject({
      session: { state: 'live' },
    });
  });

  it('a single sign-on is one write', async () => {
    const person = createPerson(rig, await rig.account());
    await person.signIn('a');
    calls = [];
    expect((await person.authorize('b')).params?.['code']).toBeDefined();
    expect(writes()).toEqual(['sessions.join']);
  });

  it('destroying a session id is a rotation: a re-authentication ends nothing', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const before = await person.signIn('a');
    const cookie = person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session)?.value;
    calls = [];
    const after = await person.signIn('a', { prompt: 'login' });
    expect(calls).toContain('sessions.retireCookie');
    expect(person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session)?.value).not.toBe(
      cookie,
    );
    expect(claimsOf(after.id_token)['sid']).toBe(claimsOf(before.id_token)['sid']);
    expect(await introspect(rig, 'a', before.access_token)).toBe(true);
    expect(await rig.store.sessions.list({ accountId: account.id }, { limit: 9 })).toHaveLength(1);
  });

  it('a visitor who never signs in leaves no session row, not even with a dead cookie', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    await person.signIn('a');
    await endAll(account.id);
    calls = [];
    person.replies({ 'sign-in': undefined });
    expect((await person.authorize('a')).page.body).toContain('"sign-in"');
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    expect(calls).toContain('sessions.findByCookie');
    expect(calls).not.toContain('sessions.save');
  });

  it('every use of a token looks up its Grant, where generations are judged', async () => {
    const person = createPerson(rig, await rig.account());
    const tokens = await person.signIn('a');
    for (const use of [
      () => introspect(rig, 'a', tokens.access_token),
      () => userinfo(rig, tokens.access_token),
      () => refresh(rig, 'a', tokens.refresh_token),
    ]) {
      calls = [];
      await use();
      expect(calls).toContain('provider.find Grant');
    }
  });
});

describe('races (the table of notes/oidc-provider §5.5)', () => {
  it('an end during an in-flight /auth wins: the app hears login_required, nothing comes back', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    await person.signIn('a');
    const gate = hold('sessions.join');
    const late = person.authorize('b');
    await gate.reached;
    await endAll(account.id);
    gate.open();
    expect((await late).params).toMatchObject({ error: 'login_required', state: 'st', iss: rig.issuer });
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    const [after] = await rig.store.sessions.list({ accountId: account.id }, { limit: 2 });
    expect(after?.session.state).toBe('ended');
    expect(after?.participations.map((one) => one.clientId)).toEqual(['a']);
  });

  it('an end while a code is redeemed: the code is refused', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const { params } = await person.authorize('a');
    const gate = hold('provider.save AccessToken');
    const late = person.code('a', params);
    await gate.reached;
    await endAll(account.id);
    gate.open();
    expect(await late).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('an account disabled between two reads is login_required, not a broken page', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    await person.signIn('a');
    const gate = hold('accounts.find');
    const late = person.authorize('a', { prompt: 'none' });
    await gate.reached;
    await rig.endSessions(
      { kind: 'account', accountId: account.id },
      { reason: 'account-disabled', actor: { kind: 'operator' }, accountChange: { state: 'disabled' } },
    );
    gate.open();
    expect((await late).params).toMatchObject({ error: 'login_required', state: 'st' });
  });

  it('two tabs that join at once both take part', async () => {
    const person = createPerson(rig, await rig.account());
    await person.signIn('untold');
    const both = await Promise.all([person.authorize('a'), person.authorize('b')]);
    const [a, b] = await Promise.all([person.code('a', both[0].params), person.code('b', both[1].params)]);
    expect([a.status, b.status]).toEqual([200, 200]);
    const live = await Promise.all(
      [a, b].map((tokens) => rig.store.sessions.participation(String(claimsOf(String(tokens['id_token']))['sid']))),
    );
    expect(live.map((one) => one?.endedAt)).toEqual([undefined, undefined]);
  });

  it('a slow tab that began before a rotation does not put the old cookie back', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    await person.signIn('a');
    const gate = hold('sessions.join');
    const slow = person.authorize('b');
    await gate.reached;
    await person.authorize('a', { prompt: 'login' });
    const cookie = person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session)?.value;
    gate.open();
    expect((await slow).params?.['code']).toBeDefined();
    expect(person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session)?.value).toBe(cookie);
    expect((await rig.store.sessions.list({ accountId: account.id }, { limit: 9 })).length).toBe(1);
    expect((await person.authorize('b', { prompt: 'none' })).params?.['code']).toBeDefined();
  });

  it('inside the gap of a rotation tokens stay active and another tab stays signed in', async () => {
    const person = createPerson(rig, await rig.account());
    const tokens = await person.signIn('a');
    const other = createPerson(rig, await rig.account());
    for (const cookie of person.browser.cookies()) other.browser.setCookie(cookie);
    const gate = hold('sessions.retireCookie', 'sessions.join');
    const reauth = person.authorize('a', { prompt: 'login' });
    await gate.reached;
    expect(await introspect(rig, 'a', tokens.access_token)).toBe(true);
    expect((await other.authorize('b', { prompt: 'none' })).params?.['code']).toBeDefined();
    gate.open();
    expect((await reauth).params?.['code']).toBeDefined();
  });

  it('one code exchanged twice at once gives one answer and one invalid_grant', async () => {
    const person = createPerson(rig, await rig.account());
    const { params } = await person.authorize('a');
    const gate = hold('provider.consume AuthorizationCode');
    const first = person.code('a', params);
    await gate.reached;
    const second = await person.code('a', params);
    gate.open();
    expect([(await first).status, second.status]).toEqual([400, 200]);
    expect(await first).toMatchObject({ error: 'invalid_grant' });
    expect(await introspect(rig, 'a', String(second['access_token']))).toBe(true);
  });
});

describe('what the library prints', () => {
  it('nothing on stdout: no default of it is in use', async () => {
    const spies = [jest.spyOn(console, 'info'), jest.spyOn(console, 'log'), jest.spyOn(console, 'warn')];
    const person = createPerson(rig, await rig.account());
    const tokens = await person.signIn('a', { scope: 'openid offline_access', nonce: 'n' });
    await refresh(rig, 'a', tokens.refresh_token);
    await introspect(rig, 'a', tokens.access_token);
    await exchange(rig, 'a', { token: tokens.access_token }, '/token/revocation');
    await fetch(`${rig.issuer}/me`, { headers: { origin: 'http://a.test', authorization: 'Bearer nothing' } });
    expect(headerOf(tokens.id_token)['alg']).toBe('RS256');
    for (const spy of spies) {
      expect(spy.mock.calls).toEqual([]);
      spy.mockRestore();
    }
  });
});
