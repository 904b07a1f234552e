import { describe, expect, it } from '@jest/globals';
import { readHash } from '../../../src/accounts/foreign-hash.ts';
import { createPasswords } from '../../../src/accounts/password.ts';

/** Made by the programs that are named, or by Python's hashlib in their spelling; all but two are of this password. */
const PASSWORD = 'paper-lantern-31';
const HASHES: readonly (readonly [name: string, hash: unknown, password?: string])[] = [
  ['argon2i', '$argon2i$v=19$m=4096,t=2,p=1$EZD4VQ1682BQXdlrFNrubg$NGtT3EAHHlmUu3nz4f6MaiVyJlFiT+WFumPwRsQAQs4'],
  ['bcrypt 2a (crypt_blowfish)', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt 2y', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  [
    'scrypt of passlib',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
    'password',
  ],
  [
    'scrypt of Werkzeug',
    'scrypt:16384:8:1$Zq7wPm2x$4d180afd71b9eb4f01db1625001d9e2dd45a11ee5003823fee9951b5bf89d981a72b07466b88abbd1deaa934991091c4ca32710c854746769420a9afdf6bdac9',
  ],
  ['PBKDF2 of Django', 'pbkdf2_sha256$20000$aSaltOfDjango1$lpAHeahCRWkx4CZ4qu2mNLlYI1KRycHJgmbvUXImPe8='],
  [
    'PBKDF2 of Werkzeug',
    'pbkdf2:sha512:10000$Zq7wPm2x$567c66faff082c28cf455df82669f0707d1a63e9dd51a51d592f5c43a93aed178df62db64d13d4b8a70cb367d9d245d59976bfb056cd531ca092df5099830a32',
  ],
  ['PBKDF2 of passlib', '$pbkdf2-sha256$6400$.vv8/f7/AAAAAAAAAAAAAA$89WDWR/KUboAZHr0WLA6UNp7By2JUJr2gh9TZ1nNVS8'],
  [
    'PBKDF2 of Keycloak',
    {
      algorithm: 'pbkdf2-sha512',
      hashIterations: 210_000,
      salt: '+vv8/f7/AAAAAAAAAAAAAA==',
      value: '/WmxWaGO6wCUWPFwdsUfnHske14qTL9AOhU4qVvR3TK2yF5yjATfZVU1Mdcl9aAbwBHT7/VDz8om47a2qPy9hw==',
    },
  ],
];

const passwords = createPasswords();

describe.each(HASHES)('%s', (_name, given, password = PASSWORD) => {
  const read = readHash(given);
  const phc = 'phc' in read ? read.phc : '';

  it('is read, lets the right password in and no other, and is not ours', async () => {
    expect(read).toEqual({ phc: expect.any(String), kind: expect.any(String) });
    await expect(passwords.verify(phc, password)).resolves.toBe(true);
    await expect(passwords.verify(phc, `${password} `)).resolves.toBe(false);
    expect(passwords.isOurs(phc)).toBe(false);
  });

  it('is read again as it was kept', () => {
    expect(readHash(phc)).toEqual(read);
  });
});

it('what is made here is ours', async () => {
  expect(passwords.isOurs(await passwords.hash(PASSWORD))).toBe(true);
});

describe('refused are', () => {
  it.each([
    ['plain text', 'paper-lantern-31'],
    ['plain MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['the old fault of crypt_blowfish', '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['a bcrypt that takes minutes', '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    [
      'an argon2 of 4 GiB',
      '$argon2id$v=19$m=4194304,t=2,p=1$EZD4VQ1682BQXdlrFNrubg$NGtT3EAHHlmUu3nz4f6MaiVyJlFiT+WFumPwRsQAQs4',
    ],
    ['a scrypt of 1 GiB', '$scrypt$ln=20,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
    ['a PBKDF2 of no rounds', 'pbkdf2_sha256$0$aSaltOfDjango1$lpAHeahCRWkx4CZ4qu2mNLlYI1KRycHJgmbvUXImPe8='],
    ['a PBKDF2 of another digest', 'pbkdf2_sha3$20000$aSaltOfDjango1$lpAHeahCRWkx4CZ4qu2mNLlYI1KRycHJgmbvUXImPe8='],
    ['an empty hash, which any password would fit', '$scrypt$ln=14,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$=='],
    ['nothing', undefined],
  ])('%s', (_name, given) => {
    expect(readHash(given)).toEqual({ problem: expect.any(String) });
  });
});
