import type { Adapter, AdapterPayload } from 'oidc-provider';
import { type ArtifactAdapterParts, createArtifactAdapter, toArtifactWrite } from './artifact-adapter.ts';
import type { DeviceCookie } from './device-cookie.ts';
import { putOff } from './late-writes.ts';
import { payloadOf } from './library-shapes.ts';
import type { PendingSignIn } from './pending-sign-in.ts';
import { currentRequest, factsOf } from './request-facts.ts';

/** What we keep with an interaction besides the library's fields (`seams.ts` lets them through). */
export interface InteractionMarks {
  /** Of the browser that began it. */
  deviceKey?: string | undefined;
  /** The password was right; the second step is still to come. */
  pending?: PendingSignIn | undefined;
  /** It led on; kept for a moment, without its answer. */
  answered?: boolean;
}

/** Seconds an answered interaction is kept, for the second click of a double click: it asks anew, for a fresh code. */
const ANSWERED_KEPT = 2 * 60;

export interface InteractionAdapterParts extends ArtifactAdapterParts {
  readonly device: Pick<DeviceCookie, 'ensure'>;
}

export function createInteractionAdapter(parts: InteractionAdapterParts): Adapter {
  const rows = createArtifactAdapter('Interaction', parts);

  /** A new one is of the browser that is being answered. */
  function withDevice(payload: AdapterPayload & InteractionMarks): AdapterPayload & InteractionMarks {
    const jar = currentRequest()?.cookies;
    return jar && payload.deviceKey === undefined ? { ...payload, deviceKey: parts.device.ensure(jar) } : payload;
  }

  return {
    ...rows,
    find: async (id) => justRead(id) ?? (await rows.find(id)),
    upsert: (id, payload, expiresIn) => rows.upsert(id, withDevice(payload), expiresIn),
    /**
     * What the library does when it takes the answer. Without its result the row opens nothing: after a sign-off, whoever
     * comes back to this address signs in anew.
     */
    async destroy(id) {
      const payload = foundBefore(id) ?? (await rows.find(id));
      if (!payload) return;
      const { result: _result, pending: _pending, ...rest } = payload as AdapterPayload & InteractionMarks;
      const write = toArtifactWrite(
        'Interaction',
        id,
        { ...rest, answered: true } as AdapterPayload,
        ANSWERED_KEPT,
        parts,
      );
      if (!putOff(write)) await parts.store.provider.save(write);
    },
  };
}

/** Once: who looks again wants to know what it has become. */
function justRead(id: string): AdapterPayload | undefined {
  const ctx = currentRequest();
  const payload = ctx && payloadIfIt(factsOf(ctx).interaction, id);
  if (ctx && payload) factsOf(ctx).interaction = undefined;
  return payload;
}

/** The library has read it in this request, and hands over no more of it than the id. */
function foundBefore(id: string): AdapterPayload | undefined {
  return payloadIfIt(currentRequest()?.oidc.entities.Interaction, id);
}

function payloadIfIt(interaction: object | undefined, id: string): AdapterPayload | undefined {
  const payload = interaction && payloadOf(interaction);
  return payload?.jti === id ? payload : undefined;
}
