import type Provider from 'oidc-provider';
import type { Client } from '../clients/client-file.ts';
import { fileNameOf } from '../clients/client-file-name.ts';
import { toProviderMetadata } from '../clients/provider-metadata.ts';
import type { Registry } from '../clients/registry.ts';
import type { Log } from '../ops/log.ts';

/**
 * Runs the library's own check on every app that may sign people in, and logs `client.rejected` for each it would refuse:
 * it looks at a client when somebody first signs in there, which is late to learn of a mistake. An app that was found good
 * is not looked at again until its record changes.
 */
export type CheckClients = (provider: Provider) => Promise<void>;

export function createCheckClients(parts: { registry: Pick<Registry, 'all'>; log: Log }): CheckClients {
  const { registry, log } = parts;
  const good = new WeakSet<Client>();
  return async (provider) => {
    const active = registry.all().filter((one) => one.state === 'active' && !good.has(one.client));
    for (const { client } of active) {
      const problem = await problemOf(provider, client);
      if (problem === undefined) good.add(client);
      else log.warn('client.rejected', factsOf(client, problem));
      // Thousands of apps are checked while people sign in.
      await new Promise(setImmediate);
    }
  };
}

/** A file is named after its client; which line the library means it does not say. */
function factsOf({ client_id }: Client, message: string): Record<string, unknown> {
  return { file: fileNameOf(client_id), client_id, message };
}

/** As a sentence; undefined when the library takes the client. Fetches its `sector_identifier_uri`, where it has one. */
async function problemOf({ Client }: Provider, client: Client): Promise<string | undefined> {
  try {
    await Client.validate(toProviderMetadata(client) as never);
    return undefined;
  } catch (error) {
    const { error_description: description, message } = error as Error & { readonly error_description?: string };
    return description ?? message;
  }
}
