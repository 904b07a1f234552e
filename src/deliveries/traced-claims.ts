import { isTracing, traceDone } from '../ops/traces.ts';
import type { DeliveryStore } from '../store/store.ts';

/** The same store; each claim is a span in the trace of every logout that it took something of. */
export function tracedClaims<Store extends Pick<DeliveryStore, 'claim'>>(store: Store): Store {
  return {
    ...store,
    async claim(request: Parameters<DeliveryStore['claim']>[0]) {
      const startedAt = Date.now();
      const begun = performance.now();
      const claim = await store.claim(request);
      if (!isTracing()) return claim;
      const ms = performance.now() - begun;
      const taken = new Map<string, number>();
      for (const { logoutId } of claim.deliveries) taken.set(logoutId, (taken.get(logoutId) ?? 0) + 1);
      for (const [logoutId, count] of taken) {
        traceDone({ name: 'delivery.claim', logoutId, startedAt, ms, attributes: { 'signoff.deliveries': count } });
      }
      return claim;
    },
  };
}
