import type { Service } from '../ops/service.ts';
import type { AtHand } from './at-hand.ts';
import type { Delivery, Lease } from './delivery.ts';

/** How the rest of the product sees the engine, be it in this thread or in another one. */
export interface EngineRunner extends Service {
  /** Something was committed: look now. */
  wake(): void;
  /** Who may be leased to without being asked; undefined while all have other work to do, or are not ready. */
  idle(): IdleEngine | undefined;
  /** Clients or keys changed. */
  reload(): void;
  /** Calls `listener` with ids of logouts that moved, after it is durable; answers how to stop listening. */
  onSettled(listener: SettledListener): () => void;
  /** Whether deliveries are being made; false turns readiness red. */
  healthy(): boolean;
}

/** An engine without much to do: the write that makes deliveries may lease them to it, and hand them over when it is durable. */
export interface IdleEngine {
  readonly processId: string;
  readonly leaseMs: number;
  /**
   * What nobody waits for goes to one with `little` only. What is handed over waits behind a slow app's others, whereas a claim
   * passes over an app of which enough is there.
   */
  readonly atHand: Exclude<AtHand, 'much'>;
  /**
   * Deliveries of a write that is not durable yet, and may never be: it may make ready what takes time, and sends nothing.
   * They come again by `take`.
   */
  prepare(deliveries: readonly Delivery[]): void;
  /** Where it is gone by now, whoever comes after it frees what was leased to it. */
  take(lease: Lease): void;
  /** Nobody knows whether the write of this lease was made: it is to look what it holds by it. */
  recover(token: string): void;
}

export type SettledListener = (logoutIds: readonly string[]) => void;

/** Who an engine is, and for whom it stands in. */
export interface EngineLife {
  /** Unlike every other's; what it claims is leased to this. */
  readonly processId: string;
  /** Engines that are gone for sure: whoever keeps this one saw them end. */
  readonly predecessors: readonly string[];
}
