import type { Store } from './store.ts';

/** One call of the store is over, be it that it failed. `operation` is `role.method`, such as `sessions.end`. */
export type OnStoreCall = (operation: string, seconds: number) => void;

type Method = (...args: never[]) => unknown;

/** Names that are no work, or last as long as the product does. */
const UNMEASURED = new Set(['deliveries.watch']);

/** The same store; `onCall` hears how long each call took. */
export function measuredStore(store: Store, onCall: OnStoreCall): Store {
  const roles = Object.entries(store).map(([name, role]) => [name, measured(name, role, onCall)]);
  return Object.fromEntries(roles) as unknown as Store;
}

function measured(name: string, role: unknown, onCall: OnStoreCall): unknown {
  if (name === 'ping') return timed(name, role as Method, onCall);
  if (typeof role !== 'object' || role === null) return role;
  const methods = Object.entries(role).map(([method, work]) => {
    const operation = `${name}.${method}`;
    const isWork = typeof work === 'function' && !UNMEASURED.has(operation);
    return [method, isWork ? timed(operation, (work as Method).bind(role), onCall) : work];
  });
  return Object.fromEntries(methods);
}

function timed(operation: string, work: Method, onCall: OnStoreCall): Method {
  return async (...args) => {
    const startedAt = performance.now();
    try {
      return await work(...args);
    } finally {
      onCall(operation, (performance.now() - startedAt) / 1_000);
    }
  };
}
