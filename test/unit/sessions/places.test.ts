import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPlaces } from '../../../src/sessions/places.ts';
import { writeMmdb } from '../../support/mmdb.ts';

describe('places', () => {
  let folder: string;
  let file: string;
  let lines: string[];
  const log = { info: (event: string) => void lines.push(event), warn: (event: string) => void lines.push(event) };

  beforeEach(async () => {
    lines = [];
    folder = await mkdtemp(join(tmpdir(), 'signoff-geo-'));
    file = join(folder, 'country.mmdb');
    await writeFile(file, writeMmdb({ '81.0.0.0/8': 'DE', '81.2.0.0/16': 'PT', '81.2.69.160/27': 'GB' }));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are the country of the smallest network that is known', () => {
    const places = createPlaces({ file, log });

    const found = ['81.1.1.1', '81.2.1.1', '81.2.69.161', '82.1.1.1', '10.0.0.1'].map((address) =>
      places.countryOf(address),
    );

    expect(found).toEqual(['DE', 'PT', 'GB', undefined, undefined]);
  });

  it('are none without a file, and for what is no address', () => {
    expect(createPlaces({ file: undefined, log }).countryOf('81.1.1.1')).toBeUndefined();
    expect(createPlaces({ file, log }).countryOf('')).toBeUndefined();
    expect(createPlaces({ file, log }).countryOf('nonsense')).toBeUndefined();
  });

  it('are read again; a file that is no good is said, and the one before stays', async () => {
    const places = createPlaces({ file, log });
    await writeFile(file, writeMmdb({ '81.0.0.0/8': 'FR' }));
    places.reload();
    const changed = places.countryOf('81.1.1.1');
    await writeFile(file, 'no database');
    places.reload();

    expect([changed, places.countryOf('81.1.1.1')]).toEqual(['FR', 'FR']);
    expect(lines).toEqual(['geo.loaded', 'geo.loaded', 'geo.rejected']);
  });
});
