/** Holds whoever waits at it until it is opened, and tells when somebody came. */
export interface Gate {
  /** Resolves when the first one waits. */
  readonly reached: Promise<void>;
  wait(): Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    wait() {
      reached.resolve();
      return opened.promise;
    },
    open: () => opened.resolve(),
  };
}
