import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import { isFirstParty } from './interaction-policy.ts';

/**
 * Gives a first-party app the `offline_access` it asked for. The library drops that scope unless `prompt=consent` comes
 * with it (Core §11), but an app of ours has no consent page to ask for: its `scope` says it all (DESIGN §12). Runs as the
 * validator of an extra parameter, the first hook after the library's own look at the scope.
 */
export function keepOfflineAccess(registry: Pick<Registry, 'get'>): (ctx: KoaContextWithOIDC) => Promise<void> {
  return async (ctx) => {
    const { params, client } = ctx.oidc;
    if (!params || !client?.grantTypeAllowed('refresh_token') || !isFirstParty(ctx, registry)) return;
    // The library has compared with the app's own list when the scope was gone already.
    if (client.scope !== undefined && !scopesOf(client.scope).includes('offline_access')) return;
    if (!askedFor(ctx).includes('offline_access') || scopesOf(params['scope']).includes('offline_access')) return;
    params['scope'] = [...scopesOf(params['scope']), 'offline_access'].join(' ');
  };
}

/** The scope as it was sent: in the address, in the body of a pushed request, or in the request that was pushed before. */
function askedFor(ctx: KoaContextWithOIDC): string[] {
  const pushed = ctx.oidc.entities.PushedAuthorizationRequest?.request;
  if (typeof pushed === 'string') return scopesOf(decodeJwt(pushed)['scope']);
  return scopesOf(ctx.oidc.body?.['scope'] ?? ctx.query['scope']);
}

function scopesOf(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ').filter((one) => one !== '') : [];
}
