/** How much work an engine has: with `some` it can begin at once with what somebody waits for, with `little` with more than that. */
export type AtHand = 'much' | 'some' | 'little';

/** What an engine has at hand, and who hears when that changes. */
export interface AtHandWatch {
  /** As of the last look. */
  is(): AtHand;
  /** Looks again; tells when it is not as it was. */
  look(): void;
  onChange(listener: (atHand: AtHand) => void): void;
}

export function watchAtHand(atHand: () => AtHand): AtHandWatch {
  const listeners: ((atHand: AtHand) => void)[] = [];
  let was: AtHand = 'much';
  return {
    is: () => was,
    look() {
      const now = atHand();
      if (now === was) return;
      was = now;
      for (const listener of listeners) listener(now);
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
