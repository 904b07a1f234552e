import { constants, type KeyObject, sign } from 'node:crypto';
import { randomId } from '../ops/ids.ts';
import { type Delivery, isMerged, type SigningAlg } from './delivery.ts';

/** A private key that may sign now. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly privateKey: KeyObject;
}

/** What of a client's registration a logout token depends on. */
export interface TokenRules {
  readonly client_id: string;
  readonly id_token_signed_response_alg: SigningAlg;
  readonly logout: {
    readonly subject: 'sub+sid' | 'sid';
    readonly token_typ: 'logout+jwt' | 'JWT';
    /** Milliseconds. */
    readonly token_ttl: number;
  };
}

/** The claims of a logout token. */
interface LogoutClaims {
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly sub?: string;
  readonly sid?: string;
  readonly events: Readonly<Record<string, Readonly<Record<string, never>>>>;
}

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * Makes and signs a fresh logout token for one attempt (invariant 8). Rejects when the key is not of the client's
 * algorithm. OpenID Connect Back-Channel Logout §2.4 with errata 1 (B10–B16, B23, B29a).
 */
export async function makeLogoutToken(parts: {
  readonly issuer: string;
  readonly delivery: Pick<Delivery, 'id' | 'sid' | 'sub'>;
  readonly client: TokenRules;
  readonly key: SigningKey;
  /** Epoch ms. */
  readonly now: number;
}): Promise<{ readonly token: string; readonly jti: string }> {
  const { client, key } = parts;
  if (key.alg !== client.id_token_signed_response_alg) {
    throw new Error(`a key for ${key.alg} cannot sign for ${client.client_id}`);
  }
  const claims = logoutClaims({ ...parts, jti: randomId() });
  const header = { typ: client.logout.token_typ, alg: key.alg, kid: key.kid };
  return { token: await signToken(header, claims, key), jti: claims.jti };
}

/** Pure. Never a `nonce`: with one it could pass for an ID token (B12). */
function logoutClaims(parts: {
  readonly issuer: string;
  readonly delivery: Pick<Delivery, 'id' | 'sid' | 'sub'>;
  readonly client: TokenRules;
  readonly jti: string;
  readonly now: number;
}): LogoutClaims {
  const { issuer, delivery, client, jti } = parts;
  const iat = Math.floor(parts.now / 1000);
  return {
    iss: issuer,
    aud: client.client_id,
    iat,
    exp: iat + Math.floor(client.logout.token_ttl / 1000),
    jti,
    ...(isMerged(delivery) || client.logout.subject === 'sub+sid' ? { sub: delivery.sub } : {}),
    ...(isMerged(delivery) ? {} : { sid: delivery.sid }),
    events: { [LOGOUT_EVENT]: {} },
  };
}

/** A compact JWS of any header and claims; `header.alg` is the key's, or nobody believes it. */
export async function signToken(header: object, claims: object, key: SigningKey): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = await SIGN[key.alg](Buffer.from(input), key.privateKey);
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** EC and Ed25519 are signed here and now (37 µs); RSA costs 219 µs and goes to the thread pool (engine.md §2). */
const SIGN: Readonly<Record<SigningAlg, (input: Buffer, key: KeyObject) => Buffer | Promise<Buffer>>> = {
  ES256: (input, key) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (input, key) => sign(undefined, input, key),
  RS256: (input, key) => signRsa(input, { key, padding: constants.RSA_PKCS1_PADDING }),
  PS256: (input, key) => signRsa(input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
};

function signRsa(input: Buffer, key: { key: KeyObject; padding: number; saltLength?: number }): Promise<Buffer> {
  return new Promise((done, fail) => {
    sign('sha256', input, key, (error, signature) => (error ? fail(error) : done(signature)));
  });
}
