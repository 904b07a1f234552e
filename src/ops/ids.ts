import { hash, randomFillSync } from 'node:crypto';

/** Random bytes for many ids: asking for those of each takes 20 µs, and every request has one. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** A random id of `bytes` bytes, 4,096 at most, base64url. 32 bytes (256 bits) where the id is also the permission. */
export function randomId(bytes = 16): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const from = used;
  used += bytes;
  const id = pool.toString('base64url', from, used);
  // It may open something, and is nobody's but whose it is.
  pool.fill(0, from, used);
  return id;
}

/** SHA-256 as base64url: how ids that a browser or an app holds are kept (invariant 9). */
export function sha256(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** The eight characters that stand for a session in a log line: enough to follow one, too few to use. */
export function logName(id: string): string {
  return sha256(id).slice(0, 8);
}
