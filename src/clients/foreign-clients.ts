/**
 * Apps as other programs write them down: registration metadata (RFC 7591), a Keycloak realm export, Hydra's JSON. What comes
 * out is metadata under its standard names, for the rules of client files to judge.
 */

/** One app of an export. */
export interface ForeignClient {
  /** What a client file would say. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Members that mean something there and nothing here. */
  readonly leftOut: readonly string[];
}

/** Apps that sign people in; the exporting program's own are left out. Undefined: it is no export that is known here. */
export function readForeignClients(exported: unknown): readonly ForeignClient[] | undefined {
  if (isRecord(exported) && Array.isArray(exported['clients']))
    return records(exported['clients']).flatMap(fromKeycloak);
  const listed = isRecord(exported) && Array.isArray(exported['items']) ? exported['items'] : exported;
  const all = records(Array.isArray(listed) ? listed : [listed]);
  if (all.length > 0 && all.every((one) => 'clientId' in one)) return all.flatMap(fromKeycloak);
  if (all.length === 0 || !all.every((one) => 'client_id' in one || 'redirect_uris' in one)) return undefined;
  return all.map((one) => (HYDRAS.some((name) => name in one) ? fromHydra(one) : { document: one, leftOut: [] }));
}

type Json = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function records(values: readonly unknown[]): readonly Json[] {
  return values.filter(isRecord);
}

// ---------------------------------------------------------------- Hydra

/** Only Hydra has these. */
const HYDRAS = [
  'authorization_code_grant_access_token_lifespan',
  'skip_consent',
  'owner',
  'registration_client_uri',
  'created_at',
];
const FROM_HYDRA = [
  'client_id',
  'client_name',
  'client_secret',
  'redirect_uris',
  'post_logout_redirect_uris',
  'scope',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
  'subject_type',
  'sector_identifier_uri',
  'jwks',
  'jwks_uri',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
] as const;

function fromHydra(given: Json): ForeignClient {
  const document = Object.fromEntries(FROM_HYDRA.flatMap((name) => (isSaid(given[name]) ? [[name, given[name]]] : [])));
  const grants = strings(given['grant_types']).filter((one) => one === 'authorization_code' || one === 'refresh_token');
  // Hydra's word for an app of one's own.
  const party = given['skip_consent'] === true ? { party: 'first' } : {};
  const taken = new Set<string>([...FROM_HYDRA, 'grant_types', 'response_types', 'skip_consent']);
  return {
    document: { ...document, ...(grants.length > 0 && { grant_types: grants }), ...party },
    leftOut: Object.keys(given).filter((name) => !taken.has(name) && isSaid(given[name])),
  };
}

// ---------------------------------------------------------------- Keycloak

/** Made in every realm, for Keycloak itself. */
const KEYCLOAKS_OWN = new Set([
  'account',
  'account-console',
  'admin-cli',
  'broker',
  'realm-management',
  'security-admin-console',
]);
const FROM_KEYCLOAK = new Set([
  'clientId',
  'name',
  'secret',
  'redirectUris',
  'publicClient',
  'attributes',
  'rootUrl',
  'baseUrl',
  'clientAuthenticatorType',
]);
/** What every export says of every client, and what is of no use here. */
const KEYCLOAKS_USUAL = new Set([
  'id',
  'enabled',
  'protocol',
  'standardFlowEnabled',
  'implicitFlowEnabled',
  'directAccessGrantsEnabled',
  'bearerOnly',
  'consentRequired',
  'serviceAccountsEnabled',
  'frontchannelLogout',
  'alwaysDisplayInConsole',
  'surrogateAuthRequired',
  'notBefore',
  'fullScopeAllowed',
  'nodeReRegistrationTimeout',
  'defaultClientScopes',
  'optionalClientScopes',
  'webOrigins',
  'authenticationFlowBindingOverrides',
  'access',
  'adminUrl',
  'description',
]);

function fromKeycloak(given: Json): readonly ForeignClient[] {
  const clientId = given['clientId'];
  const signsIn = given['standardFlowEnabled'] !== false && given['bearerOnly'] !== true && given['enabled'] !== false;
  if (typeof clientId !== 'string' || KEYCLOAKS_OWN.has(clientId) || !signsIn) return [];
  if (given['protocol'] !== undefined && given['protocol'] !== 'openid-connect') return [];
  const attributes = isRecord(given['attributes']) ? given['attributes'] : {};
  const redirects = strings(given['redirectUris']).map((uri) => absolute(uri, given['rootUrl']));
  const logoutUri = attributes['backchannel.logout.url'];
  const document = {
    client_id: clientId,
    ...(isSaid(given['name']) && !String(given['name']).startsWith('${') && { client_name: given['name'] }),
    redirect_uris: redirects,
    post_logout_redirect_uris: afterLogout(attributes['post.logout.redirect.uris'], redirects, given['rootUrl']),
    ...(isSaid(logoutUri) && { backchannel_logout_uri: logoutUri }),
    ...(attributes['backchannel.logout.session.required'] === 'true' && { backchannel_logout_session_required: true }),
    ...(isSaid(attributes['id.token.signed.response.alg']) && {
      id_token_signed_response_alg: attributes['id.token.signed.response.alg'],
    }),
    ...authentication(given),
    grant_types: ['authorization_code', 'refresh_token'],
    // Keycloak asks for consent only where that is said.
    party: given['consentRequired'] === true ? 'third' : 'first',
  };
  const leftOut = Object.keys(given).filter(
    (name) => !FROM_KEYCLOAK.has(name) && !KEYCLOAKS_USUAL.has(name) && isSaid(given[name]),
  );
  return [{ document, leftOut }];
}

function authentication(given: Json): Json {
  if (given['publicClient'] === true) return { token_endpoint_auth_method: 'none' };
  // An export that is made without secrets has stars.
  const secret = given['secret'];
  return isSaid(secret) && !/^\*+$/.test(String(secret)) ? { client_secret: secret } : {};
}

/** `+` means the redirect addresses, `##` stands between several. */
function afterLogout(said: unknown, redirects: readonly string[], root: unknown): readonly string[] {
  if (typeof said !== 'string' || said === '' || said === '-') return [];
  return said.split('##').flatMap((one) => (one === '+' ? redirects : [absolute(one, root)]));
}

function absolute(uri: string, root: unknown): string {
  return uri.startsWith('/') && typeof root === 'string' && root !== '' ? `${root.replace(/\/$/, '')}${uri}` : uri;
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function isSaid(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isRecord(value) || Object.keys(value).length > 0;
}
