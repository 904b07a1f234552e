import type { Adapter, AdapterPayload } from 'oidc-provider';
import { toProviderMetadata } from '../clients/provider-metadata.ts';
import type { RegisteredClient, Registry } from '../clients/registry.ts';
import { currentRequest } from './request-facts.ts';

/**
 * The library asks for a client at every request; it gets the registry's. A suspended one (its file is gone, which may be
 * a folder that is not mounted) goes on with who is signed in there, and gets nobody new.
 */
export function createClientAdapter(registry: Pick<Registry, 'get'>): Adapter {
  return {
    find: async (clientId) => {
      const entry = registry.get(clientId);
      return entry && mayUse(entry) ? metadataOf(entry) : undefined;
    },
    upsert: unused,
    destroy: unused,
    consume: unused,
    findByUid: unused,
    findByUserCode: unused,
    revokeByGrantId: unused,
  };
}

/** Routes of a sign-in that is not over. */
const SIGN_IN: ReadonlySet<string> = new Set(['authorization', 'resume', 'pushed_authorization_request']);

function mayUse({ state }: RegisteredClient): boolean {
  if (state !== 'suspended') return state === 'active';
  const route = currentRequest()?.oidc?.route;
  return route !== undefined && !SIGN_IN.has(route);
}

async function unused(): Promise<undefined> {
  throw new Error('clients are registered by file');
}

const known = new WeakMap<RegisteredClient['client'], AdapterPayload>();

function metadataOf({ client }: RegisteredClient): AdapterPayload {
  const metadata = known.get(client) ?? (toProviderMetadata(client) as AdapterPayload);
  known.set(client, metadata);
  return metadata;
}
