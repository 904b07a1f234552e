import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';

it('a digest is the same for the same text and key, and for nothing else', () => {
  const key = randomBytes(32);
  const box = createCryptoBox(key);
  expect(box.digest('203.0.113.7')).toBe(createCryptoBox(key).digest('203.0.113.7'));
  expect(box.digest('203.0.113.7')).not.toBe(box.digest('203.0.113.8'));
  expect(box.digest('203.0.113.7')).not.toBe(createCryptoBox(randomBytes(32)).digest('203.0.113.7'));
  expect(box.digest('203.0.113.7')).not.toContain('203');
});

it('what is sealed opens under its key alone', () => {
  const box = createCryptoBox(randomBytes(32));
  expect(box.open(box.seal('text'))).toBe('text');
  expect(() => createCryptoBox(randomBytes(32)).open(box.seal('text'))).toThrow();
});
