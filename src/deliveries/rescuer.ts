import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import { ownMark } from '../ops/process-mark.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import type { DeliveryStore } from '../store/store.ts';
import { deadAmong, SILENT_MS } from './dead-engines.ts';
import type { EngineLife } from './engine-runner.ts';
import type { WritePace } from './write-pace.ts';

const EVERY_MS = 1_000;
/** A beat that comes later than this after the one before makes a gap. */
const GAP_MS = 2_500;
/** So many beats without a gap, and whoever lives has beaten too. */
const STEADY_BEATS = SILENT_MS / EVERY_MS;

export interface RescuerParts extends EngineLife {
  readonly store: Pick<DeliveryStore, 'beat' | 'rescue' | 'farewell'>;
  readonly pace: WritePace;
  readonly onRescued: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Says each second that this engine lives, and frees what is leased to engines that are dead: a fan-out that was killed
 * resumes at once on the same machine, within seconds elsewhere, and not after its lease (regression A9).
 */
export function createRescuer(parts: RescuerParts): Service {
  const { store, pace, processId, predecessors, clock, log } = parts;
  const home = ownMark();
  // A store that is gone is said by the engine, which needs it too.
  const beats = createRepeating({ everyMs: EVERY_MS, work: beat, failed: () => undefined });
  let steadyBeats = 0;
  let started: Promise<void> | undefined;

  async function beat(): Promise<void> {
    const write = () => store.beat({ processId, home }, clock.now());
    const { sinceLastMs, others } = await pace.run(write, () => 1);
    steadyBeats = sinceLastMs !== undefined && sinceLastMs < GAP_MS ? steadyBeats + 1 : 0;
    const isSteady = steadyBeats >= STEADY_BEATS;
    await rescue(deadAmong(others, { predecessors, isSteady }), isSteady);
  }

  async function rescue(dead: readonly string[], expired: boolean): Promise<void> {
    if (dead.length === 0 && !expired) return;
    const write = () => store.rescue({ processId, now: clock.now(), dead, expired });
    const count = await pace.run(write, (rows) => rows);
    if (count === 0) return;
    log.warn('delivery.rescued', { count });
    parts.onRescued();
  }

  async function start(): Promise<void> {
    await beat();
    beats.start();
  }

  return {
    start() {
      started ??= start();
      return started;
    },
    async stop() {
      if (!started) return;
      await beats.stop();
      // A command that follows must not count on an engine that is gone.
      await store.farewell(processId).catch(() => undefined);
    },
  };
}
