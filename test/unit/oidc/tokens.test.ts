import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../../src/accounts/account.ts';
import { sha256 } from '../../../src/ops/ids.ts';
import { claimsOf, createPerson, exchange, introspect, type Rig, refresh, startRig, userinfo } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    clients: [
      { client_id: 'a', party: 'first', rotate_refresh_tokens: true },
      { client_id: 'b', party: 'first' },
      { client_id: 'spa', party: 'first', token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined },
      { client_id: 'plain', party: 'first', grant_types: ['authorization_code'] },
      { client_id: 'pair', party: 'first', subject_type: 'pairwise' },
      { client_id: 'pair2', party: 'first', subject_type: 'pairwise' },
    ],
  });
});
afterAll(() => rig.close());
afterEach(() => void rig.lines.splice(0));

const user = { reason: 'user', actor: { kind: 'user' } } as const;
const offline = { scope: 'openid offline_access' };

async function endOf(account: Account): Promise<void> {
  const [view] = await rig.store.sessions.list({ accountId: account.id, state: 'live' }, { limit: 1 });
  await rig.endSessions({ kind: 'session', uid: view?.session.uid ?? '' }, user);
}

describe('refresh tokens', () => {
  it('come without offline_access, live with the session and die with it (B21)', async () => {
    const account = await rig.account();
    const { refresh_token: token, access_token: access } = await createPerson(rig, account).signIn('b');
    expect((await refresh(rig, 'b', token)).status).toBe(200);
    await endOf(account);
    expect(await refresh(rig, 'b', token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await introspect(rig, 'b', access)).toBe(false);
  });

  it('come only to clients that registered for them', async () => {
    expect((await createPerson(rig, await rig.account()).signIn('plain')).refresh_token).toBeUndefined();
  });

  it('with offline_access outlive the session (B22), without a consent page for an app of ours', async () => {
    const account = await rig.account();
    const tokens = await createPerson(rig, account).signIn('b', offline);
    expect(tokens.scope).toContain('offline_access');
    await endOf(account);
    const fresh = await refresh(rig, 'b', tokens.refresh_token);
    expect(fresh.status).toBe(200);
    expect((await userinfo(rig, String(fresh['access_token']))).status).toBe(200);
  });

  it('offline_access reaches an app of ours by a pushed request and by prompt=none too', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    await person.signIn('b');
    expect((await person.signIn('b', { ...offline, prompt: 'none' })).scope).toContain('offline_access');
    const pushed = await exchange(
      rig,
      'b',
      {
        client_id: 'b',
        response_type: 'code',
        redirect_uri: 'http://b.test/cb',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        ...offline,
      },
      '/request',
    );
    const uri = String(pushed['request_uri']);
    const { params } = await person.authorize('b', {
      request_uri: uri,
      scope: '',
      redirect_uri: '',
      response_type: '',
    });
    const tokens = await exchange(rig, 'b', {
      grant_type: 'authorization_code',
      code: params?.['code'] ?? '',
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      redirect_uri: 'http://b.test/cb',
    });
    expect(tokens['scope']).toContain('offline_access');
  });

  it('BP6 of public clients rotate, of others where the file says so', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    for (const [client, rotates] of [
      ['spa', true],
      ['a', true],
      ['b', false],
    ] as const) {
      const { refresh_token: token } = await person.signIn(client);
      const again = await refresh(rig, client, token);
      expect([client, again['refresh_token'] !== token]).toEqual([client, rotates]);
    }
  });
});

