import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import type { Registry } from './registry.ts';

/** How soon a server or an engine sees that a command removed an app, or that another process loaded one: within 2 s. */
const EVERY_MS = 1_000;

/** Reads what other processes wrote of clients (invariant 8); a store that is away is tried again. */
export function createRegistryWatch(parts: { registry: Pick<Registry, 'refresh'>; log: Log }): Service {
  const { registry, log } = parts;
  const failed = (error: unknown) => log.debug('clients.not_read', { error });
  const work = async () => {
    if (await registry.refresh()) log.info('clients.changed', {});
  };
  return createRepeating({ everyMs: EVERY_MS, work, failed });
}
