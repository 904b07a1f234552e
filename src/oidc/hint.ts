/** Whether an `id_token_hint` is an ID token of ours. Expired ones are fine (RP-Initiated Logout §2, Core §3.1.2.2). */
import { compactVerify, decodeProtectedHeader, importJWK, type JWK, type JWTPayload } from 'jose';
import { SIGNING_ALGS } from '../deliveries/delivery.ts';
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
 * logout tokens and whatever else we sign with the same keys (requirements §17, token confusion).
 */
export async function verifyHint(
  hint: string,
  { keys, issuer }: { readonly keys: Pick<Keys, 'publicKey'>; readonly issuer: string },
): Promise<VerifiedHint> {
  if (hint.length > HINT_CHARS_MAX) return bad('it is too long');
  if (hint.split('.').length === 5) return bad('it is encrypted; this provider issues no encrypted ID tokens');
  try {
    const header = decodeProtectedHeader(hint);
    const key = keys.publicKey(header.kid ?? '');
    const alg = SIGNING_ALGS.find((one) => one === header.alg && one === key?.alg);
    if (!key || !alg) return bad('it is not signed by a key of this provider');
    if (header.typ !== undefined && header.typ.toUpperCase() !== 'JWT') return bad(`a token of type ${header.typ}`);
    const { payload } = await compactVerify(hint, await imported(key), { algorithms: [alg] });
    return judgeClaims(header as Record<string, unknown>, JSON.parse(new TextDecoder().decode(payload)), issuer);
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

const importedKeys = new WeakMap<JWK, ReturnType<typeof importJWK>>();

/** Importing costs more than verifying; a key object lives as long as the set it came from. */
function imported(key: JWK): ReturnType<typeof importJWK> {
  const known = importedKeys.get(key) ?? importJWK(key);
  importedKeys.set(key, known);
  return known;
}
