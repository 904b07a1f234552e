import { setTimeout as pause } from 'node:timers/promises';
import type { Lease } from './delivery.ts';

/** At once, and when a transaction that hung has been given up by its store (MongoDB: after 60 s). */
const AFTER_MS = [0, 90_000] as const;

/**
 * Finds what was leased by a write of which nobody knows whether it was made. Without this it would wait as long as the
 * engine lives that it was leased to: an engine's own leases are spared by every rescue.
 */
export function createRecovery(parts: {
  /** What is leased by this token; undefined when the engine stops. */
  readonly look: (token: string) => Promise<Lease | undefined>;
  readonly hold: (lease: Lease) => void;
  readonly afterMs?: readonly number[];
}): (token: string) => Promise<void> {
  return async (token) => {
    const held = new Set<string>();
    for (const waitMs of parts.afterMs ?? AFTER_MS) {
      await pause(waitMs, undefined, { ref: false });
      const lease = await parts.look(token);
      if (!lease) return;
      const deliveries = lease.deliveries.filter(({ id }) => !held.has(id));
      for (const { id } of deliveries) held.add(id);
      parts.hold({ token, deliveries });
    }
  };
}
