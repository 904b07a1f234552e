import { randomBytes } from 'node:crypto';
import { sha256 } from '../ops/ids.ts';

/** How many a person gets at once. */
const RECOVERY_CODES = 10;

/** No letter that looks like a digit; 32 of them, so that each is worth five bits. */
const ALPHABET = 'abcdefghjkmnpqrstvwxyz0123456789';
const CHARACTERS = 16;
const GROUP = 4;

/**
 * Ten new codes of 80 bits each, like `k3vn-9r2d-m7qw-0xtc`. Shown once: so large that a plain hash of one tells nothing
 * about it.
 */
export function createRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, createCode);
}

function createCode(): string {
  const characters = [...randomBytes(CHARACTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return (characters.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-');
}

/** How a code is stored: whatever people add, leave out or mistake when they type it. Undefined for what is no code. */
export function hashRecoveryCode(typed: string): string | undefined {
  const plain = typed.toLowerCase().replace(/[\s\u2010-\u2015-]/gu, '');
  const code = plain.replaceAll('o', '0').replace(/[il]/gu, '1');
  return code.length === CHARACTERS && [...code].every((character) => ALPHABET.includes(character))
    ? sha256(`recovery ${code}`)
    : undefined;
}
