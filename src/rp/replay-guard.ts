import { createExpiringMap } from './expiring-map.ts';

/** How much longer than its own `exp` a token is remembered: verifying allows the clocks to differ. */
const KEPT_AFTER_EXPIRY_MS = 5 * 60_000;

/** Remembers which logout tokens have done their work. May answer promises, where several processes share one. */
export interface ReplayGuard {
  isSpent(id: string): boolean | Promise<boolean>;
  /** Called when what the token asked for is done, and not before; remembered until `expiresAt` (epoch ms) is well over. */
  spend(id: string, expiresAt: number): void | Promise<void>;
}

/** For the logout tokens of this process (R8). Several processes of one app need a guard that they share. */
export function createReplayGuard({ now = Date.now }: { now?: () => number } = {}): ReplayGuard {
  const spent = createExpiringMap<true>(now);
  return {
    isSpent: (id) => spent.get(id) === true,
    spend: (id, expiresAt) => spent.set(id, true, expiresAt + KEPT_AFTER_EXPIRY_MS),
  };
}
