import { z } from 'zod';
import { DURATION_PATTERN, parseDuration } from '../ops/duration.ts';
import type { Trust } from '../ops/trust.ts';

/**
 * What one `clients/<client_id>.yaml` may say: registration metadata under its standard names (OpenID Connect Dynamic
 * Registration 1.0 §2, RFC 7591 §2, the logout specifications), and ours. Shapes only; what is *allowed* is
 * `registration-rules.ts`. Unknown names are errors: a misspelt `backchannel_logout_uri` must not mean "never told".
 */

/** The four scopes of a logout: {this app, all apps} × {this device, all devices}. */
const logoutScope = z.enum(['app-here', 'all-here', 'app-everywhere', 'all-everywhere']);

/** Why something ended (logout.ts `Reason`). */
export const END_REASONS = [
  'user',
  'app',
  'other-account',
  'superseded',
  'idle',
  'expired',
  'too-many',
  'factor-changed',
  'password-changed',
  'account-disabled',
  'account-deleted',
  'operator',
  'everybody',
  'client-removed',
  'consent-revoked',
  'not-me',
  'reuse-detected',
] as const;

const address = z.string().min(1).max(2000);
const name = z.string().min(1).max(100);
const duration = z.string().regex(DURATION_PATTERN, 'must be a duration like 30s, 15m, 12h or 30d').transform(toMs);

/** The key of a certificate: the SHA-256 of its SPKI. */
const pin = z.string().regex(/^sha256\/[A-Za-z0-9+/]{43}=$/, 'must be sha256/ and 44 characters of base64');

const logoutSection = z.strictObject({
  scope: logoutScope.optional().describe('What a sign-off at this app ends without a question.'),
  ask: z.enum(['never', 'auto', 'always']).optional().describe('Whether the sign-off page is shown (default auto).'),
  allowed_scopes: z.array(logoutScope).optional().describe('Scopes the app may ask for by logout_scope.'),
  after_wait: z
    .enum(['receipt', 'redirect'])
    .optional()
    .describe('Where the browser goes when some app has not answered in time (default receipt).'),
  keep_offline_access: z
    .boolean()
    .optional()
    .describe('offline_access outlives "all apps, this device" (default true).'),
  subject: z.enum(['sub+sid', 'sid']).optional().describe('What logout tokens carry (default sub+sid).'),
  merge: z
    .enum(['none', 'sub'])
    .optional()
    .describe('sub: where all sessions of a person end, one token without sid says so (default none: one for each).'),
  token_typ: z.enum(['logout+jwt', 'JWT']).optional().describe('The typ header of logout tokens (default logout+jwt).'),
  token_ttl: duration.optional().describe('Life of a logout token (default 2m, at most 5m).'),
  on: z
    .array(z.enum(END_REASONS))
    .min(1)
    .optional()
    .describe('Reasons of ends that the app wants to hear of (default: all).'),
});

