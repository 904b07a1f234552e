import { createHash, randomBytes } from 'node:crypto';

/** A random id of `bytes` bytes, base64url. 32 bytes (256 bits) where the id is also the permission. */
export function randomId(bytes = 16): string {
  return randomBytes(bytes).toString('base64url');
}

/** SHA-256 as base64url: how ids that a browser or an app holds are kept (invariant 9). */
export function sha256(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}

/** The eight characters that stand for a session in a log line: enough to follow one, too few to use. */
export function logName(id: string): string {
  return sha256(id).slice(0, 8);
}
