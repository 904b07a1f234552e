import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
  try {
    if (existsSync(given.keyFile)) return parseKeyFile(given.keyFile);
    if (create) return makeKeyFile(given.keyFile);
  } catch (error) {
    throw error instanceof AppError ? error : unusable(given.keyFile, error as NodeJS.ErrnoException);
  }
  throw keyError('key_missing', `There is no key file at ${given.keyFile}. ${WAY_OUT}`);
}

function unusable(path: string, { code }: NodeJS.ErrnoException): AppError {
  return keyError('key_invalid', `The key file ${path} can neither be read nor made (${code}). ${WAY_OUT}`);
}

const WAY_OUT = 'Set SIGNOFF_KEY_FILE to the file that this store was started with, or SIGNOFF_KEY to its content.';

function parseKeyFile(path: string): Buffer {
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw keyError('key_invalid', `The key file ${path} does not hold ${KEY_BYTES} bytes in base64. ${WAY_OUT}`);
}

/**
 * Whole and on disk before it has its name: of two first starts at once one makes the file and the other never reads half
 * of it, and after a power cut there is no store without its key.
 */
function makeKeyFile(path: string): Buffer {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  flushFolder(folder);
  return parseKeyFile(path);
}

/** A name is on disk when its folder is. Windows flushes no folders. */
function flushFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function keyError(code: string, publicMessage: string): AppError {
  return new AppError({ code, status: 500, publicMessage });
}
