import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, generateKeyPair } from 'jose';
import {
  createReplayGuard,
  type LogoutTokenProblem,
  type LogoutTokenRules,
  verifyLogoutToken,
} from '../../src/rp/rp.ts';
import { type Changes, type FakeProvider, startFakeProvider, unsecured } from './fake-provider.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
let provider: FakeProvider;
let rules: LogoutTokenRules;

beforeAll(async () => {
  provider = await startFakeProvider('RS256', () => NOON);
  rules = { issuer: provider.issuer, clientId: 'shop', keys: provider.keys, now: () => NOON };
});

afterAll(async () => await provider.close());

async function refusalOf(changes: Changes): Promise<unknown> {
  return await refusalOfToken(await provider.token(changes));
}

async function refusalOfToken(token: string, changed: Partial<LogoutTokenRules> = {}): Promise<unknown> {
  return await verifyLogoutToken(token, { ...rules, ...changed }).catch((error: unknown) => error);
}

function refusal(code: LogoutTokenProblem, claim?: string) {
  return expect.objectContaining({ name: 'LogoutTokenError', code, claim });
}

describe('verifyLogoutToken', () => {
  it('accepts a right token and says whose session is to end', async () => {
    await expect(verifyLogoutToken(await provider.token(), rules)).resolves.toEqual({
      iss: provider.issuer,
      jti: expect.any(String),
      sid: 'sid-1',
      sub: 'mira',
      issuedAt: NOON,
      expiresAt: NOON + 120_000,
      spend: expect.any(Function),
    });
  });

  it('R3 refuses a token signed with a key that is not the provider’s', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    expect(await refusalOf({ key: privateKey })).toEqual(refusal('signature_invalid'));
    expect(await refusalOf({ key: privateKey, header: { kid: 'another' } })).toEqual(refusal('key_not_found', 'kid'));
  });

  it('R3 refuses a token whose content was changed after signing', async () => {
    const [header, , signature] = (await provider.token()).split('.');
    const [, other] = (await provider.token({ claims: { sub: 'somebody-else' } })).split('.');
    expect(await refusalOfToken(`${header}.${other}.${signature}`)).toEqual(refusal('signature_invalid'));
  });

  it('R3 refuses alg none', async () => {
    expect(await refusalOfToken(unsecured(await provider.token()))).toEqual(refusal('alg_not_allowed', 'alg'));
  });

  it('R3 takes RS256 where no algorithm was registered, and only the registered one where it was', async () => {
    const elliptic = await startFakeProvider('ES256', () => NOON);
    const theirs = { issuer: elliptic.issuer, keys: elliptic.keys };
    const token = await elliptic.token();
    expect(await refusalOfToken(token, theirs)).toEqual(refusal('alg_not_allowed', 'alg'));
    expect(await refusalOfToken(token, { ...theirs, algorithm: 'ES256' })).toMatchObject({ sid: 'sid-1' });
    expect(await refusalOfToken(await provider.token(), { algorithm: 'ES256' })).toEqual(
      refusal('alg_not_allowed', 'alg'),
    );
    await elliptic.close();
  });

  it('R3 refuses a token made with the public key as a shared secret', async () => {
    const key = new TextEncoder().encode('anything an attacker can read, as a secret');
    expect(await refusalOf({ key, header: { alg: 'HS256' } })).toEqual(refusal('alg_not_allowed', 'alg'));
  });

  it('R3 says that the keys could not be had, not that the token is bad, when the provider is out of reach', async () => {
    const keys = createRemoteJWKSet(new URL('http://127.0.0.1:1/jwks'));
    expect(await refusalOfToken(await provider.token(), { keys })).toEqual(refusal('keys_unavailable'));
  });

  it.each(['', 'no token', 'a.b.c'])('R3 refuses %j, which is no token at all', async (token) => {
    expect(await refusalOfToken(token)).toEqual(refusal('token_malformed'));
  });

  it.each(['iss', 'aud', 'iat', 'exp'])('R4 refuses a token without %s', async (claim) => {
    expect(await refusalOf({ claims: { [claim]: undefined } })).toEqual(refusal('claim_missing', claim));
  });

  it('R4 refuses another issuer', async () => {
    expect(await refusalOf({ claims: { iss: `${provider.issuer}/` } })).toEqual(refusal('claim_invalid', 'iss'));
  });

  it('R4 refuses a token for another app, or for another one beside us', async () => {
    expect(await refusalOf({ claims: { aud: 'mail' } })).toEqual(refusal('claim_invalid', 'aud'));
    expect(await refusalOf({ claims: { aud: ['shop', 'mail'] } })).toEqual(refusal('claim_invalid', 'aud'));
    expect(await refusalOfToken(await provider.token({ claims: { aud: ['shop'] } }))).toMatchObject({ sid: 'sid-1' });
  });

  it('R4 refuses an expired token and one from the future, with 30 s for clocks that differ', async () => {
    const s = NOON / 1000;
    expect(await refusalOf({ claims: { exp: s - 31 } })).toEqual(refusal('token_expired', 'exp'));
    expect(await refusalOf({ claims: { iat: s + 31 } })).toEqual(refusal('claim_invalid', 'iat'));
    expect(await refusalOfToken(await provider.token({ claims: { iat: s + 29, exp: s + 60 } }))).toMatchObject({
      sid: 'sid-1',
    });
    expect(await refusalOfToken(await provider.token({ claims: { exp: s - 29 } }))).toMatchObject({ sid: 'sid-1' });
  });

  it('R5 refuses a token with neither sub nor sid and takes either', async () => {
    expect(await refusalOf({ claims: { sub: undefined, sid: undefined } })).toEqual(refusal('claim_missing', 'sid'));
    const subOnly = await verifyLogoutToken(await provider.token({ claims: { sid: undefined } }), rules);
    expect([subOnly.sid, subOnly.sub]).toEqual([undefined, 'mira']);
    const sidOnly = await verifyLogoutToken(await provider.token({ claims: { sub: undefined } }), rules);
    expect([sidOnly.sid, sidOnly.sub]).toEqual(['sid-1', undefined]);
  });

  it('R5 refuses a sid that is no text', async () => {
    expect(await refusalOf({ claims: { sid: 7 } })).toEqual(refusal('claim_invalid', 'sid'));
    expect(await refusalOf({ claims: { sid: '' } })).toEqual(refusal('claim_invalid', 'sid'));
  });

  it('R6 refuses a token without the logout event', async () => {
    expect(await refusalOf({ claims: { events: undefined } })).toEqual(refusal('claim_missing', 'events'));
    const wrong = [{}, { 'http://schemas.openid.net/event/other': {} }, { [LOGOUT_EVENT]: true }, [LOGOUT_EVENT], 'x'];
    for (const events of wrong)
      expect(await refusalOf({ claims: { events } })).toEqual(refusal('claim_invalid', 'events'));
  });

  it('R7 refuses a nonce, whatever it is', async () => {
    for (const nonce of ['n', '', null]) {
      expect(await refusalOf({ claims: { nonce } })).toEqual(refusal('claim_not_allowed', 'nonce'));
    }
  });

  it('R8 refuses a jti that was spent, until the token would have expired anyhow', async () => {
    let now = NOON;
    const guarded = { ...rules, now: () => now, replayGuard: createReplayGuard({ now: () => now }) };
    const token = await provider.token({ claims: { jti: 'once' } });
    // What was not spent is no replay: the app may have failed to end the session.
    await verifyLogoutToken(token, guarded);
    const verified = await verifyLogoutToken(token, guarded);
    expect(verified.jti).toBe('once');
    await verified.spend();
    await expect(verifyLogoutToken(token, guarded)).rejects.toEqual(refusal('token_replayed', 'jti'));
    now += 3_600_000;
    await expect(verifyLogoutToken(token, guarded)).rejects.toEqual(refusal('token_expired', 'exp'));
  });

  it('R8 does not let a bad token use up the jti of a good one', async () => {
    const guarded = { ...rules, replayGuard: createReplayGuard({ now: () => NOON }) };
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await provider.token({ key: privateKey, claims: { jti: 'mine' } });
    await expect(verifyLogoutToken(forged, guarded)).rejects.toEqual(refusal('signature_invalid'));
    const real = await provider.token({ claims: { jti: 'mine' } });
    await expect(verifyLogoutToken(real, guarded)).resolves.toMatchObject({ jti: 'mine' });
  });

  it('R8 refuses a token without jti', async () => {
    expect(await refusalOf({ claims: { jti: undefined } })).toEqual(refusal('claim_missing', 'jti'));
  });

  it('refuses a token of another kind and takes the types older providers write', async () => {
    expect(await refusalOf({ header: { typ: 'at+jwt' } })).toEqual(refusal('typ_not_allowed', 'typ'));
    for (const typ of ['JWT', undefined, 'application/logout+jwt']) {
      expect(await refusalOfToken(await provider.token({ header: { typ } }))).toMatchObject({ sid: 'sid-1' });
    }
  });
});
