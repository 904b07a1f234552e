import type { EngineRunner } from './engine-runner.ts';

/** Several engines that share the work (`SIGNOFF_DELIVERY_THREADS`), seen as one. Each has its own caps, lanes and leases. */
export function createEngineCrew(engines: readonly EngineRunner[]): EngineRunner {
  return {
    async start() {
      await Promise.all(engines.map((engine) => engine.start()));
    },
    async stop() {
      await Promise.all(engines.map((engine) => engine.stop()));
    },
    wake() {
      for (const engine of engines) engine.wake();
    },
    idle: () => engines.map((engine) => engine.idle()).find((one) => one !== undefined),
    reload() {
      for (const engine of engines) engine.reload();
    },
    onSettled(listener) {
      const ends = engines.map((engine) => engine.onSettled(listener));
      return () => {
        for (const end of ends) end();
      };
    },
    /** One that is down holds leases that nobody works on yet. */
    healthy: () => engines.every((engine) => engine.healthy()),
  };
}
