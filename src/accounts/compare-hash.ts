/** Compares a password with a hash of any kind that is kept (`foreign-hash.ts`). */
import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { verify as verifyArgon2 } from '@node-rs/argon2';

const derive = {
  scrypt: promisify(scrypt) as (password: string, salt: Buffer, length: number, options: object) => Promise<Buffer>,
  pbkdf2: promisify(pbkdf2),
};

/** Throws for text that is no hash of ours. */
export async function compareHash(phc: string, password: string): Promise<boolean> {
  if (phc.startsWith('$argon2')) return verifyArgon2(phc, password);
  if (phc.startsWith('$2b$')) {
    // Loaded where somebody has such a hash.
    const { verify } = await import('@node-rs/bcrypt');
    return verify(password, phc);
  }
  const [, kind = '', costs = '', salt = '', hash = ''] = phc.split('$');
  const expected = Buffer.from(hash, 'base64');
  const found = await derived(kind, costsOf(costs), {
    password,
    salt: Buffer.from(salt, 'base64'),
    length: expected.length,
  });
  return found.length === expected.length && timingSafeEqual(found, expected);
}

function derived(
  kind: string,
  costs: ReadonlyMap<string, number>,
  given: { password: string; salt: Buffer; length: number },
): Promise<Buffer> {
  const { password, salt, length } = given;
  const cost = (name: string) => costs.get(name) ?? 0;
  if (kind.startsWith('pbkdf2-')) return derive.pbkdf2(password, salt, cost('i'), length, kind.slice('pbkdf2-'.length));
  if (kind !== 'scrypt') throw new Error(`no hash of ours is a ${kind}`);
  const N = 2 ** cost('ln');
  const r = cost('r');
  return derive.scrypt(password, salt, length, { N, r, p: cost('p'), maxmem: 256 * N * r });
}

function costsOf(text: string): ReadonlyMap<string, number> {
  return new Map(text.split(',').map((one) => [one.split('=')[0] ?? '', Number(one.split('=')[1])]));
}
