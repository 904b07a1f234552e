/** Everything the library is told, in one place. What a setting is for stands beside it where the name does not say it. */
import { type AdapterFactory, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import { SIGNING_ALGS } from '../deliveries/delivery.ts';
import { type ExtraScopes, registrableScopes } from '../extra-scopes.ts';
import type { Clock } from '../ops/clock.ts';
import type { AccountStore, CredentialStore } from '../store/store.ts';
import { LANGUAGES } from '../words/language.ts';
import { acrValues } from './acr-check.ts';
import { claimsByScope } from './claims.ts';
import { createAssertionJudge } from './client-assertion.ts';
import { cookieNames } from './cookies.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { askForIdTokenClaims } from './id-token-claims.ts';
import type { InteractionCookies } from './interaction-cookies.ts';
import { STOCK_COOKIES } from './interaction-gate.ts';
import { type Interaction, pageOf } from './interaction-lookup.ts';
import { createInteractionPolicy } from './interaction-policy.ts';
import type { Keys } from './keys.ts';
import type { RenderError } from './library-shapes.ts';
import { createGrantLoader } from './load-grant.ts';
import { keepOfflineAccess } from './offline-access.ts';
import { requireOpenid } from './openid-scope.ts';
import { refuseProgramScopes } from './programs.ts';
import { refuseOversized } from './request-sizes.ts';
import { subjectOf } from './subject.ts';

/** The settings that matter here (config.ts has them all). */
export interface OidcSettings {
  readonly issuer: string;
  readonly scopes: ExtraScopes;
  readonly idTokenTtlMs: number;
  readonly sessionMaxMs: number;
  readonly sessionsPerAccount: number | undefined;
  readonly privacyUrl: string | undefined;
  readonly secondFactor?: 'offer' | 'require' | 'off';
  readonly registration: 'off' | 'token' | 'open';
}

export interface ConfigurationParts {
  readonly config: OidcSettings;
  readonly store: {
    readonly accounts: Pick<AccountStore, 'find' | 'consent'>;
    readonly credentials: Pick<CredentialStore, 'ofAccount'>;
  };
  readonly registry: Pick<Registry, 'get'>;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly fetch: GuardedFetch;
  readonly renderError: RenderError;
  readonly interactionCookies: Pick<InteractionCookies, 'begin'>;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
/** Life of a refresh token that outlives its session, counted anew at each rotation, never beyond its Grant. */
const OFFLINE_TOKEN = 90 * DAY;
/** The longest of all: a Grant that expires first would take tokens with it that are still good. */
const GRANT = 365 * DAY;

export function providerConfiguration(parts: ConfigurationParts, adapter: AdapterFactory): Configuration {
  const { config, registry, keys } = parts;
  const on = { enabled: true };
  const off = { enabled: false };
  return {
    adapter,
    jwks: { keys: keys.privateKeys(parts.clock.now()).map((key) => ({ ...key })) as never },
    cookies: cookieSettings(parts),
    responseTypes: ['code'],
    scopes: [...registrableScopes(config.scopes)],
    claims: claimsByScope(config.scopes),
    acrValues: [...acrValues(config)],
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) => subjectFor(parts, accountId, client.clientId),
    pkce: { required: (_ctx, client) => isPkceRequired(registry, client.clientId) },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: { idTokenSigningAlgValues: [...SIGNING_ALGS], clientAuthSigningAlgValues: [...SIGNING_ALGS] },
    assertJwtClientAuthClaimsAndHeader: createAssertionJudge(parts.clock),
    allowOmittingSingleRegisteredRedirectUri: false,
    findAccount: (_ctx, id) => findAccount(parts, id),
    loadExistingGrant: createGrantLoader({ ...parts, extraScopes: config.scopes }),
    extraParams: {
      signoff_rules: inOrder(
        refuseOversized,
        requireOpenid,
        refuseProgramScopes,
        keepOfflineAccess(registry),
        askForIdTokenClaims(registry, config.scopes),
      ),
    },
    expiresWithSession: async (_ctx, source) => !source.scopes.has('offline_access'),
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: ({ oidc }) => rotates(registry, oidc.client?.clientId),
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((uri) => originOf(uri) === origin),
    interactions: { policy: createInteractionPolicy(parts), url: (ctx, one) => begin(parts, ctx, one) },
    renderError: parts.renderError,
    fetch: parts.fetch as NonNullable<Configuration['fetch']>,
    discovery: discovery(config),
    ttl: lifetimes(config),
    features: {
      devInteractions: off,
      userinfo: on,
      claimsParameter: on,
      clientCredentials: on,
      pushedAuthorizationRequests: on,
      dPoP: on,
      revocation: { ...on, allowedPolicy: mayRevoke },
      introspection: { ...on, allowedPolicy: mayIntrospect(registry) },
      // On for discovery and client metadata; their addresses are ours (DESIGN §8.1).
      rpInitiatedLogout: on,
      backchannelLogout: on,
      resourceIndicators: off,
    },
  };
}

type Validator = (ctx: KoaContextWithOIDC) => void | Promise<void>;

/** The library asks validators of extra parameters at each authorization and pushed request: its one hook at this place. */
function inOrder(...validators: readonly Validator[]): Validator {
  return async (ctx) => {
    for (const validate of validators) await validate(ctx);
  };
}

function cookieSettings({ config, keys }: ConfigurationParts): NonNullable<Configuration['cookies']> {
  const common = { httpOnly: true, sameSite: 'lax', signed: true } as const;
  const names = { session: cookieNames(config.issuer).session, ...STOCK_COOKIES };
  return { keys: keys.cookieKeys, names, long: { ...common, path: '/' }, short: common };
}

/** Answers the address of its page. */
function begin({ interactionCookies }: ConfigurationParts, { cookies }: KoaContextWithOIDC, one: Interaction): string {
  interactionCookies.begin(cookies, one.uid);
  return pageOf(one);
}

/**
 * Seconds. Sessions: our rows are the truth (DESIGN §8.3). The cookie stays in the browser as long as a session can last:
 * use at an app keeps a session awake that the browser does not visit, and it must not become an orphan.
 */
function lifetimes(config: OidcSettings): NonNullable<Configuration['ttl']> {
  const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));
  return {
    AccessToken: () => 60 * MINUTE,
    AuthorizationCode: () => MINUTE,
    ClientCredentials: () => 10 * MINUTE,
    Grant: () => Math.max(GRANT, seconds(config.sessionMaxMs)),
    IdToken: () => seconds(config.idTokenTtlMs),
    Interaction: () => 60 * MINUTE,
    RefreshToken: (_ctx, token) => (token.expiresWithSession ? seconds(config.sessionMaxMs) : OFFLINE_TOKEN),
    Session: () => seconds(config.sessionMaxMs),
  };
}

