/**
 * Parameters of a request that came by a cross-site POST, so without our `SameSite=Lax` cookie. They wait here, sealed,
 * while the browser comes back by a same-site GET with a one-time id: no token in an address bar, no header limit.
 */
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import type { ProviderStore } from '../store/store.ts';

export interface ParkedRequests {
  /** Keeps parameters (in order, repetitions included) for five minutes; answers the id, 256 bits. */
  park(params: URLSearchParams): Promise<string>;
  /** Hands them out once; undefined when unknown, used or too old. */
  take(id: string): Promise<URLSearchParams | undefined>;
}

const MODEL = 'ParkedRequest';
const KEPT_MS = 5 * 60 * 1000;

export function createParkedRequests(parts: {
  store: { readonly provider: Pick<ProviderStore, 'save' | 'find' | 'consume' | 'destroy'> };
  box: CryptoBox;
  clock: Clock;
}): ParkedRequests {
  const { box, clock } = parts;
  const { provider } = parts.store;
  return {
    async park(params) {
      const id = randomId(32);
      const now = clock.now();
      await provider.save({
        model: MODEL,
        idHash: sha256(id),
        sealedPayload: box.seal(params.toString()),
        grantId: undefined,
        sessionUid: undefined,
        accountId: undefined,
        clientId: undefined,
        bound: false,
        generation: undefined,
        createdAt: now,
        expiresAt: now + KEPT_MS,
      });
      return id;
    },
    async take(id) {
      const idHash = sha256(id);
      const parked = await provider.find(MODEL, idHash, clock.now());
      if (!parked || !(await provider.consume(MODEL, idHash, clock.now()))) return undefined;
      await provider.destroy(MODEL, idHash);
      return new URLSearchParams(box.open(parked.sealedPayload));
    },
  };
}
