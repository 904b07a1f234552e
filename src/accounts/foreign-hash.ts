/**
 * Password hashes that other programs made. Whatever their spelling, one of each kind is kept: PHC strings for argon2, scrypt
 * and PBKDF2, and bcrypt's own. Bounds keep one sign-in from costing a second of everybody's.
 */

export type HashKind = 'argon2id' | 'argon2' | 'bcrypt' | 'scrypt' | 'pbkdf2';

/** Ready to be kept, or why not: a clause that follows the name of the field. */
export type ReadHash = { readonly phc: string; readonly kind: HashKind } | { readonly problem: string };

/** Memory and passes of the most expensive hash that a sign-in may be made to compute. */
const MOST = {
  argonKiB: 256 * 1024,
  argonPasses: 20,
  argonLanes: 16,
  bcryptCost: 16,
  scryptBytes: 256 * 1024 * 1024,
  scryptLanes: 16,
  pbkdf2Rounds: 5_000_000,
};
const BYTES = { least: 8, most: 1_024 };

const DIGESTS = ['sha1', 'sha256', 'sha512'] as const;

/** Text as it stands in exports, or Keycloak's credential as an object. */
export function readHash(given: unknown): ReadHash {
  if (typeof given === 'object' && given !== null) return keycloakHash(given as Record<string, unknown>);
  if (typeof given !== 'string') return { problem: 'must be a text' };
  const reader = READERS.find(([shape]) => shape.test(given));
  return reader ? reader[1](given) : { problem: 'is of no kind that is known here (argon2, bcrypt, scrypt, PBKDF2)' };
}

const READERS: readonly (readonly [RegExp, (text: string) => ReadHash])[] = [
  [/^\$argon2(id|i|d)\$/, argon2Hash],
  [/^\$2[abxy]\$/, bcryptHash],
  // PHC and passlib.
  [/^\$scrypt\$/, scryptPhc],
  // Werkzeug.
  [/^scrypt:\d+:\d+:\d+\$/, scryptWerkzeug],
  [/^pbkdf2:sha\d+:\d+\$/, pbkdf2Werkzeug],
  // Django.
  [/^pbkdf2_sha\d+\$/, pbkdf2Django],
  [/^\$pbkdf2(-sha\d+)?\$/, pbkdf2Phc],
];

function argon2Hash(text: string): ReadHash {
  const [, variant, m, t, p] =
    /^\$argon2(id|i|d)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/.exec(text) ?? [];
  if (variant === undefined) return { problem: 'is no argon2 hash of version 19 in PHC form' };
  if (Number(m) > MOST.argonKiB || Number(t) > MOST.argonPasses || Number(p) > MOST.argonLanes) return tooDear();
  return { phc: text, kind: variant === 'id' ? 'argon2id' : 'argon2' };
}

/** `$2x$` marks hashes of a fault in old crypt_blowfish: they cannot be compared. */
function bcryptHash(text: string): ReadHash {
  const [, variant, cost, rest] = /^\$2([aby])\$(\d\d)\$([./A-Za-z0-9]{53})$/.exec(text) ?? [];
  if (variant === undefined) return { problem: 'is no bcrypt hash of kind 2a, 2b or 2y' };
  if (Number(cost) < 4 || Number(cost) > MOST.bcryptCost) return tooDear();
  return { phc: `$2b$${cost}$${rest}`, kind: 'bcrypt' };
}

function scryptPhc(text: string): ReadHash {
  const [, ln, r, p, salt, hash] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/.=]+)\$([A-Za-z0-9+/.=]+)$/.exec(text) ?? [];
  if (ln === undefined) return { problem: 'is no scrypt hash like $scrypt$ln=15,r=8,p=1$…$…' };
  return scrypt(Number(ln), Number(r), Number(p), fromBase64(salt), fromBase64(hash));
}

