/** What `signoff keys` does to signing keys: list, rotate, retire. Running processes notice within seconds. */
import { SIGNING_ALGS, type SigningAlg } from '../deliveries/delivery.ts';
import { AppError } from '../errors.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { AuditEntry, KeyStore, SigningKeyRow } from '../store/store.ts';
import { signingRow } from './keys.ts';
import { makeSigningKey } from './signing-key.ts';

/** How long a new key is published before it signs: apps cache our key set for five minutes. */
export const PUBLISHED_BEFORE_MS = 10 * 60 * 1000;

/**
 * `next`: published, does not sign yet. `published`: signed once, still in the key set. `retired`: proves old hints only.
 * `leaked`: proves nothing.
 */
export type KeyRole = 'next' | 'signing' | 'published' | 'retired' | 'leaked';

export interface KeyInfo {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly role: KeyRole;
  readonly createdAt: number;
  readonly signsFrom: number;
  readonly retiredAt: number | undefined;
}

interface RotationParts {
  readonly store: { readonly keys: Pick<KeyStore, 'signingKeys' | 'saveSigningKeys'> };
  readonly clock: Clock;
}

/** All signing keys and what they are for just now, oldest first. */
export async function listKeys({ store, clock }: RotationParts): Promise<readonly KeyInfo[]> {
  const rows = await store.keys.signingKeys();
  return rows.map((row) => infoOf(row, rows, clock.now()));
}

/**
 * A new key for each algorithm: published at once, signs after ten minutes. `leaked`: signs at once, and every key there
 * was is out of the key set and proves no hint any more, retired ones too: they lay in the same place.
 */
export async function rotateKeys(
  parts: RotationParts & { readonly box: CryptoBox },
  { leaked, audit }: { readonly leaked: boolean; readonly audit?: AuditEntry },
): Promise<readonly KeyInfo[]> {
  const { store, clock, box } = parts;
  const createdAt = clock.now();
  const signsFrom = createdAt + (leaked ? 0 : PUBLISHED_BEFORE_MS);
  const made = await Promise.all(SIGNING_ALGS.map((alg) => makeSigningKey(alg, { createdAt, signsFrom }, box)));
  const before = leaked ? await store.keys.signingKeys() : [];
  await store.keys.saveSigningKeys([...made, ...before.map((row) => asLeaked(row, createdAt))], audit);
  const rows = await store.keys.signingKeys();
  return made.map((row) => infoOf(row, rows, createdAt));
}

function asLeaked(row: SigningKeyRow, at: number): SigningKeyRow {
  return { ...row, retiredAt: row.retiredAt ?? at, leakedAt: row.leakedAt ?? at, sealedPrivateJwk: '' };
}

/**
 * Takes a key out of the key set for good and forgets its private half. Throws AppError `key_unknown` (404), or
 * `key_in_use` (409) when no other key could sign in its place.
 */
export async function retireKey({ store, clock }: RotationParts, kid: string, audit?: AuditEntry): Promise<KeyInfo> {
  const rows = await store.keys.signingKeys();
  const row = rows.find((one) => one.kid === kid);
  if (!row) throw new AppError({ code: 'key_unknown', status: 404, publicMessage: `There is no key ${kid}.` });
  const now = clock.now();
  if (row.retiredAt !== undefined) return infoOf(row, rows, now);
  const others = rows.filter((one) => one.kid !== kid);
  if (!signingRow(others, row.alg, now)) {
    throw new AppError({
      code: 'key_in_use',
      status: 409,
      publicMessage: `${kid} is the only key that signs with ${row.alg}. Run "keys rotate" first; a leaked key is replaced at once by "keys rotate --leaked".`,
    });
  }
  const retired = { ...row, retiredAt: now, sealedPrivateJwk: '' };
  await store.keys.saveSigningKeys([retired], audit);
  return infoOf(retired, rows, now);
}

function infoOf(row: SigningKeyRow, rows: readonly SigningKeyRow[], now: number): KeyInfo {
  const { kid, alg, createdAt, signsFrom, retiredAt } = row;
  return { kid, alg, role: roleOf(row, rows, now), createdAt, signsFrom, retiredAt };
}

function roleOf(row: SigningKeyRow, rows: readonly SigningKeyRow[], now: number): KeyRole {
  if (row.leakedAt !== undefined) return 'leaked';
  if (row.retiredAt !== undefined) return 'retired';
  if (row.signsFrom > now) return 'next';
  return signingRow(rows, row.alg, now)?.kid === row.kid ? 'signing' : 'published';
}
