import type { Service } from '../ops/service.ts';

/** How the rest of the product sees the engine, be it in this thread or in another one. */
export interface EngineRunner extends Service {
  /** Something was committed: look now. */
  wake(): void;
  /** Clients or keys changed. */
  reload(): void;
  /** Calls `listener` with ids of logouts that moved, after it is durable; answers how to stop listening. */
  onSettled(listener: SettledListener): () => void;
  /** Whether deliveries are being made; false turns readiness red. */
  healthy(): boolean;
}

export type SettledListener = (logoutIds: readonly string[]) => void;

/** Who an engine is, and for whom it stands in. */
export interface EngineLife {
  /** Unlike every other's; what it claims is leased to this. */
  readonly processId: string;
  /** Engines that are gone for sure: whoever keeps this one saw them end. */
  readonly predecessors: readonly string[];
}