describe('a refresh token that was used already', () => {
  it('within ten seconds is only invalid_grant: a lost answer, two tabs', async () => {
    const { refresh_token: token } = await createPerson(rig, await rig.account()).signIn('a');
    const fresh = await refresh(rig, 'a', token);
    rig.clock.advance(9_000);
    expect(await refresh(rig, 'a', token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect((await refresh(rig, 'a', String(fresh['refresh_token']))).status).toBe(200);
    expect(rig.lines.filter((line) => line.event === 'logout.committed')).toEqual([]);
  });

  it('used twice at once gives one answer, and the family lives', async () => {
    const { refresh_token: token } = await createPerson(rig, await rig.account()).signIn('a');
    const both = await Promise.all([refresh(rig, 'a', token), refresh(rig, 'a', token)]);
    expect(both.map((one) => one.status).toSorted()).toEqual([200, 400]);
    const won = both.find((one) => one.status === 200);
    expect((await refresh(rig, 'a', String(won?.['refresh_token']))).status).toBe(200);
  });

  it("later is theft: that app's participation ends and it is told; the session and other apps live", async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const stolen = await person.signIn('a');
    const other = await person.signIn('b');
    const fresh = await refresh(rig, 'a', stolen.refresh_token);
    rig.clock.advance(11_000);
    expect(await refresh(rig, 'a', stolen.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect((await refresh(rig, 'a', String(fresh['refresh_token']))).status).toBe(400);
    expect(await introspect(rig, 'a', String(fresh['access_token']))).toBe(false);
    expect((await refresh(rig, 'b', other.refresh_token)).status).toBe(200);
    const deliveries = await rig.store.deliveries.list({ accountId: account.id }, { limit: 9 });
    expect(deliveries.map((one) => [one.clientId, one.sid])).toEqual([['a', claimsOf(stolen.id_token)['sid']]]);
    expect(rig.lines.find((line) => line.event === 'logout.committed')?.facts['reason']).toBe('reuse-detected');
  });

  it('takes an offline grant with it although its session is long over', async () => {
    const account = await rig.account();
    const stolen = await createPerson(rig, account).signIn('a', offline);
    await endOf(account);
    const fresh = await refresh(rig, 'a', stolen.refresh_token);
    expect(fresh.status).toBe(200);
    rig.clock.advance(11_000);
    expect((await refresh(rig, 'a', stolen.refresh_token)).status).toBe(400);
    expect((await refresh(rig, 'a', String(fresh['refresh_token']))).status).toBe(400);
  });

  it('introspected, revoked or shown by another client is no reuse', async () => {
    const { refresh_token: token = '' } = await createPerson(rig, await rig.account()).signIn('a');
    const fresh = await refresh(rig, 'a', token);
    rig.clock.advance(11_000);
    expect(await introspect(rig, 'a', token)).toBe(false);
    expect((await refresh(rig, 'b', token)).status).toBe(400);
    expect((await refresh(rig, 'a', String(fresh['refresh_token']))).status).toBe(200);
  });
});

describe('a client that is removed', () => {
  it('loses every token at once, and gets nothing new', async () => {
    await rig.register({ client_id: 'doomed', party: 'first' });
    const account = await rig.account();
    const person = createPerson(rig, account);
    const tokens = await person.signIn('doomed', offline);
    const sid = String(claimsOf(tokens.id_token)['sid']);
    await rig.endSessions(
      { kind: 'client', clientId: 'doomed' },
      { reason: 'client-removed', actor: { kind: 'operator' } },
    );
    expect((await refresh(rig, 'doomed', tokens.refresh_token)).status).toBeGreaterThanOrEqual(400);
    expect((await userinfo(rig, tokens.access_token)).status).toBe(401);
    expect((await rig.store.sessions.participation(sid))?.endedAt).toBeDefined();
  });
});

describe('a Grant that an end has not reached yet', () => {
  const grantOf = (account: Account, clientId: string, generation: number, id = `grant-of-${account.id}`) =>
    rig.store.provider.save({
      model: 'Grant',
      idHash: sha256(id),
      sealedPayload: rig.box.seal(JSON.stringify({ accountId: account.id, clientId, kind: 'Grant' })),
      grantId: id,
      sessionUid: undefined,
      accountId: account.id,
      clientId,
      bound: false,
      generation: { account: generation, realm: 0 },
      createdAt: rig.clock.now(),
      expiresAt: undefined,
    });
  const find = (account: Account, id = `grant-of-${account.id}`) => rig.oidc.currentProvider().Grant.find(id);

  it('is dead when its generation is older than the account has now', async () => {
    const account = await rig.account();
    await rig.endSessions({ kind: 'account', accountId: account.id }, user);
    await grantOf(account, 'a', 0);
    expect(await find(account)).toBeUndefined();
    await grantOf(account, 'a', 1);
    expect(await find(account)).toMatchObject({ accountId: account.id });
  });

  it('is dead when its client was cut off since', async () => {
    await rig.register({ client_id: 'cut', party: 'first' });
    const account = await rig.account();
    await grantOf(account, 'cut', 0);
    expect(await find(account)).toBeDefined();
    await rig.endSessions(
      { kind: 'client', clientId: 'cut' },
      { reason: 'client-removed', actor: { kind: 'operator' } },
    );
    expect(await find(account)).toBeUndefined();
    await grantOf(account, 'cut', 0, 'a later one');
    expect(await find(account, 'a later one')).toBeDefined();
  });
});

describe('what callers may see and do', () => {
  it('N6 a client introspects its own tokens only, V2 and revokes its own only', async () => {
    const tokens = await createPerson(rig, await rig.account()).signIn('a');
    expect(await introspect(rig, 'b', tokens.access_token)).toBe(false);
    expect((await exchange(rig, 'b', { token: tokens.access_token }, '/token/revocation')).status).toBe(400);
    expect(await introspect(rig, 'a', tokens.access_token)).toBe(true);
  });

  it('V7 revoking tokens is no logout', async () => {
    const account = await rig.account();
    const tokens = await createPerson(rig, account).signIn('a');
    const revoked = await exchange(rig, 'a', { token: tokens.refresh_token ?? '' }, '/token/revocation');
    expect(revoked.status).toBe(200);
    expect(await introspect(rig, 'a', tokens.access_token)).toBe(false);
    expect(await rig.store.deliveries.list({ accountId: account.id }, { limit: 9 })).toEqual([]);
    const sid = String(claimsOf(tokens.id_token)['sid']);
    expect((await rig.store.sessions.participation(sid))?.endedAt).toBeUndefined();
  });

  it('C15 a pairwise sub is stable, differs between sectors, and is the one that logout tokens will carry', async () => {
    const account = await rig.account();
    const first = await createPerson(rig, account).signIn('pair');
    const again = await createPerson(rig, account).signIn('pair');
    const elsewhere = await createPerson(rig, account).signIn('pair2');
    const { sub, sid } = claimsOf(first.id_token);
    expect(claimsOf(again.id_token)['sub']).toBe(sub);
    expect(claimsOf(elsewhere.id_token)['sub']).not.toBe(sub);
    expect(sub).not.toBe(account.id);
    expect((await rig.store.sessions.participation(String(sid)))?.sub).toBe(sub);
    expect(await (await userinfo(rig, first.access_token)).json()).toMatchObject({ sub });
  });
});
