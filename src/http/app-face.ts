import { appName, type ClientFaceFields, inLanguage } from '../clients/app-name.ts';
import type { Language } from '../words/language.ts';
import type { AppFace } from './page-models.ts';

/**
 * How a client is shown. Its logo only when it lies on the client's own https origin (that of its home page or of a
 * redirect address): a picture from elsewhere would tell a third party who signs in where, and could be anybody's brand
 * (OpenID Connect Registration §9.1).
 */
export function appFace(client: ClientFaceFields, language: Language): AppFace {
  const logoUri = ownLogo(client, language);
  const uri = inLanguage(client, 'client_uri', language);
  const policyUri = inLanguage(client, 'policy_uri', language);
  const tosUri = inLanguage(client, 'tos_uri', language);
  return {
    name: appName(client, language),
    ...(logoUri && { logoUri }),
    ...(uri && { uri }),
    ...(policyUri && { policyUri }),
    ...(tosUri && { tosUri }),
  };
}

function ownLogo(client: ClientFaceFields, language: Language): string | undefined {
  const address = inLanguage(client, 'logo_uri', language);
  const logo = httpsOrigin(address);
  if (logo === undefined) return undefined;
  const own = [client.client_uri, ...(client.redirect_uris ?? [])].map(httpsOrigin);
  return own.includes(logo) ? address : undefined;
}

/** The origin of an https address without user info; undefined for anything else. */
export function httpsOrigin(address: string | undefined): string | undefined {
  if (!address || !URL.canParse(address)) return undefined;
  const { protocol, origin, username, password } = new URL(address);
  return protocol === 'https:' && !username && !password ? origin : undefined;
}
