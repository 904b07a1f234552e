/** What an app asks for, in scopes: the words that a consent page has. */
import { type ExtraScopes, scopeNames } from '../extra-scopes.ts';
import { scopesOfClaims } from './claims.ts';
import type { Interaction } from './interaction-lookup.ts';

/** Everything the request asks for, single claims by the scopes that carry them. */
export function allAsked({ params }: Interaction, extra: ExtraScopes): readonly string[] {
  const known = new Set(scopeNames(extra));
  const scopes = String(params['scope'] ?? '').split(' ');
  const carriers = scopesOfClaims(requestedClaims(params['claims']), extra);
  return [...new Set([...scopes.filter((scope) => known.has(scope)), ...carriers])];
}

/** What was not allowed yet; all of it when the app wants the question (`prompt=consent`). */
export function newlyAsked(interaction: Interaction, extra: ExtraScopes): readonly string[] {
  const { reasons, details } = interaction.prompt;
  if (reasons.includes('consent_prompt') || reasons.includes('native_client_prompt')) {
    return allAsked(interaction, extra);
  }
  const missing = details as { readonly missingOIDCScope?: string[]; readonly missingOIDCClaims?: string[] };
  const carriers = scopesOfClaims(missing.missingOIDCClaims ?? [], extra);
  return [...new Set([...(missing.missingOIDCScope ?? []), ...carriers])];
}

/** The library has checked that it is JSON of the right shape (Core §5.5). */
function requestedClaims(claims: unknown): string[] {
  if (typeof claims !== 'string') return [];
  const { userinfo, id_token: idToken } = JSON.parse(claims) as {
    readonly userinfo?: object;
    readonly id_token?: object;
  };
  return [...Object.keys(userinfo ?? {}), ...Object.keys(idToken ?? {})];
}
