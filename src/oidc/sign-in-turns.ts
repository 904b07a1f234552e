import { randomId } from '../ops/ids.ts';

/**
 * Sign-ins of one browser, one after the other. Two tabs whose passwords arrive at once would begin a session each, and a
 * browser holds one: the other is superseded at once, with the code that its app has not exchanged yet. So the second
 * waits until the browser has the first one's cookie, and then joins that session.
 */
export interface SignInTurns {
  /** Resolves when no other sign-in of this device is on its way from its password to its session. */
  take(deviceKey: string): Promise<Turn>;
  /** The browser has its answer, or there will be none. Does nothing where the turn was over; another's goes on. */
  end(turn: Turn): void;
}

/** Travels with the sign-in that has it: the request that ends a turn is another one than the one that took it. */
export interface Turn {
  readonly deviceKey: string;
  readonly id: string;
}

/** A browser that does not follow the redirect keeps its other tabs waiting no longer than this. */
const LONGEST_MS = 1_000;

export function createSignInTurns(longestMs = LONGEST_MS): SignInTurns {
  const turns = new Map<string, PromiseWithResolvers<void> & Turn>();

  function end({ deviceKey, id }: Turn): void {
    const turn = turns.get(deviceKey);
    if (turn?.id !== id) return;
    turns.delete(deviceKey);
    turn.resolve();
  }

  return {
    async take(deviceKey) {
      for (let other = turns.get(deviceKey); other; other = turns.get(deviceKey)) await other.promise;
      const turn = { deviceKey, id: randomId(8) };
      turns.set(deviceKey, { ...turn, ...Promise.withResolvers<void>() });
      setTimeout(() => end(turn), longestMs).unref();
      return turn;
    },
    end,
  };
}
