import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { Account } from '../../../src/accounts/account.ts';
import { createRegistry } from '../../../src/clients/registry.ts';
import { readEndSessionRequest } from '../../../src/oidc/end-session-request.ts';
import { PUBLISHED_BEFORE_MS, retireKey, rotateKeys } from '../../../src/oidc/key-rotation.ts';
import type { Participation } from '../../../src/sessions/session.ts';
import { claimsOf, createPerson, headerOf, type Rig, startRig } from './rig.ts';

let rig: Rig;
let registry: ReturnType<typeof createRegistry>;
const user = { reason: 'user', actor: { kind: 'user' } } as const;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(async () => {
  rig = await startRig({
    clients: [
      { client_id: 'a', party: 'first' },
      { client_id: 'b', party: 'first' },
      { client_id: 'pair', party: 'first', subject_type: 'pairwise' },
      {
        client_id: 'native',
        party: 'first',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        backchannel_logout_uri: undefined,
        redirect_uris: ['test.native:/cb'],
        post_logout_redirect_uris: [
          'http://127.0.0.1/out',
          'http://[::1]:80/out',
          'test.native:/out',
          'http://localhost/lo',
        ],
      },
    ],
  });
  registry = createRegistry({ store: rig.store.clients, box: rig.box, clock: rig.clock, log: quiet });
  await registry.refresh();
});
afterAll(() => rig.close());

async function liveSession(account: Account) {
  const [view] = await rig.store.sessions.list({ accountId: account.id, state: 'live' }, { limit: 1 });
  return view && rig.store.sessions.findByUid(view.session.uid);
}

async function read(
  params: Record<string, string> | URLSearchParams,
  account?: Account,
  participation = (sid: string): Promise<Participation | undefined> => rig.store.sessions.participation(sid),
) {
  return readEndSessionRequest(new URLSearchParams(params), {
    browser: account && (await liveSession(account)),
    keys: rig.keys,
    registry,
    sessions: { participation },
    issuer: rig.issuer,
  });
}

/** A token as we would sign it, with some of it changed. */
async function signed(claims: JWTPayload & Record<string, unknown>, header: Record<string, unknown> = {}) {
  const key = rig.keys.signerFor('ES256', rig.clock.now());
  const base = { iss: rig.issuer, sub: 'somebody', aud: 'a', sid: 'some-sid', iat: 1, exp: 2 };
  return new SignJWT({ ...base, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header })
    .sign(await importJWK(key, 'ES256'));
}

