/** What an engine in another thread or process and its keeper say to each other. */
import type { EngineRunner } from './engine-runner.ts';

/** Keeper → engine. */
export type Order = 'wake' | 'reload' | 'stop';
/** Engine → keeper; `alive` each second. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive'; readonly healthy: boolean }
  | { readonly kind: 'settled'; readonly logoutIds: readonly string[] };

/** The engine's end of the line. */
export interface KeeperLine {
  report(one: Report): void;
  onOrder(listener: (order: Order) => void): void;
  close(): void;
}

const ALIVE_MS = 1_000;

/**
 * What the entry of a thread or process does once it has built its engine: runs it, carries orders in and reports out.
 * Resolves when the engine was told to stop and has; the entry then closes its store. Rejects when the engine cannot start.
 */
export async function serveEngine(engine: EngineRunner, line: KeeperLine): Promise<void> {
  const stopOrdered = new Promise<void>((ordered) => {
    line.onOrder((order) => {
      if (order === 'wake') engine.wake();
      else if (order === 'reload') engine.reload();
      else ordered();
    });
  });
  engine.onSettled((logoutIds) => line.report({ kind: 'settled', logoutIds }));
  await engine.start();
  line.report({ kind: 'ready' });
  const alive = setInterval(() => line.report({ kind: 'alive', healthy: engine.healthy() }), ALIVE_MS);
  await stopOrdered;
  clearInterval(alive);
  await engine.stop();
  line.close();
}
