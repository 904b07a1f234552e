import type { ExtraScopes } from '../extra-scopes.ts';
import type { Words } from '../words/words.ts';
import type { Permission } from './page-models.ts';

/** A permission as the consent page says it. */
export interface PermissionWords {
  readonly words: string;
  readonly detail?: string;
}

/** One row per scope that an app asks for. `openid` is missing on purpose: it is signing in itself. */
export function permissionsOf(scopes: readonly string[], extra: ExtraScopes = {}): Permission[] {
  const asked = [...new Set(scopes)].filter((scope) => scope !== 'openid' && scope !== '');
  return asked.map((scope) => ({ scope, ...(Object.hasOwn(extra, scope) && { claims: extra[scope] ?? [] }) }));
}

/** A permission in plain words; a scope that nobody explained shows its own name. */
export function permissionWords({ scope, claims }: Permission, { say, list }: Words): PermissionWords {
  switch (scope) {
    case 'profile':
      return { words: say('scope.profile'), detail: say('scope.profile-detail') };
    case 'offline_access':
      return { words: say('scope.offline_access'), detail: say('scope.offline_access-detail') };
    case 'email':
    case 'address':
    case 'phone':
      return { words: say(`scope.${scope}`) };
    default:
      return claims === undefined
        ? { words: say('scope.unknown', { scope }) }
        : { words: say('scope.claims', { claims: list(claims.map((claim) => claim.replaceAll('_', ' '))) }) };
  }
}
