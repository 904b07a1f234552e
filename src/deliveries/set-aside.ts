import type { Log } from '../ops/log.ts';
import type { Settlement } from './delivery.ts';

/** A result with the lease it is written under. */
export interface Entry {
  readonly leaseToken: string;
  readonly settlement: Settlement;
}

/**
 * Results that the store refuses although it can be reached: a fault of ours, or a row that somebody damaged. They must
 * not keep the others from being written (one did so for ever); they are tried again now and then, and make readiness red.
 */
export interface SetAside {
  /** Says so in the log, once for each delivery. */
  add(entry: Entry, error: unknown): void;
  /** All of them, to be tried once more. */
  all(): readonly Entry[];
  /** It has been written, or is somebody else's now. */
  forget(deliveryId: string): void;
  /** A delivery was claimed again: its result is known already, and is from now on written under this lease. */
  adopt(deliveryId: string, leaseToken: string): boolean;
  /** One has been refused for more than a minute. */
  isStuck(): boolean;
}

/** Beyond it the oldest is let go: its app is told once more. */
const MOST = 1_000;
const STUCK_MS = 60_000;

/** `elapsed` is the monotonic clock, in ms. */
export function createSetAside({ log, elapsed }: { readonly log: Log; readonly elapsed: () => number }): SetAside {
  const aside = new Map<string, Entry & { readonly since: number }>();

  function add(entry: Entry, error: unknown): void {
    const { deliveryId } = entry.settlement;
    if (aside.has(deliveryId)) return;
    log.error('delivery.not_settled', { delivery_id: deliveryId, kind: entry.settlement.kind, error });
    aside.set(deliveryId, { ...entry, since: elapsed() });
    const [oldest] = aside.keys();
    if (aside.size > MOST && oldest !== undefined) aside.delete(oldest);
  }

  return {
    add,
    all: () => [...aside.values()],
    forget: (deliveryId) => void aside.delete(deliveryId),
    adopt(deliveryId, leaseToken) {
      const known = aside.get(deliveryId);
      if (known) aside.set(deliveryId, { ...known, leaseToken });
      return known !== undefined;
    },
    isStuck: () => [...aside.values()].some(({ since }) => elapsed() - since > STUCK_MS),
  };
}