function discovery({ privacyUrl, issuer, registration }: OidcSettings): Record<string, unknown> {
  return {
    claim_types_supported: ['normal'],
    prompt_values_supported: ['none', 'login', 'select_account', 'consent'],
    ui_locales_supported: [...LANGUAGES],
    // By our receipt page; the library has no such thing.
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    ...(privacyUrl && { op_policy_uri: privacyUrl }),
    // The address is ours: the same judge as for client files.
    ...(registration !== 'off' && { registration_endpoint: `${issuer}/reg` }),
  };
}

function subjectFor({ registry, keys }: ConfigurationParts, accountId: string, clientId: string): string {
  const client = registry.get(clientId)?.client;
  if (!client) throw new Error('a client that is not registered');
  return subjectOf(client, accountId, keys.pairwiseSalt);
}

/** A public client has nothing else to prove that the code is its own (RFC 9700 §2.1.1). */
function isPkceRequired(registry: Pick<Registry, 'get'>, clientId: string): boolean {
  const client = registry.get(clientId)?.client;
  return client === undefined || client.require_pkce || client.token_endpoint_auth_method === 'none';
}

function rotates(registry: Pick<Registry, 'get'>, clientId = ''): boolean {
  const client = registry.get(clientId)?.client;
  return client === undefined || client.rotate_refresh_tokens || client.token_endpoint_auth_method === 'none';
}

async function findAccount({ store }: ConfigurationParts, id: string) {
  const account = await store.accounts.find(id);
  if (account?.state !== 'active') return undefined;
  const updated_at = Math.floor(account.createdAt / 1000);
  return { accountId: id, claims: async () => ({ updated_at, ...account.claims, sub: id }) };
}

/** RFC 7009 §2.1: a token of somebody else is refused and the caller told; a public client proves nothing by its name. */
const mayRevoke: NonNullable<NonNullable<Configuration['features']>['revocation']>['allowedPolicy'] = async (
  _ctx,
  client,
  token,
) => {
  if (token.clientId === client.clientId) return true;
  if (client.clientAuthMethod === 'none') return false;
  throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
};

/** N6: the token's own app, and those that its file names; an access token only, and not to whoever just says its name. */
function mayIntrospect(registry: Pick<Registry, 'get'>): MayIntrospect {
  return async (_ctx, caller, token) => {
    if (caller.clientId === token.clientId) return true;
    if (caller.clientAuthMethod === 'none' || token.kind !== 'AccessToken') return false;
    return registry.get(token.clientId ?? '')?.client.introspection_for?.includes(caller.clientId) ?? false;
  };
}

type MayIntrospect = NonNullable<NonNullable<NonNullable<Configuration['features']>['introspection']>['allowedPolicy']>;

/** As a browser says it in `Origin`. An app shell has a scheme of its own and a host (`capacitor://localhost`), or none. */
function originOf(uri: string): string | undefined {
  const url = URL.parse(uri);
  if (url?.origin !== 'null') return url?.origin;
  return url.host === '' ? undefined : `${url.protocol}//${url.host}`;
}
