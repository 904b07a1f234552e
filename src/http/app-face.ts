import type { AppFace } from './page-models.ts';

/** The parts of a client record that people see. */
export interface ClientFaceFields {
  readonly client_id: string;
  readonly client_name?: string | undefined;
  readonly client_uri?: string | undefined;
  readonly logo_uri?: string | undefined;
  readonly policy_uri?: string | undefined;
  readonly tos_uri?: string | undefined;
  readonly redirect_uris?: readonly string[] | undefined;
}

/**
 * How a client is shown. Its logo only when it lies on the client's own https origin (that of its home page or of a
 * redirect address): a picture from elsewhere would tell a third party who signs in where, and could be anybody's brand
 * (OpenID Connect Registration §9.1).
 */
export function appFace(client: ClientFaceFields): AppFace {
  const logoUri = ownLogo(client);
  return {
    name: client.client_name || client.client_id,
    ...(logoUri && { logoUri }),
    ...(client.client_uri && { uri: client.client_uri }),
    ...(client.policy_uri && { policyUri: client.policy_uri }),
    ...(client.tos_uri && { tosUri: client.tos_uri }),
  };
}

function ownLogo(client: ClientFaceFields): string | undefined {
  const logo = httpsOrigin(client.logo_uri);
  if (logo === undefined) return undefined;
  const own = [client.client_uri, ...(client.redirect_uris ?? [])].map(httpsOrigin);
  return own.includes(logo) ? client.logo_uri : undefined;
}

/** The origin of an https address without user info; undefined for anything else. */
export function httpsOrigin(address: string | undefined): string | undefined {
  if (!address || !URL.canParse(address)) return undefined;
  const { protocol, origin, username, password } = new URL(address);
  return protocol === 'https:' && !username && !password ? origin : undefined;
}
