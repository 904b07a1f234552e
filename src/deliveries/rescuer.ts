import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import type { Service } from '../ops/service.ts';
import type { DeliveryStore } from '../store/store.ts';
import type { WritePace } from './write-pace.ts';

const EVERY_MS = 1_000;
/** Three beats missed: a fan-out that was killed resumes within seconds, not after its lease (regression A9). */
const SILENT_MS = 3_000;

/**
 * Says each second that this engine lives, and frees what is leased to engines that stopped saying so.
 * Beats first and rescues then, so that a machine that slept does not rob itself.
 */
export function createRescuer(parts: {
  readonly store: Pick<DeliveryStore, 'heartbeat' | 'rescue'>;
  readonly pace: WritePace;
  readonly processId: string;
  readonly onRescued: () => void;
  readonly clock: Clock;
  readonly log: Log;
}): Service {
  const { store, pace, clock, log } = parts;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();

  async function beat(): Promise<void> {
    await pace.run(
      () => store.heartbeat(parts.processId, clock.now()),
      () => 1,
    );
    const count = await pace.run(
      () => store.rescue(clock.now() - SILENT_MS),
      (rows) => rows,
    );
    if (count === 0) return;
    log.warn('delivery.rescued', { count });
    parts.onRescued();
  }

  /** A store that is gone is said by the engine, which needs it too. */
  function schedule(): void {
    timer = setTimeout(() => {
      beating = beat()
        .catch(() => undefined)
        .then(() => {
          if (timer) schedule();
        });
    }, EVERY_MS);
  }

  return {
    async start() {
      if (timer) return;
      await beat();
      schedule();
    },
    async stop() {
      if (!timer) return;
      clearTimeout(timer);
      timer = undefined;
      await beating;
      // Takes its last sign of life back: a command that follows must not count on an engine that is gone.
      await store.heartbeat(parts.processId, 0).catch(() => undefined);
    },
  };
}
