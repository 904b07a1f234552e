/** Programs that call `/api/v1`: clients that get tokens in their own name (RFC 6749 §4.4), never in a person's. */
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import { PROGRAM_SCOPES } from '../extra-scopes.ts';

/** Who calls, and what it may do: what its token says and its registration still does. */
export interface Program {
  readonly clientId: string;
  readonly scopes: readonly string[];
}

type Clients = Pick<Registry, 'get'>;

/** Undefined for what is no such token, or not any more, and for one that is bound to a key. */
export async function findProgram(provider: Provider, registry: Clients, token: string): Promise<Program | undefined> {
  const found = await provider.ClientCredentials.find(token);
  if (!found?.clientId || found.isSenderConstrained()) return undefined;
  const listed = listedScopes(registry, found.clientId);
  return { clientId: found.clientId, scopes: (found.scope ?? '').split(' ').filter((scope) => listed.includes(scope)) };
}

/** A client without a list may sign people in for everything; that is not meant for what operators do. */
function listedScopes(registry: Clients, clientId: string): readonly string[] {
  const entry = registry.get(clientId);
  if (entry?.state !== 'active') return [];
  const scopes = (entry.client.scope ?? '').split(' ');
  return PROGRAM_SCOPES.filter((scope) => scopes.includes(scope));
}

/** Throws `invalid_scope` for a token whose client does not list each of its scopes. Asked before it is kept. */
export function assertListed(registry: Clients, clientId: string | undefined, scope: unknown): void {
  const listed = listedScopes(registry, clientId ?? '');
  const beyond = String(scope ?? '')
    .split(' ')
    .find((one) => isProgramScope(one) && !listed.includes(one));
  if (beyond !== undefined) throw new errors.InvalidScope('requested scope is not allowed', beyond);
}

/** Nobody signs in for what programs do. Runs as the validator of an extra parameter. */
export function refuseProgramScopes({ oidc }: KoaContextWithOIDC): void {
  const scope = [...oidc.requestParamScopes].find(isProgramScope);
  if (scope !== undefined) throw new errors.InvalidScope('this scope is for client credentials', scope);
}

function isProgramScope(scope: string): boolean {
  return PROGRAM_SCOPES.some((one) => one === scope);
}
