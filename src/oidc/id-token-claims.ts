import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import type { ExtraScopes } from '../extra-scopes.ts';
import { claimsByScope } from './claims.ts';

/**
 * For apps that read nothing but the ID token (`id_token_claims: true`): puts the claims of the request's scopes into it, as
 * if the app had asked for them by the `claims` parameter (Core §5.5). Otherwise they are at userinfo only (§5.4). Runs as
 * the validator of an extra parameter, after the library's own look at `claims`.
 */
export function askForIdTokenClaims(
  registry: Pick<Registry, 'get'>,
  extra: ExtraScopes,
): (ctx: KoaContextWithOIDC) => void {
  const { openid: _always, ...byScope } = claimsByScope(extra);
  return ({ oidc: { params, client, route, requestParamOIDCScopes: scopes } }) => {
    // A pushed request comes by here once more when it is used.
    if (route !== 'authorization') return;
    if (!params || !registry.get(client?.clientId ?? '')?.client.id_token_claims) return;
    const ofScopes = [...scopes].flatMap((scope) => byScope[scope] ?? []);
    if (ofScopes.length === 0) return;
    const asked = JSON.parse(String(params['claims'] ?? '{}')) as { readonly id_token?: object };
    const idToken = { ...Object.fromEntries(ofScopes.map((claim) => [claim, null])), ...asked.id_token };
    params['claims'] = JSON.stringify({ ...asked, id_token: idToken });
  };
}
