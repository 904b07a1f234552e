import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { createWarnings } from '../../src/http/readiness.ts';
import { isNearlyFull } from '../../src/ops/disk.ts';
import { deliveriesWait, diskIsFull, keysAreDue } from '../../src/standing-warnings.ts';
import type { Store } from '../../src/store/store.ts';
import { endedSession } from '../store/suite/deliveries-fixture.ts';
import { aSigningKey, DAY, HOUR, MINUTE, T0 } from '../support/builders.ts';
import { type StorePlace, sqlitePlace } from '../support/stores.ts';

const read = readConfig({ env: { NODE_ENV: 'test', SIGNOFF_DATA: '/' }, cwd: '/tmp' });
if (!read.ok) throw new Error(read.problems.join());
const { config } = read;

describe('what readiness warns of', () => {
  let place: StorePlace;
  let store: Store;
  beforeEach(async () => {
    place = await sqlitePlace();
    store = await place.open();
  });
  afterEach(() => place.remove());
  const at = (now: number) => ({ store, config, clock: { now: () => now } });

  it('a delivery that has been trying for a quarter of an hour', async () => {
    await expect(deliveriesWait(at(T0))).resolves.toBeUndefined();
    await endedSession(store, ['wiki'], { at: T0 });
    await expect(deliveriesWait(at(T0 + 15 * MINUTE - 1))).resolves.toBeUndefined();
    await expect(deliveriesWait(at(T0 + 15 * MINUTE))).resolves.toBe(
      'the oldest delivery has been trying for 15 minutes',
    );
    await expect(deliveriesWait(at(T0 + 3 * HOUR))).resolves.toContain('3 hours');
    await expect(deliveriesWait(at(T0 + 3 * DAY))).resolves.toContain('3 days');
  });

  it('signing keys that were due a day ago', async () => {
    await store.keys.saveSigningKeys([aSigningKey({ createdAt: T0 })]);
    await expect(keysAreDue(at(T0 + 91 * DAY))).resolves.toBeUndefined();
    await expect(keysAreDue(at(T0 + 91 * DAY + 1))).resolves.toContain('91 days old');
  });

  it('a disk that is nearly full: by what is left, and on small disks by share', async () => {
    const GB = 1024 ** 3;
    expect(isNearlyFull({ freeBytes: 0.4 * GB, totalBytes: 4 * GB })).toBe(true);
    expect(isNearlyFull({ freeBytes: 4 * GB, totalBytes: 100 * GB })).toBe(true);
    expect(isNearlyFull({ freeBytes: 6 * GB, totalBytes: 100 * GB })).toBe(false);
    expect(isNearlyFull({ freeBytes: 30 * GB, totalBytes: 2_000 * GB })).toBe(false);
    // The machine's own, whatever it is: a real look.
    await expect(diskIsFull(at(T0))).resolves.not.toBe('');
    const onMongo = { ...at(T0), config: { ...config, store: { kind: 'mongodb', url: 'mongodb://x' } as const } };
    await expect(diskIsFull(onMongo)).resolves.toBeUndefined();
  });
});

describe('warnings', () => {
  it('are those that were found; a look that fails finds nothing, and all who ask share one', async () => {
    let looks = 0;
    const warnings = createWarnings([
      async () => {
        looks += 1;
        return 'keys are due';
      },
      async () => undefined,
      () => Promise.reject(new Error('the store is away')),
    ]);
    const answers = await Promise.all([warnings(), warnings(), warnings()]);
    expect(answers).toEqual(Array(3).fill(['keys are due']));
    expect(looks).toBe(1);
  });
});