/** The file itself, before defaults. */
export const clientFileSchema = z.strictObject({
  client_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be up to 200 visible ASCII characters, without spaces (RFC 6749 A.1)')
    .describe('Must be the name of the file, percent-encoded where file systems mind.'),
  client_name: name.optional().describe('What people read.'),
  'client_name#en': name.optional().describe('What people read in English.'),
  'client_name#de': name.optional().describe('What people read in German.'),
  client_secret: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('Better: client_secret_hash, or an environment variable in braces.'),
  client_secret_hash: z
    .string()
    .regex(
      /^sha256:[A-Za-z0-9_-]{43}$/,
      'must be sha256: and 43 characters of base64url, as "signoff clients secret" prints it',
    )
    .optional(),
  application_type: z.enum(['web', 'native']).default('web'),
  redirect_uris: z.array(address).max(100).default([]),
  post_logout_redirect_uris: z.array(address).max(100).default([]),
  backchannel_logout_uri: address
    .optional()
    .describe('Where Signoff posts logout tokens. Without it the app cannot be told.'),
  backchannel_logout_session_required: z.boolean().default(false),
  frontchannel_logout_uri: address
    .optional()
    .describe(
      'Called by the browser that signs off, where there is no back-channel address; nobody hears what came of it.',
    ),
  frontchannel_logout_session_required: z.boolean().default(false),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .default('client_secret_basic'),
  token_endpoint_auth_signing_alg: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).optional(),
  id_token_signed_response_alg: z.enum(['RS256', 'ES256', 'PS256', 'EdDSA']).default('RS256'),
  subject_type: z.enum(['public', 'pairwise']).default('public'),
  sector_identifier_uri: address.optional(),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
    .default(['authorization_code'])
    .describe('client_credentials: for programs that call the API of Signoff.'),
  response_types: z
    .array(z.enum(['code']))
    .optional()
    .describe('code, where the grant types have authorization_code.'),
  scope: z.string().max(1000).optional().describe('Scopes the app may ask for, separated by spaces (default: all).'),
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }).optional(),
  jwks_uri: address.optional(),
  client_uri: address.optional(),
  'client_uri#en': address.optional(),
  'client_uri#de': address.optional(),
  logo_uri: address.optional(),
  'logo_uri#en': address.optional(),
  'logo_uri#de': address.optional(),
  policy_uri: address.optional(),
  'policy_uri#en': address.optional(),
  'policy_uri#de': address.optional(),
  tos_uri: address.optional(),
  'tos_uri#en': address.optional(),
  'tos_uri#de': address.optional(),
  initiate_login_uri: address.optional(),
  contacts: z.array(z.email()).max(20).optional(),
  default_max_age: z.int().min(0).optional().describe('Seconds.'),
  require_auth_time: z.boolean().default(false),
  default_acr_values: z.array(z.string().min(1)).optional(),
  require_pushed_authorization_requests: z.boolean().default(false),
  require_pkce: z.boolean().default(true).describe('false only for apps that cannot.'),
  id_token_claims: z
    .boolean()
    .default(false)
    .describe('Puts the claims of its scopes into ID tokens too, for apps that never ask userinfo.'),
  introspection_for: z
    .array(z.string().min(1).max(200))
    .max(100)
    .optional()
    .describe('Ids of apps that may introspect the access tokens of this one.'),
  rotate_refresh_tokens: z.boolean().default(false).describe('Public clients rotate always.'),
  party: z.enum(['first', 'third']).default('third').describe('first: ours, no consent page.'),
  tls_ca: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(pem|crt|cer)$/, 'must be the name of a .pem file beside this one')
    .optional()
    .describe('A PEM file beside this one: the only authorities that count when this app is told.'),
  tls_pin: z
    .union([pin, z.array(pin).min(1).max(10)])
    .optional()
    .describe(
      'Keys of which the app must have one when it is told: sha256/ and the base64 of the SHA-256 of its SPKI.',
    ),
  max_session: duration.optional().describe('Longest session of the app itself; past it telling it no longer matters.'),
  logout: logoutSection.prefault({}),
});

type ClientFile = z.output<typeof clientFileSchema>;

/** A registered relying party, defaults filled in. Durations are milliseconds. */
export interface Client extends Omit<ClientFile, 'logout' | 'client_name' | 'response_types' | 'tls_ca' | 'tls_pin'> {
  readonly client_name: string;
  readonly response_types: readonly 'code'[];
  /** Whom to believe that it is this app, where that is not the usual: what `tls_ca` and `tls_pin` say. */
  readonly trust?: Trust;
  readonly logout: LogoutRules;
}

/** What the policy table of sign-offs (DESIGN §5) needs to know about a client. */
interface LogoutRules {
  readonly scope: z.output<typeof logoutScope>;
  readonly ask: 'never' | 'auto' | 'always';
  readonly allowed_scopes: readonly z.output<typeof logoutScope>[];
  readonly after_wait: 'receipt' | 'redirect';
  readonly keep_offline_access: boolean;
  readonly subject: 'sub+sid' | 'sid';
  readonly merge: 'none' | 'sub';
  readonly token_typ: 'logout+jwt' | 'JWT';
  /** Milliseconds. */
  readonly token_ttl: number;
  /** Undefined: all, also those that are still to be invented. */
  readonly on?: readonly (typeof END_REASONS)[number][];
}

/**
 * Fills in what depends on the party (DESIGN §5, first table). `authorities`: the text of the file that `tls_ca` names.
 */
export function withDefaults({ tls_ca, tls_pin, ...file }: ClientFile, authorities?: string): Client {
  const first = file.party === 'first';
  const { logout } = file;
  const pins = tls_pin === undefined ? undefined : [tls_pin].flat();
  return {
    ...file,
    client_name: file.client_name ?? file.client_id,
    response_types: file.response_types ?? (file.grant_types.includes('authorization_code') ? ['code'] : []),
    ...((authorities !== undefined || pins) && { trust: { authorities, pins } }),
    logout: {
      scope: logout.scope ?? (first ? 'all-here' : 'app-here'),
      ask: logout.ask ?? 'auto',
      allowed_scopes: logout.allowed_scopes ?? (first ? ['app-here', 'all-here'] : ['app-here']),
      after_wait: logout.after_wait ?? 'receipt',
      keep_offline_access: logout.keep_offline_access ?? true,
      subject: logout.subject ?? 'sub+sid',
      merge: logout.merge ?? 'none',
      token_typ: logout.token_typ ?? 'logout+jwt',
      token_ttl: logout.token_ttl ?? 120_000,
      ...(logout.on && { on: logout.on }),
    },
  };
}

function toMs(text: string): number {
  return parseDuration(text) ?? 0;
}
