/** What an app may have in a session: one Grant per session and client, built from this request and our consent table. */
import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import type { ExtraScopes } from '../extra-scopes.ts';
import type { AccountStore } from '../store/store.ts';
import { scopesOfClaims } from './claims.ts';
import { isFirstParty } from './interaction-policy.ts';

interface GrantParts {
  readonly store: { readonly accounts: Pick<AccountStore, 'consent'> };
  readonly registry: Pick<Registry, 'get'>;
  readonly extraScopes: ExtraScopes;
}

/** The library's `loadExistingGrant`. Undefined: nothing is allowed yet, so that an abandoned visit leaves no row. */
export type LoadGrant = (ctx: KoaContextWithOIDC) => Promise<Grant | undefined>;

/**
 * The Grant of a session and client keeps its id, since every token of the session hangs on it; it only gains what this
 * request may have. Consent outlives the session, in our own table (stock keeps it in the session: a page at each sign-in).
 */
export function createGrantLoader(parts: GrantParts): LoadGrant {
  return async (ctx) => {
    const { client, account } = ctx.oidc;
    if (!client || !account || ctx.oidc.promptPending('login')) return undefined;
    const { scopes, claims } = await allowed(ctx, parts);
    if (scopes.length === 0) return undefined;
    const known = await knownGrant(ctx, account.accountId, client.clientId);
    const grant = known ?? new ctx.oidc.provider.Grant({ accountId: account.accountId, clientId: client.clientId });
    if (known && covers(known, scopes, claims)) return known;
    grant.addOIDCScope(scopes);
    if (claims.length > 0) grant.addOIDCClaims(claims);
    await grant.save();
    return grant;
  };
}

interface Allowed {
  readonly scopes: string[];
  readonly claims: string[];
}

/** Of what this request asks for: all of it for an app of ours, else what the person agreed to, now or before. */
async function allowed(ctx: KoaContextWithOIDC, { store, registry, extraScopes }: GrantParts): Promise<Allowed> {
  const scopes = [...ctx.oidc.requestParamOIDCScopes];
  const claims = [...ctx.oidc.requestParamClaims];
  if (isFirstParty(ctx, registry)) return { scopes, claims };
  const { accountId } = ctx.oidc.session ?? {};
  const agreed = new Set(await store.accounts.consent(accountId ?? '', ctx.oidc.client?.clientId ?? ''));
  return {
    scopes: scopes.filter((scope) => agreed.has(scope)),
    claims: claims.filter((claim) => isCarried(claim, agreed, extraScopes)),
  };
}

function isCarried(claim: string, agreed: ReadonlySet<string>, extraScopes: ExtraScopes): boolean {
  const carriers = scopesOfClaims([claim], extraScopes);
  return [...carriers].some((scope) => agreed.has(scope));
}

async function knownGrant(ctx: KoaContextWithOIDC, accountId: string, clientId: string): Promise<Grant | undefined> {
  const grantId = ctx.oidc.session?.grantIdFor(clientId);
  const grant = grantId === undefined ? undefined : await ctx.oidc.provider.Grant.find(grantId);
  return grant?.accountId === accountId ? grant : undefined;
}

function covers(grant: Grant, scopes: readonly string[], claims: readonly string[]): boolean {
  const granted = new Set(grant.getOIDCScope().split(' '));
  const grantedClaims = new Set(grant.getOIDCClaims());
  return scopes.every((scope) => granted.has(scope)) && claims.every((claim) => grantedClaims.has(claim));
}
