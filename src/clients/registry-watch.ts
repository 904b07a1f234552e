import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import type { Registry } from './registry.ts';

/** How soon a server sees that a command removed an app, or that another process loaded one. */
const EVERY_MS = 2_000;

/** Reads now and then what other processes wrote of clients; a store that is away is tried again. */
export function createRegistryWatch(parts: { registry: Pick<Registry, 'refresh'>; log: Log }): Service {
  const { registry, log } = parts;
  const failed = (error: unknown) => log.debug('clients.not_read', { error });
  return createRepeating({ everyMs: EVERY_MS, work: () => registry.refresh(), failed });
}
