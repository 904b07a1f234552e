import { fateOf } from '../ops/process-mark.ts';
import type { OtherEngine } from '../store/store.ts';

/** Three beats missed. */
export const SILENT_MS = 3_000;

export interface Watcher {
  /** Engines that this one stands in for: whoever started it saw them end. */
  readonly predecessors: readonly string[];
  /**
   * Whether this engine has beaten long enough without a gap to judge silence. After an outage of the store all are silent,
   * and the first that is back must not take the rows of those that come a moment later.
   */
  readonly isSteady: boolean;
}

/**
 * Which engines are dead, so that what they hold may be taken. One of this machine is known to be when its process is gone;
 * one that never beat or said farewell has nothing to lose; of the others silence tells.
 */
export function deadAmong(others: readonly OtherEngine[], watcher: Watcher, fate = fateOf): readonly string[] {
  const isDead = ({ processId, home, silentMs }: OtherEngine) =>
    watcher.predecessors.includes(processId) ||
    silentMs === Number.POSITIVE_INFINITY ||
    fate(home) === 'dead' ||
    (watcher.isSteady && silentMs > SILENT_MS);
  return others.filter(isDead).map(({ processId }) => processId);
}
