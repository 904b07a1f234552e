/** What an engine is made of. */
import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import type { DeliveryStore, Store } from '../store/store.ts';
import type { ClientSource } from './client-source.ts';
import type { OnAttempt } from './deliver.ts';
import type { EngineLife } from './engine-runner.ts';
import type { RetryRules } from './retry-schedule.ts';
import type { Signer } from './signer.ts';
import type { Transport } from './transport.ts';

export type EngineStore = Pick<
  DeliveryStore,
  | 'claim'
  | 'claimOverdue'
  | 'settle'
  | 'nextDueAt'
  | 'bringForward'
  | 'hasten'
  | 'beat'
  | 'farewell'
  | 'rescue'
  | 'watch'
>;

export interface EngineParts {
  readonly store: EngineStore;
  readonly writers: Store['writers'];
  readonly clients: ClientSource;
  readonly signer: Signer;
  /** Closed by `stop`. */
  readonly transport: Transport;
  readonly issuer: string;
  readonly retry: RetryRules;
  /** `SIGNOFF_DELIVERY_LEASE`. More than twice the longest attempt (15 s), or deliveries are made twice. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Of an engine that is kept; others are nobody's successor. */
  readonly life?: EngineLife | undefined;
  readonly onAttempt?: OnAttempt | undefined;
  /** Chance in [0, 1); `Math.random` unless a test wants to know. */
  readonly random?: () => number;
}
