/**
 * Sign-ins of one browser, one after the other. Two tabs whose passwords arrive at once would begin a session each, and a
 * browser holds one: the other is superseded at once, with the code that its app has not exchanged yet. So the second
 * waits until the browser has the first one's cookie, and then joins that session.
 */
export interface SignInTurns {
  /** Resolves when no other sign-in of this device is on its way from its password to its session. */
  take(deviceKey: string): Promise<void>;
  /** The browser has its answer, or there will be none. Safe twice. */
  end(deviceKey: string): void;
}

/** A browser that does not follow the redirect keeps its other tabs waiting no longer than this. */
const LONGEST_MS = 1_000;

export function createSignInTurns(): SignInTurns {
  const turns = new Map<string, PromiseWithResolvers<void>>();

  function begin(deviceKey: string): void {
    const turn = Promise.withResolvers<void>();
    turns.set(deviceKey, turn);
    setTimeout(() => finish(deviceKey, turn), LONGEST_MS).unref();
  }

  function finish(deviceKey: string, turn: PromiseWithResolvers<void> | undefined): void {
    if (turns.get(deviceKey) === turn) turns.delete(deviceKey);
    turn?.resolve();
  }

  return {
    async take(deviceKey) {
      for (let other = turns.get(deviceKey); other; other = turns.get(deviceKey)) await other.promise;
      begin(deviceKey);
    },
    end: (deviceKey) => finish(deviceKey, turns.get(deviceKey)),
  };
}
