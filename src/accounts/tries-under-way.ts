/** How many tries are under way in this process, by key: an account, an address, a gate that lets few through at once. */
export interface TriesUnderWay {
  begin(keys: readonly string[]): Try;
}

export interface Try {
  /** With this one, when it began. */
  readonly counts: readonly number[];
  /** Passes all gates or none; answers the one that is full. Asked and taken in one step, so no two pass for one place. */
  pass<G extends Gate>(gates: readonly G[]): G | undefined;
  /** Safe twice. */
  end(): void;
}

export interface Gate {
  readonly key: string;
  readonly atOnce: number;
}

export function createTriesUnderWay(): TriesUnderWay {
  const counts = new Map<string, number>();
  const of = (key: string) => counts.get(key) ?? 0;

  function leave(key: string): void {
    const left = of(key) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  }

  return {
    begin(keys) {
      const held: string[] = [];
      const hold = (key: string) => {
        counts.set(key, of(key) + 1);
        held.push(key);
      };
      keys.forEach(hold);
      return {
        counts: keys.map(of),
        pass(gates) {
          const full = gates.find(({ key, atOnce }) => of(key) >= atOnce);
          if (!full) for (const { key } of gates) hold(key);
          return full;
        },
        end: () => held.splice(0).forEach(leave),
      };
    },
  };
}
