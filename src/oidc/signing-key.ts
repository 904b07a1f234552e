/** Making and reading the keys that sign ID tokens and logout tokens. */
import { webcrypto } from 'node:crypto';
import type { JWK } from 'jose';
import type { SigningAlg } from '../deliveries/delivery.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { randomId } from '../ops/ids.ts';
import type { SigningKeyRow } from '../store/store.ts';

/** A private key as a JWK with `kid`, `alg` and `use`. */
export type PrivateJwk = JWK & { readonly kid: string; readonly alg: SigningAlg };

/** WebCrypto's names (RFC 7518 §3.1, RFC 8037 §3.1). RSA of 2048 bits: the size every app reads. */
const ALGORITHMS: Readonly<Record<SigningAlg, webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | string>> = {
  RS256: rsa('RSASSA-PKCS1-v1_5'),
  PS256: rsa('RSA-PSS'),
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: 'Ed25519',
};

function rsa(name: string): webcrypto.RsaHashedKeyGenParams {
  return { name, hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
}

/** Members of a JWK that only the private half has (RFC 7518 §6.2.2, §6.3.2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/** Makes a key off the event loop (`generateKeyPairSync` would hold everybody up), ready to be stored. */
export async function makeSigningKey(
  alg: SigningAlg,
  when: { readonly createdAt: number; readonly signsFrom: number },
  box: CryptoBox,
): Promise<SigningKeyRow> {
  const pair = (await webcrypto.subtle.generateKey(ALGORITHMS[alg], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const { key_ops: _ops, ext: _ext, ...jwk } = await webcrypto.subtle.exportKey('jwk', pair.privateKey);
  const key = { ...jwk, kid: `${alg.toLowerCase()}-${randomId(6)}`, alg, use: 'sig' };
  return {
    kid: key.kid,
    alg,
    publicJwk: JSON.stringify(publicHalf(key as PrivateJwk)),
    sealedPrivateJwk: box.seal(JSON.stringify(key)),
    ...when,
    retiredAt: undefined,
    leakedAt: undefined,
  };
}

/** The key without what makes it private. */
function publicHalf(key: PrivateJwk): JWK {
  return Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_MEMBERS.some((one) => one === name)));
}

/** Opens the private half. Throws when it was sealed under another key, or is gone because the key was retired. */
export function privateHalf(row: SigningKeyRow, box: CryptoBox): PrivateJwk {
  return JSON.parse(box.open(row.sealedPrivateJwk)) as PrivateJwk;
}
