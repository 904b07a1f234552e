/** The library's storage over our store: which model is kept how. */
import type { Adapter, AdapterFactory } from 'oidc-provider';
import { AppError } from '../errors.ts';
import { type ArtifactAdapterParts, createArtifactAdapter } from './artifact-adapter.ts';
import { createClientAdapter } from './client-adapter.ts';
import { createInteractionAdapter, type InteractionAdapterParts } from './interaction-adapter.ts';
import { createSessionAdapter, type SessionAdapterParts } from './session-adapter.ts';

type AdapterParts = SessionAdapterParts & ArtifactAdapterParts & InteractionAdapterParts;

export function createAdapterFactory(parts: AdapterParts): AdapterFactory {
  return (model) => withStatus(adapterOf(model, parts));
}

function adapterOf(model: string, parts: AdapterParts): Adapter {
  if (model === 'Session') return createSessionAdapter(parts);
  if (model === 'Client') return createClientAdapter(parts.registry);
  if (model === 'Interaction') return createInteractionAdapter(parts);
  return createArtifactAdapter(model, parts);
}

/** The library answers an unknown error with 500; a store out of reach is a 503, and it reads `statusCode`. */
function withStatus(adapter: Adapter): Adapter {
  const guarded = Object.entries(adapter).map(([name, method]) => [
    name,
    async (...args: never[]) => {
      try {
        return await method(...args);
      } catch (error) {
        if (error instanceof AppError) Object.assign(error, { statusCode: error.status });
        throw error;
      }
    },
  ]);
  return Object.fromEntries(guarded) as Adapter;
}
