/** A sleep that can be cut short. A ring while nobody sleeps is kept for the next sleep. */
export interface Alarm {
  /** Sleeps at most so long. */
  sleep(ms: number): Promise<void>;
  ring(): void;
}

export function createAlarm(): Alarm {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async sleep(ms) {
      if (!rung) {
        await new Promise<void>((done) => {
          const timer = setTimeout(done, Math.max(0, ms));
          wake = () => {
            clearTimeout(timer);
            done();
          };
        });
        wake = undefined;
      }
      rung = false;
    },
  };
}
