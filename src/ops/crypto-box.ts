import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Encryption at rest for what must be readable again: signing keys, shared secrets, parked parameters. */
export interface CryptoBox {
  /** The first 8 characters of the SHA-256 of the key; names a key without telling it. */
  readonly keyId: string;
  seal(plain: string): string;
  /** Throws when the text was sealed under another key or was altered. */
  open(sealed: string): string;
  /** Of the same text always the same; without the key nobody can tell which text, nor try some. */
  digest(plain: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a 32-byte key. A sealed text is `v1.` + base64url(iv ‖ tag ‖ ciphertext). */
export function createCryptoBox(key: Buffer): CryptoBox {
  if (key.length !== 32) throw new RangeError(`the key has ${key.length} bytes; 32 are needed`);
  // Another key for another use.
  const digestKey = Buffer.from(hkdfSync('sha256', key, '', 'signoff digest v1', 32));
  return {
    keyId: createHash('sha256').update(key).digest('base64url').slice(0, 8),
    seal(plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `v1.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed) {
      const [version, text] = sealed.split('.');
      if (version !== 'v1' || !text) throw new Error('not a sealed text');
      const bytes = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)).toString('utf8') + decipher.final('utf8');
    },
    digest: (plain) => createHmac('sha256', digestKey).update(plain).digest('base64url'),
  };
}
