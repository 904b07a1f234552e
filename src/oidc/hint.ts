/** Whether an `id_token_hint` is an ID token of ours. Expired ones are fine (RP-Initiated Logout §2, Core §3.1.2.2). */
import { constants, createPublicKey, type KeyObject, verify, type webcrypto } from 'node:crypto';
import { decodeProtectedHeader, type JWK, type JWTPayload } from 'jose';
import { SIGNING_ALGS, type SigningAlg } from '../deliveries/delivery.ts';
import type { Keys } from './keys.ts';

export type VerifiedHint =
  | {
      readonly kind: 'ours';
      readonly clientId: string;
      readonly sub: string;
      readonly sid: string | undefined;
      readonly header: Record<string, unknown>;
      readonly payload: JWTPayload;
    }
  /** `why` is for the developer of the app; it never repeats the token. */
  | { readonly kind: 'bad'; readonly why: string };

/** What a header or a form may hold; an ID token of ours may be as long as the groups a person is in. */
const HINT_CHARS_MAX = 16_384;

/**
 * Checks signature (against all our public keys, retired ones included: I20), algorithm, issuer, type and audience. Refuses
 * logout tokens and whatever else we sign with the same keys (requirements §17, token confusion). At once, in this thread:
 * it takes 50 µs, and in the thread pool it would wait behind the passwords of others.
 */
export function verifyHint(
  hint: string,
  { keys, issuer }: { readonly keys: Pick<Keys, 'publicKey'>; readonly issuer: string },
): VerifiedHint {
  if (hint.length > HINT_CHARS_MAX) return bad('it is too long');
  const parts = hint.split('.');
  if (parts.length === 5) return bad('it is encrypted; this provider issues no encrypted ID tokens');
  try {
    const header = decodeProtectedHeader(hint);
    const key = keys.publicKey(header.kid ?? '');
    const alg = SIGNING_ALGS.find((one) => one === header.alg && one === key?.alg);
    if (!key || !alg) return bad('it is not signed by a key of this provider');
    if (header.typ !== undefined && header.typ.toUpperCase() !== 'JWT') return bad(`a token of type ${header.typ}`);
    // No extension of the form of a token is known here (RFC 7515 §4.1.11), and ours have none.
    if (header.crit !== undefined || !isSigned(parts, alg, imported(key))) return bad('its signature or form is wrong');
    const payload: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString());
    if (typeof payload !== 'object' || payload === null) return bad('its signature or form is wrong');
    return judgeClaims(header as Record<string, unknown>, payload as JWTPayload, issuer);
  } catch {
    return bad('its signature or form is wrong');
  }
}

function judgeClaims(header: Record<string, unknown>, payload: JWTPayload, issuer: string): VerifiedHint {
  const { iss, sub, aud, sid } = payload;
  if (iss !== issuer) return bad('it was issued by somebody else');
  if ('events' in payload) return bad('it is a logout token, not an ID token');
  const clientId = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (typeof clientId !== 'string') return bad('its audience is not one client');
  if (typeof sub !== 'string') return bad('it has no subject');
  return { kind: 'ours', clientId, sub, sid: typeof sid === 'string' ? sid : undefined, header, payload };
}

function bad(why: string): VerifiedHint {
  return { kind: 'bad', why };
}

function isSigned([header, payload, signature, ...rest]: readonly string[], alg: SigningAlg, key: KeyObject): boolean {
  if (!header || !payload || !signature || rest.length > 0) return false;
  const { hash, ...how } = HOW[alg];
  return verify(hash, Buffer.from(`${header}.${payload}`), { key, ...how }, Buffer.from(signature, 'base64url'));
}

/** RFC 7518 §3.3 to §3.5, RFC 8037 §3.1. */
const HOW = {
  RS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PADDING },
  PS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  ES256: { hash: 'sha256', dsaEncoding: 'ieee-p1363' },
  EdDSA: { hash: undefined },
} as const satisfies Record<SigningAlg, object>;

const importedKeys = new WeakMap<JWK, KeyObject>();

/** Importing costs more than verifying; a key object lives as long as the set it came from. */
function imported(key: JWK): KeyObject {
  const known = importedKeys.get(key) ?? createPublicKey({ key: key as webcrypto.JsonWebKey, format: 'jwk' });
  importedKeys.set(key, known);
  return known;
}
