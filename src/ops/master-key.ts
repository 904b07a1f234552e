import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../errors.ts';

const KEY_BYTES = 32;

/**
 * The key that seals secrets in the store: `SIGNOFF_KEY`, else the key file. With `create` a missing file is made with
 * mode 0600 (first start on SQLite; never on MongoDB, where every process needs the same one).
 * Throws `key_missing` or `key_invalid`.
 */
export function readMasterKey(given: { key?: string | undefined; keyFile: string }, create: boolean): Buffer {
  if (given.key) return Buffer.from(given.key, 'base64');
  if (existsSync(given.keyFile)) return parseKeyFile(given.keyFile);
  if (!create) throw keyError('key_missing', `There is no key file at ${given.keyFile}. ${WAY_OUT}`);
  return makeKeyFile(given.keyFile);
}

const WAY_OUT = 'Set SIGNOFF_KEY_FILE to the file that this store was started with, or SIGNOFF_KEY to its content.';

function parseKeyFile(path: string): Buffer {
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw keyError('key_invalid', `The key file ${path} does not hold ${KEY_BYTES} bytes in base64. ${WAY_OUT}`);
}

/** Exclusive: of two first starts at once one makes the file, the other reads it. */
function makeKeyFile(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return parseKeyFile(path);
}

function keyError(code: string, publicMessage: string): AppError {
  return new AppError({ code, status: 500, publicMessage });
}
