/** Whether an engine has little to do, and who hears when that changes. */
export interface Idleness {
  /** As of the last look. */
  is(): boolean;
  /** Looks again; tells when it is not as it was. */
  look(): void;
  onChange(listener: (idle: boolean) => void): void;
}

export function createIdleness(isIdle: () => boolean): Idleness {
  const listeners: ((idle: boolean) => void)[] = [];
  let was = false;
  return {
    is: () => was,
    look() {
      const now = isIdle();
      if (now === was) return;
      was = now;
      for (const listener of listeners) listener(now);
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