/** The salt is the text itself, the hash is hexadecimal. */
function scryptWerkzeug(text: string): ReadHash {
  const [, n, r, p, salt = '', hash = ''] =
    /^scrypt:(\d{1,9}):(\d{1,3}):(\d{1,3})\$([^$]+)\$([0-9a-f]+)$/.exec(text) ?? [];
  const ln = Math.log2(Number(n));
  if (!Number.isInteger(ln)) return { problem: 'is no scrypt hash like scrypt:32768:8:1$salt$…' };
  return scrypt(ln, Number(r), Number(p), Buffer.from(salt), Buffer.from(hash, 'hex'));
}

function scrypt(ln: number, r: number, p: number, salt: Buffer, hash: Buffer): ReadHash {
  if (ln < 1 || r < 1 || p < 1 || 128 * 2 ** ln * r > MOST.scryptBytes || p > MOST.scryptLanes) return tooDear();
  if (isOdd(salt, 1) || isOdd(hash)) return { problem: 'has a salt or hash of a strange length' };
  return { phc: `$scrypt$ln=${ln},r=${r},p=${p}$${toBase64(salt)}$${toBase64(hash)}`, kind: 'scrypt' };
}

function pbkdf2Phc(text: string): ReadHash {
  const [, digest = 'sha1', rounds, salt, hash] =
    /^\$pbkdf2(?:-(sha\d+))?\$(?:i=)?(\d{1,9})(?:,l=\d+)?\$([A-Za-z0-9+/.=]+)\$([A-Za-z0-9+/.=]+)$/.exec(text) ?? [];
  if (rounds === undefined) return { problem: 'is no PBKDF2 hash like $pbkdf2-sha256$i=600000$…$…' };
  return pbkdf2(digest, Number(rounds), fromBase64(salt), fromBase64(hash));
}

/** The salt is the text itself. */
function pbkdf2Django(text: string): ReadHash {
  const [, digest = '', rounds, salt = '', hash] =
    /^pbkdf2_(sha\d+)\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  if (rounds === undefined) return { problem: 'is no PBKDF2 hash like pbkdf2_sha256$600000$salt$…' };
  return pbkdf2(digest, Number(rounds), Buffer.from(salt), fromBase64(hash));
}

function pbkdf2Werkzeug(text: string): ReadHash {
  const [, digest = '', rounds, salt = '', hash = ''] =
    /^pbkdf2:(sha\d+):(\d{1,9})\$([^$]+)\$([0-9a-f]+)$/.exec(text) ?? [];
  if (rounds === undefined) return { problem: 'is no PBKDF2 hash like pbkdf2:sha256:600000$salt$…' };
  return pbkdf2(digest, Number(rounds), Buffer.from(salt), Buffer.from(hash, 'hex'));
}

/** `{ algorithm: "pbkdf2-sha256", hashIterations, salt, value }`, as realm exports have it in two pieces of JSON. */
function keycloakHash({ algorithm, hashIterations, salt, value }: Record<string, unknown>): ReadHash {
  const digest = /^pbkdf2(?:-(sha\d+))?$/.exec(String(algorithm));
  const isWhole = typeof hashIterations === 'number' && typeof salt === 'string' && typeof value === 'string';
  if (!digest || !isWhole) return { problem: 'needs algorithm (pbkdf2-…), hashIterations, salt and value' };
  return pbkdf2(digest[1] ?? 'sha1', hashIterations, fromBase64(salt), fromBase64(value));
}

function pbkdf2(digest: string, rounds: number, salt: Buffer, hash: Buffer): ReadHash {
  if (!DIGESTS.some((one) => one === digest)) return { problem: `is of ${digest}; known are ${DIGESTS.join(', ')}` };
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST.pbkdf2Rounds) return tooDear();
  if (isOdd(salt, 1) || isOdd(hash)) return { problem: 'has a salt or hash of a strange length' };
  return { phc: `$pbkdf2-${digest}$i=${rounds}$${toBase64(salt)}$${toBase64(hash)}`, kind: 'pbkdf2' };
}

function isOdd(bytes: Buffer, least = BYTES.least): boolean {
  return bytes.length < least || bytes.length > BYTES.most;
}

function tooDear(): { readonly problem: string } {
  return { problem: 'has costs out of bounds: one sign-in would hold up all others' };
}

/** passlib writes `.` for `+` and leaves the padding out. */
function fromBase64(text = ''): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
