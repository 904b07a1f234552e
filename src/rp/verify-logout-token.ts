import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import { LogoutTokenError } from './logout-token-error.ts';
import type { ReplayGuard } from './replay-guard.ts';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const DEFAULT_LEEWAY_MS = 30_000;

/** What a verified logout token says. At least one of `sid` and `sub` is there. */
export interface LogoutToken {
  readonly iss: string;
  readonly jti: string;
  readonly sid: string | undefined;
  readonly sub: string | undefined;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** To be called when the sessions are over: from then on this token is a replay. The handler does it. */
  readonly spend: () => Promise<void>;
}

export interface LogoutTokenRules {
  /** The OP's issuer identifier, exactly as its discovery document spells it. */
  readonly issuer: string;
  /** Our `client_id` there. */
  readonly clientId: string;
  /** The OP's keys: `createRemoteJWKSet(new URL(jwks_uri))` of jose. */
  readonly keys: JWTVerifyGetKey;
  /** The `id_token_signed_response_alg` we registered; RS256 when we registered none (OpenID Connect Core §3.1.3.7). */
  readonly algorithm?: string;
  /** How far the OP's clock may be off; 30 s when not given. */
  readonly leewayMs?: number;
  /** Refuses a `jti` that was spent; leave it out only where something else does. */
  readonly replayGuard?: ReplayGuard;
  /** Epoch milliseconds; the machine's clock when not given. */
  readonly now?: () => number;
}

/**
 * Checks a logout token as Back-Channel Logout 1.0 §2.6 asks (R3 to R8) and says whose session is to end.
 * Throws LogoutTokenError with a code, and the claim that failed; nothing else, and never for a token that is good.
 */
export async function verifyLogoutToken(token: string, rules: LogoutTokenRules): Promise<LogoutToken> {
  const now = (rules.now ?? Date.now)();
  const { payload, header } = await verifySignature(token, rules, now);
  checkType(header);
  checkAudience(payload, rules.clientId);
  checkNotFromTheFuture(payload, now + (rules.leewayMs ?? DEFAULT_LEEWAY_MS));
  checkEvents(payload);
  checkNoNonce(payload);
  const verified = readClaims(payload, rules.issuer);
  const id = `${verified.iss} ${verified.jti}`;
  // Not used up here: a token whose session could not be ended must find it when it is sent again.
  if (await rules.replayGuard?.isSpent(id))
    throw new LogoutTokenError('token_replayed', 'This logout token was used before.', { claim: 'jti' });
  return { ...verified, spend: async () => rules.replayGuard?.spend(id, verified.expiresAt) };
}

/** R3, and R4 as far as a JWT library knows it: signature, algorithm, `iss`, `aud`, `exp`, `iat` present. */
async function verifySignature(token: string, rules: LogoutTokenRules, now: number) {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, rules.keys, {
      algorithms: [rules.algorithm ?? 'RS256'],
      issuer: rules.issuer,
      audience: rules.clientId,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      clockTolerance: (rules.leewayMs ?? DEFAULT_LEEWAY_MS) / 1000,
      currentDate: new Date(now),
    });
    return { payload, header: protectedHeader };
  } catch (error) {
    throw asLogoutTokenError(error);
  }
}

function asLogoutTokenError(cause: unknown): LogoutTokenError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof errors.JWTExpired)
    return new LogoutTokenError('token_expired', message, { claim: 'exp', cause });
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const code = cause.reason === 'missing' ? 'claim_missing' : 'claim_invalid';
    return new LogoutTokenError(code, message, { claim: cause.claim, cause });
  }
  if (cause instanceof errors.JOSEAlgNotAllowed)
    return new LogoutTokenError('alg_not_allowed', message, { claim: 'alg', cause });
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return new LogoutTokenError('signature_invalid', message, { cause });
  if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
    return new LogoutTokenError('key_not_found', message, { claim: 'kid', cause });
  if (
    cause instanceof errors.JWSInvalid ||
    cause instanceof errors.JWTInvalid ||
    cause instanceof errors.JOSENotSupported
  )
    return new LogoutTokenError('token_malformed', message, { cause });
  return new LogoutTokenError('keys_unavailable', `The provider's keys could not be had: ${message}`, { cause });
}

/** `logout+jwt` is recommended (§2.4), older providers say `JWT` or nothing; a token of another kind is refused. */
function checkType({ typ }: ProtectedHeaderParameters): void {
  const type = typ?.toLowerCase().replace(/^application\//, '');
  if (type !== undefined && type !== 'logout+jwt' && type !== 'jwt')
    throw new LogoutTokenError('typ_not_allowed', `A token of type "${typ}" is not a logout token.`, { claim: 'typ' });
}

/** R4, as for ID tokens: an audience we do not know beside us means the token was not meant for us alone. */
function checkAudience({ aud }: JWTPayload, clientId: string): void {
  if ([aud].flat().some((each) => each !== clientId))
    throw new LogoutTokenError('claim_invalid', 'The token names another audience beside us.', { claim: 'aud' });
}

function checkNotFromTheFuture({ iat }: JWTPayload, latest: number): void {
  if (typeof iat !== 'number' || iat * 1000 > latest)
    throw new LogoutTokenError('claim_invalid', 'The token says it was issued in the future.', { claim: 'iat' });
}

/** R6 */
function checkEvents({ events }: JWTPayload): void {
  if (!isObject(events)) throw new LogoutTokenError('claim_invalid', '"events" is no object.', { claim: 'events' });
  if (!isObject(events[LOGOUT_EVENT]))
    throw new LogoutTokenError('claim_invalid', '"events" has no back-channel logout member.', { claim: 'events' });
}

/** R7: a token with a nonce may be an ID token that somebody shows us as a logout token. */
function checkNoNonce(payload: JWTPayload): void {
  if ('nonce' in payload)
    throw new LogoutTokenError('claim_not_allowed', 'A logout token has no nonce.', { claim: 'nonce' });
}

/** R5, and the shapes of the rest. */
function readClaims(payload: JWTPayload, iss: string): Omit<LogoutToken, 'spend'> {
  const { iat = 0, exp = 0 } = payload;
  const [jti, sid, sub] = [text(payload, 'jti'), text(payload, 'sid'), text(payload, 'sub')];
  if (jti === undefined) throw new LogoutTokenError('claim_missing', 'The token has no jti.', { claim: 'jti' });
  if (sid === undefined && sub === undefined)
    throw new LogoutTokenError('claim_missing', 'The token has neither sid nor sub.', { claim: 'sid' });
  return { iss, jti, sid, sub, issuedAt: iat * 1000, expiresAt: exp * 1000 };
}

function text(payload: JWTPayload, claim: string): string | undefined {
  const value = payload[claim];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new LogoutTokenError('claim_invalid', `"${claim}" is no text.`, { claim });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
