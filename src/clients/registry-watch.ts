import type { Log } from '../ops/log.ts';
import type { Service } from '../ops/service.ts';
import type { Registry } from './registry.ts';

/** How soon a server sees that a command removed an app, or that another process loaded one. */
const EVERY_MS = 2_000;

/** Reads now and then what other processes wrote of clients; a store that is away is tried again. */
export function createRegistryWatch(parts: { registry: Pick<Registry, 'refresh'>; log: Log }): Service {
  const { registry, log } = parts;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    try {
      await registry.refresh();
    } catch (error) {
      log.debug('clients.not_read', { error });
    }
  }

  return {
    start() {
      timer ??= setInterval(() => {
        running = look();
      }, EVERY_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