describe('the hint', () => {
  it('is good when its sid is a live participation of the session in this browser (I9)', async () => {
    const account = await rig.account();
    const { id_token } = await createPerson(rig, account).signIn('a');
    const { sid } = claimsOf(id_token);
    expect(await read({ id_token_hint: id_token }, account)).toMatchObject({
      fault: undefined,
      hint: 'good',
      liveSid: sid,
      client: { client_id: 'a' },
    });
  });

  it('is stale when it is of another session of this person, and names what a hint alone may end', async () => {
    const account = await rig.account();
    const [here, there] = [createPerson(rig, account), createPerson(rig, account)];
    const elsewhere = await there.signIn('a');
    await here.signIn('b');
    expect(await read({ id_token_hint: elsewhere.id_token }, account)).toMatchObject({
      hint: 'stale',
      liveSid: claimsOf(elsewhere.id_token)['sid'],
    });
  });

  it('is stale when its participation is over, or too old to be known, by public and by pairwise sub', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const { id_token } = await person.signIn('a');
    await person.signIn('b');
    const unknown = async () => undefined;
    expect(await read({ id_token_hint: id_token }, account, unknown)).toMatchObject({
      hint: 'stale',
      liveSid: undefined,
    });
    const pairwise = await person.signIn('pair');
    expect(await read({ id_token_hint: pairwise.id_token }, account, unknown)).toMatchObject({ hint: 'stale' });
    await rig.endSessions({ kind: 'participation', sid: String(claimsOf(id_token)['sid']) }, user);
    expect(await read({ id_token_hint: id_token }, account)).toMatchObject({ hint: 'stale', liveSid: undefined });
  });

  it('is of another account when somebody else signed in here (I7)', async () => {
    const [alice, bob] = [await rig.account(), await rig.account()];
    const { id_token } = await createPerson(rig, alice).signIn('a');
    await createPerson(rig, bob).signIn('a');
    expect(await read({ id_token_hint: id_token }, bob)).toMatchObject({ hint: 'other-account' });
    const unknown = async () => undefined;
    expect(await read({ id_token_hint: id_token }, bob, unknown)).toMatchObject({ hint: 'other-account' });
  });

  it('without a session in the browser still names its own live participation', async () => {
    const account = await rig.account();
    const { id_token } = await createPerson(rig, account).signIn('a');
    const found = await read({ id_token_hint: id_token });
    expect(found).toMatchObject({ hint: 'stale', liveSid: claimsOf(id_token)['sid'] });
  });

  it('I3 may be expired, I20 and signed by a key that was retired since', async () => {
    const account = await rig.account();
    const { id_token } = await createPerson(rig, account).signIn('a');
    await rotateKeys({ store: rig.store, box: rig.box, clock: rig.clock }, { leaked: false });
    rig.clock.advance(PUBLISHED_BEFORE_MS);
    await retireKey({ store: rig.store, clock: rig.clock }, String(headerOf(id_token)['kid']));
    await rig.keys.refresh();
    rig.clock.advance(2 * 3_600_000);
    expect(await read({ id_token_hint: id_token }, account)).toMatchObject({ fault: undefined, hint: 'good' });
  });

  it('proves nothing once its key has leaked, retired or not', async () => {
    const account = await rig.account();
    const { id_token } = await createPerson(rig, account).signIn('a');
    await rotateKeys({ store: rig.store, box: rig.box, clock: rig.clock }, { leaked: true });
    await rig.keys.refresh();
    rig.oidc.reload();
    expect(await read({ id_token_hint: id_token }, account)).toMatchObject({ fault: 'invalid_hint' });
  });

  it('is taken with its audience as a list of one, and with typ JWT', async () => {
    const token = await signed({ aud: ['a'] }, { typ: 'JWT' });
    expect(await read({ id_token_hint: token })).toMatchObject({ fault: undefined, client: { client_id: 'a' } });
  });

  it.each([
    ['another issuer', { iss: 'https://evil.test' }, {}],
    ['two audiences', { aud: ['a', 'b'] }, {}],
    ['no audience', { aud: undefined }, {}],
    ['no subject', { sub: undefined }, {}],
    ['events: a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, {}],
    ['the type of a logout token', {}, { typ: 'logout+jwt' }],
    ['the type of an access token', {}, { typ: 'at+jwt' }],
    ['a key we do not know', {}, { kid: 'somebody' }],
  ])('is refused with %s', async (_what, claims, header) => {
    const request = await read({
      id_token_hint: await signed(claims as JWTPayload, header),
      post_logout_redirect_uri: 'http://a.test/out',
    });
    expect(request).toMatchObject({ fault: 'invalid_hint', client: undefined, hint: 'none', continueUri: undefined });
  });

  it('is refused unsigned, cut, altered, encrypted, oversized or when it is no token', async () => {
    const token = await signed({});
    const [head = '', body = '', signature = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const changed = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: 'x' })).toString('base64url');
    const bad = [
      `${none}.${body}.`,
      `${head}.${body}.`,
      `${head}.${changed}.${signature}`,
      `${head}.x.${body}.x.${signature}`,
      `${token}${'A'.repeat(9_000)}`,
      'nonsense',
      '..',
    ];
    for (const id_token_hint of bad) expect(await read({ id_token_hint })).toMatchObject({ fault: 'invalid_hint' });
  });
});

