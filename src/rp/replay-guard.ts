/** How much longer than its own `exp` a token is remembered: verifying allows the clocks to differ. */
const KEPT_AFTER_EXPIRY_MS = 5 * 60_000;

export interface ReplayGuard {
  /** True when this id was shown before; otherwise it is remembered until `expiresAt` (epoch milliseconds) is well over. */
  isReplay(id: string, expiresAt: number): boolean;
}

/** Remembers the logout tokens of this process (R8). Several processes of one app need a guard that they share. */
export function createReplayGuard({ now = Date.now }: { now?: () => number } = {}): ReplayGuard {
  const forgetAt = new Map<string, number>();
  return {
    isReplay(id, expiresAt) {
      for (const [old, at] of forgetAt) if (at <= now()) forgetAt.delete(old);
      if (forgetAt.has(id)) return true;
      forgetAt.set(id, expiresAt + KEPT_AFTER_EXPIRY_MS);
      return false;
    },
  };
}
