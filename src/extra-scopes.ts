/** Scope name → the claims it carries, from `scopes:` in `signoff.yaml`. */
export type ExtraScopes = Readonly<Record<string, readonly string[]>>;

/** OpenID Connect Core §5.4, and §11 for `offline_access`. */
const STANDARD_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

/** What a program may be let do at `/api/v1`; no person can sign in for them. */
export const PROGRAM_SCOPES = [
  'signoff.read',
  'signoff.sessions',
  'signoff.clients',
  'signoff.deliveries',
  'signoff.admin',
] as const;

/** Claims that are about the token, not the person: no scope may carry them (RFC 7519 §4.1, Core §2, logout tokens). */
const PROTOCOL_CLAIMS = new Set(
  'iss sub aud exp nbf iat jti auth_time nonce acr amr azp at_hash c_hash s_hash sid events typ gen'.split(' '),
);

const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** Every scope that somebody can sign in for. */
export function scopeNames(extra: ExtraScopes): readonly string[] {
  return [...STANDARD_SCOPES, ...Object.keys(extra)];
}

/** Every scope that a client may be registered for. */
export function registrableScopes(extra: ExtraScopes): readonly string[] {
  return [...scopeNames(extra), ...PROGRAM_SCOPES];
}

/** Reads `scopes: { groups: [groups] }`; problems are sentences. */
export function readScopes(value: unknown): { readonly scopes: ExtraScopes; readonly problems: readonly string[] } {
  if (value === undefined || value === null) return { scopes: Object.freeze({}), problems: [] };
  if (typeof value !== 'object' || Array.isArray(value)) {
    return {
      scopes: {},
      problems: ['scopes in signoff.yaml must name scopes and their claims, like groups: [groups]'],
    };
  }
  const entries = Object.entries(value);
  const problems = entries.map(([name, claims]) => problemOf(name, claims)).filter((one) => one !== undefined);
  const scopes = Object.fromEntries(entries.map(([name, claims]) => [name, Object.freeze(claims as string[])]));
  return { scopes: Object.freeze(scopes), problems };
}

function problemOf(name: string, claims: unknown): string | undefined {
  const where = `scope "${name}" in signoff.yaml`;
  if (!SCOPE_TOKEN.test(name)) return `${where} must be printable characters without spaces (RFC 6749 §3.3)`;
  if (name.startsWith('signoff.')) return `${where} begins like the scopes of the API; choose another name`;
  if (STANDARD_SCOPES.includes(name)) return `${where} is a standard scope; choose another name`;
  if (!Array.isArray(claims) || !claims.every((claim) => typeof claim === 'string' && claim !== '')) {
    return `${where} must be followed by the names of its claims, like ${name}: [${name}]`;
  }
  const protocol = claims.find((claim) => PROTOCOL_CLAIMS.has(claim));
  return protocol === undefined ? undefined : `${where} may not carry "${protocol}", which belongs to the token itself`;
}