describe('the client', () => {
  it('I4 must be the one of the hint; I5 names itself where there is no hint', async () => {
    const { id_token } = await createPerson(rig, await rig.account()).signIn('a');
    expect(await read({ id_token_hint: id_token, client_id: 'b' })).toMatchObject({ fault: 'client_mismatch' });
    expect(await read({ id_token_hint: id_token, client_id: 'a' })).toMatchObject({ fault: undefined });
    expect(await read({ client_id: 'b' })).toMatchObject({ hint: 'none', client: { client_id: 'b' } });
    expect(await read({ client_id: 'nobody' })).toMatchObject({ fault: 'unknown_client' });
    expect(await read({})).toMatchObject({ fault: undefined, client: undefined, hint: 'none' });
  });
});

describe('the address to go on to', () => {
  const at = (uri: string, extra: Record<string, string> = {}) =>
    read({ client_id: 'a', post_logout_redirect_uri: uri, ...extra });

  it('I10 is compared character by character', async () => {
    expect(await at('http://a.test/out')).toMatchObject({ fault: undefined, continueUri: 'http://a.test/out' });
    for (const uri of [
      'http://a.test/out/',
      'http://a.test/out?foo=bar',
      'HTTP://a.test/out',
      'http://a.test/%6Fut',
      '//a.test/out',
    ]) {
      expect(await at(uri)).toMatchObject({ fault: 'unregistered_redirect_uri', continueUri: undefined });
    }
  });

  it('I11 is ignored where no client vouches for it', async () => {
    const request = await read({ post_logout_redirect_uri: 'http://a.test/out', state: 'x' });
    expect(request).toMatchObject({ fault: undefined, continueUri: undefined });
  });

  it('I13 carries state as it was sent, and none where none was sent', async () => {
    const state = '!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~ é';
    const { continueUri = '' } = await at('http://a.test/out', { state });
    expect(new URL(continueUri).searchParams.get('state')).toBe(state);
    expect([...new URL(continueUri).searchParams.keys()]).toEqual(['state']);
  });

  it('of a native app may differ in its loopback port, and in nothing else (BP1)', async () => {
    const native = (uri: string) => read({ client_id: 'native', post_logout_redirect_uri: uri, state: 's' });
    expect((await native('http://127.0.0.1:51004/out')).continueUri).toBe('http://127.0.0.1:51004/out?state=s');
    expect((await native('http://[::1]:9/out')).continueUri).toBe('http://[::1]:9/out?state=s');
    expect((await native('test.native:/out')).continueUri).toBe('test.native:/out?state=s');
    expect((await native('http://localhost:51004/lo')).continueUri).toBe('http://localhost:51004/lo?state=s');
    for (const uri of [
      'http://localhost:1/out',
      'http://localhost.evil.test/lo',
      'http://localhost:1@evil.test/lo',
      'http://127.0.0.1:1/other',
      'http://127.0.0.1@evil.test/out',
      'http://127.0.0.1:80@evil.test/out',
      'http://127.0.0.1:123456/out',
      'http://127.0.0.1.evil.test/out',
      'https://127.0.0.1:1/out',
      'http://127.0.0.1:1\\@evil.test/out',
    ]) {
      expect([uri, (await native(uri)).fault]).toEqual([uri, 'unregistered_redirect_uri']);
    }
    expect((await at('http://a.test:81/out')).fault).toBe('unregistered_redirect_uri');
  });
});

describe('parameters', () => {
  it('sent twice are refused', async () => {
    for (const name of ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state', 'logout_scope']) {
      const twice = new URLSearchParams([
        [name, 'x'],
        [name, 'x'],
      ]);
      expect(await read(twice)).toMatchObject({ fault: 'duplicate_parameter' });
    }
  });

  it('that are empty count as absent', async () => {
    expect(await read({ id_token_hint: '', client_id: '', logout_scope: '' })).toMatchObject({
      fault: undefined,
      hint: 'none',
    });
  });

  it('I14 I15 ui_locales and logout_hint are no error; logout_scope must be one of ours', async () => {
    const request = await read({ client_id: 'a', ui_locales: 'tlh', logout_hint: 'alice', logout_scope: 'app-here' });
    expect(request).toMatchObject({ fault: undefined, wished: 'app-here' });
    expect(await read({ client_id: 'a', logout_scope: 'all' })).toMatchObject({ fault: 'invalid_scope' });
  });
});
