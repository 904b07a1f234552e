/** What turns readiness to `warning`, and what `doctor` looks at too: one threshold, one sentence for both. */
import { keyAge } from './oidc/key-aging.ts';
import { diskOf, isNearlyFull, megabytes } from './ops/disk.ts';
import type { Foundation } from './wire.ts';

/** Apps come back from a deploy within minutes. */
const OLDEST_MS = 15 * 60_000;

type Look = (foundation: Pick<Foundation, 'store' | 'clock' | 'config'>) => Promise<string | undefined>;

export const deliveriesWait: Look = async ({ store, clock }) => {
  const since = await store.figures.oldestTryingAt();
  const ms = since === undefined ? 0 : clock.now() - since;
  return ms < OLDEST_MS ? undefined : `the oldest delivery has been trying for ${inWords(ms)}`;
};

export const keysAreDue: Look = async ({ store, clock, config }) => {
  const { ageMs, overdue } = keyAge(await store.keys.signingKeys(), clock.now(), config.keyAgeMs);
  return overdue ? `the signing keys are ${inWords(ageMs)} old, and no new ones were made` : undefined;
};

/** The disk of the SQLite file; MongoDB has disks of its own. */
export const diskIsFull: Look = async ({ config }) => {
  if (config.store.kind !== 'sqlite') return undefined;
  const disk = await diskOf(config.data);
  return isNearlyFull(disk) ? `the disk is nearly full: ${megabytes(disk.freeBytes)} are left` : undefined;
};

function inWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2 * 24 * 60 ? `${Math.floor(minutes / 60)} hours` : `${Math.floor(minutes / 60 / 24)} days`;
}
