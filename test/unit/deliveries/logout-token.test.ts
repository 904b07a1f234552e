import { randomBytes, webcrypto } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { SIGNING_ALGS, type SigningAlg } from '../../../src/deliveries/delivery.ts';
import { makeLogoutToken, type TokenRules } from '../../../src/deliveries/logout-token.ts';
import { createSigner } from '../../../src/deliveries/signer.ts';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';
import type { SigningKeyRow } from '../../../src/store/store.ts';
import { aDelivery } from './a-delivery.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const box = createCryptoBox(randomBytes(32));
const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
const PARAMS = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', ...RSA },
  PS256: { name: 'RSA-PSS', ...RSA },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
};

async function keyRow(alg: SigningAlg, but: Partial<SigningKeyRow> = {}): Promise<SigningKeyRow> {
  const pair = (await webcrypto.subtle.generateKey(PARAMS[alg], true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const [publicJwk, privateJwk] = await Promise.all(
    [pair.publicKey, pair.privateKey].map((key) => webcrypto.subtle.exportKey('jwk', key)),
  );
  const kid = but.kid ?? `kid-${alg}`;
  const sealedPrivateJwk = box.seal(JSON.stringify(privateJwk));
  const dates = { createdAt: 0, signsFrom: 0, retiredAt: undefined, leakedAt: undefined };
  return { alg, ...dates, publicJwk: JSON.stringify({ ...publicJwk, kid, alg }), sealedPrivateJwk, ...but, kid };
}

function client(alg: SigningAlg, but: Partial<TokenRules['logout']> = {}): TokenRules {
  const logout = { subject: 'sub+sid', token_typ: 'logout+jwt', token_ttl: 120_000, ...but } as const;
  return { client_id: 'wiki', id_token_signed_response_alg: alg, logout };
}

const signerOf = (rows: SigningKeyRow[]) =>
  createSigner({ store: { signingKeys: async () => rows }, box, clock: { now: () => NOW } });

async function tokenFor(rules: TokenRules, rows: SigningKeyRow[]) {
  const key = await signerOf(rows).keyFor(rules.id_token_signed_response_alg);
  return makeLogoutToken({ issuer: 'https://op.example', delivery: aDelivery(), client: rules, key, now: NOW + 999 });
}

describe('the logout token', () => {
  it.each(SIGNING_ALGS)('A7, B13, B16 %s verifies with the published key of that algorithm', async (alg) => {
    const rows = await Promise.all(SIGNING_ALGS.map((one) => keyRow(one)));
    const { token } = await tokenFor(client(alg), rows);
    const jwks = createLocalJWKSet({ keys: rows.map((row) => JSON.parse(row.publicJwk)) });
    const { protectedHeader } = await jwtVerify(token, jwks, {
      issuer: 'https://op.example',
      audience: 'wiki',
      typ: 'logout+jwt',
      currentDate: new Date(NOW + 60_000),
    });
    expect(protectedHeader).toEqual({ typ: 'logout+jwt', alg, kid: `kid-${alg}` });
  });

  it('B10, B11, B12, B23 carries exactly the claims of the specification, and lives 120 s', async () => {
    const { token, jti } = await tokenFor(client('ES256'), [await keyRow('ES256')]);
    expect(decodeJwt(token)).toEqual({
      iss: 'https://op.example',
      aud: 'wiki',
      iat: NOW / 1000,
      exp: NOW / 1000 + 120,
      jti,
      sub: 'sub-1',
      sid: 'sid-1',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
  });

  it('B15, B29a obeys the client: typ, ttl, sid without sub', async () => {
    const rules = client('EdDSA', { subject: 'sid', token_typ: 'JWT', token_ttl: 300_000 });
    const { token } = await tokenFor(rules, [await keyRow('EdDSA')]);
    expect(decodeProtectedHeader(token).typ).toBe('JWT');
    expect(decodeJwt(token)).toMatchObject({ sid: 'sid-1', exp: NOW / 1000 + 300 });
    expect(decodeJwt(token)).not.toHaveProperty('sub');
  });

  it('invariant 8: each attempt has a jti of its own', async () => {
    const rows = [await keyRow('ES256')];
    const tokens = await Promise.all([1, 2, 3].map(() => tokenFor(client('ES256'), rows)));
    expect(new Set(tokens.map((one) => one.jti)).size).toBe(3);
  });

  it('is never signed by a key of another algorithm', async () => {
    const key = await signerOf([await keyRow('RS256')]).keyFor('RS256');
    const parts = { issuer: 'x', delivery: aDelivery(), client: client('ES256'), now: NOW };
    await expect(makeLogoutToken({ ...parts, key })).rejects.toThrow('RS256');
  });
});

describe('the signer', () => {
  it('takes the youngest key that may sign: not the next, not a retired one', async () => {
    const rows = [
      await keyRow('ES256', { kid: 'old', signsFrom: 1 }),
      await keyRow('ES256', { kid: 'leaked', signsFrom: 3, retiredAt: 4 }),
      await keyRow('ES256', { kid: 'now', signsFrom: 2 }),
      await keyRow('ES256', { kid: 'next', signsFrom: NOW + 600_000 }),
    ];
    expect((await signerOf(rows).keyFor('ES256')).kid).toBe('now');
    await expect(signerOf(rows).keyFor('RS256')).rejects.toThrow('there is no key for RS256');
    expect((await signerOf(rows.slice(3)).keyFor('ES256')).kid).toBe('next');
  });

  it('sees a rotation when told to reload, and survives a store that fails once', async () => {
    const rows = [await keyRow('ES256', { kid: 'old' })];
    let down = true;
    const signingKeys = async () => {
      if (down) throw new Error('down');
      return rows;
    };
    const signer = createSigner({ store: { signingKeys }, box, clock: { now: () => NOW } });
    await expect(signer.keyFor('ES256')).rejects.toThrow('down');
    down = false;
    expect((await signer.keyFor('ES256')).kid).toBe('old');
    rows.push(await keyRow('ES256', { kid: 'new', signsFrom: 5 }));
    signer.reload();
    expect((await signer.keyFor('ES256')).kid).toBe('new');
  });
});
