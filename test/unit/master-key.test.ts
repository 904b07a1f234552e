import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readMasterKey } from '../../src/ops/master-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signoff-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the key file', () => {
  it('is made whole, for its owner alone, with nothing left beside it', () => {
    const keyFile = join(folder, 'data', 'master.key');
    const key = readMasterKey({ keyFile }, true);
    expect(key).toHaveLength(32);
    expect(readFileSync(keyFile, 'utf8')).toBe(`${key.toString('base64')}\n`);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'data'))).toEqual(['master.key']);
    expect(readMasterKey({ keyFile }, true)).toEqual(key);
  });

  it('is never made where it must be there', () => {
    const keyFile = join(folder, 'master.key');
    expect(() => readMasterKey({ keyFile }, false)).toThrow('key_missing');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that cannot be read or made is a setting to change', () => {
    const keyFile = join(folder, 'master.key');
    mkdirSync(keyFile);
    expect(() => readMasterKey({ keyFile }, true)).toThrow('key_invalid');
    writeFileSync(join(folder, 'data'), '');
    expect(() => readMasterKey({ keyFile: join(folder, 'data', 'master.key') }, true)).toThrow('key_invalid');
  });
});
