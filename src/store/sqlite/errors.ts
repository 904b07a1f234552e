import { AppError, storeUnavailable } from '../../errors.ts';

/** Primary result codes (sqlite.org/rescode.html) that say something about the file or the disk, not about us. */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const OUT_OF_REACH = new Set([PERM, BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB]);

/** What a caller is told of an accident: `storeUnavailable` for everything that is the store's state, else the error itself. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = primaryCode(error);
  const unreachable = (code !== undefined && OUT_OF_REACH.has(code)) || isClosed(error);
  return unreachable ? storeUnavailable(error) : error;
}

/** Somebody else holds the lock: worth another try. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === BUSY || code === LOCKED;
}

function primaryCode(error: unknown): number | undefined {
  const code = fieldOf(error, 'errcode');
  return typeof code === 'number' ? code & 0xff : undefined;
}

function isClosed(error: unknown): boolean {
  return fieldOf(error, 'code') === 'ERR_INVALID_STATE';
}

/** Not `instanceof Error`: in a test runner's context an error of Node is of another realm. */
function fieldOf(error: unknown, name: 'code' | 'errcode'): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}
