/** What an engine in another thread or process and its keeper say to each other. */
import type { Measurements } from '../ops/metrics.ts';
import type { AtHand } from './at-hand.ts';
import type { Delivery, Lease } from './delivery.ts';
import type { EngineRunner, IdleEngine } from './engine-runner.ts';

/** Keeper → engine. `prepare`, `take` and `recover`: see `IdleEngine`. */
export type Order =
  | 'wake'
  | 'reload'
  | 'stop'
  | { readonly kind: 'prepare'; readonly deliveries: readonly Delivery[] }
  | { readonly kind: 'take'; readonly lease: Lease }
  | { readonly kind: 'recover'; readonly token: string };
/** Engine → keeper; `alive` each second, `at-hand` when that changes. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive'; readonly healthy: boolean; readonly measurements: Measurements | undefined }
  | { readonly kind: 'at-hand'; readonly atHand: AtHand }
  | { readonly kind: 'settled'; readonly logoutIds: readonly string[] };

/** The engine's end of the line. */
export interface KeeperLine {
  report(one: Report): void;
  onOrder(listener: (order: Order) => void): void;
  close(): void;
}

/** An engine as its keeper's orders need it. */
export interface KeptRunner extends EngineRunner, Pick<IdleEngine, 'prepare' | 'take' | 'recover'> {
  /** Calls `listener` whenever that changes. */
  onAtHand(listener: (atHand: AtHand) => void): void;
}

const ALIVE_MS = 1_000;

/**
 * What the entry of a thread or process does once it has built its engine: runs it, carries orders in and reports out.
 * Resolves when the engine was told to stop and has; the entry then closes its store. Rejects when the engine cannot start.
 */
export async function serveEngine(
  engine: KeptRunner,
  line: KeeperLine,
  measure?: () => Promise<Measurements>,
): Promise<void> {
  const stopOrdered = new Promise<void>((ordered) => {
    line.onOrder((order) => {
      if (order === 'wake') engine.wake();
      else if (order === 'reload') engine.reload();
      else if (order === 'stop') ordered();
      else if (order.kind === 'prepare') engine.prepare(order.deliveries);
      else if (order.kind === 'take') engine.take(order.lease);
      else engine.recover(order.token);
    });
  });
  engine.onSettled((logoutIds) => line.report({ kind: 'settled', logoutIds }));
  engine.onAtHand((atHand) => line.report({ kind: 'at-hand', atHand }));
  await engine.start();
  line.report({ kind: 'ready' });
  const alive = setInterval(async () => {
    const measurements = await measure?.();
    line.report({ kind: 'alive', healthy: engine.healthy(), measurements });
  }, ALIVE_MS);
  await stopOrdered;
  clearInterval(alive);
  await engine.stop();
  line.close();
}
