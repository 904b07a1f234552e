/** Runs `work` when all earlier work of the same key is over. */
export type InTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Writes of one process to one row, one after the other. MongoDB does not let a writer wait for another one, it fails at
 * once and has to run again: a hundred tabs of one session would do little else. What `isOutage` ends the turns of all who
 * wait: each would find the same after waiting as long once more.
 */
export function createTurns(isOutage: (error: unknown) => boolean): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return function inTurn(key, work) {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, (error) => {
      if (isOutage(error)) throw error;
      return work();
    });
    last.set(key, turn);
    const forget = () => {
      if (last.get(key) === turn) last.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  };
}

export function accountTurn(accountId: string): string {
  return `account ${accountId}`;
}

export function sessionTurn(uid: string): string {
  return `session ${uid}`;
}
