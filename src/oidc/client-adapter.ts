import type { Adapter, AdapterPayload } from 'oidc-provider';
import { toProviderMetadata } from '../clients/provider-metadata.ts';
import type { RegisteredClient, Registry } from '../clients/registry.ts';

/** The library asks for a client at every request; it gets the registry's, and only where people may sign in to it. */
export function createClientAdapter(registry: Pick<Registry, 'get'>): Adapter {
  return {
    find: async (clientId) => {
      const entry = registry.get(clientId);
      return entry?.state === 'active' ? metadataOf(entry) : undefined;
    },
    upsert: unused,
    destroy: unused,
    consume: unused,
    findByUid: unused,
    findByUserCode: unused,
    revokeByGrantId: unused,
  };
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
