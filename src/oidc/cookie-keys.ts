/** Keys that sign browser cookies, and the secret sealed beside them. */
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { randomId } from '../ops/ids.ts';
import type { AuditEntry, KeyStore } from '../store/store.ts';

export interface CookieKey {
  readonly key: string;
  readonly signsFrom: number;
}

/** What the store keeps of them, unsealed. */
export interface Secrets {
  /** Newest first. */
  readonly cookieKeys: readonly CookieKey[];
  /** Pairwise subjects are made with it; never changes. */
  readonly pairwiseSalt: string;
}

/**
 * All processes know a key before it signs: one that did not would take the browser for a new one and give it another
 * cookie. They look every two seconds.
 */
const KNOWN_BEFORE_MS = 30_000;

/** Cookies signed by an older key are worth nothing: after a rotation each week that is one of ten weeks ago. */
const KEPT = 10;

export function newSecrets(now: number): Secrets {
  return { cookieKeys: [{ key: randomId(32), signsFrom: now }], pairwiseSalt: randomId(32) };
}

export function sealSecrets(secrets: Secrets, box: CryptoBox): string {
  return box.seal(JSON.stringify(secrets));
}

/** Stores of the first version hold the bare keys. */
export function openSecrets(sealed: string, box: CryptoBox): Secrets {
  const { cookieKeys, pairwiseSalt } = JSON.parse(box.open(sealed)) as {
    readonly cookieKeys: readonly (string | CookieKey)[];
    readonly pairwiseSalt: string;
  };
  return { cookieKeys: cookieKeys.map((one) => (typeof one === 'string' ? bare(one) : one)), pairwiseSalt };
}

function bare(key: string): CookieKey {
  return { key, signsFrom: 0 };
}

/** The first signs, all are believed. */
export function inSigningOrder(keys: readonly CookieKey[], now: number): readonly string[] {
  const isComing = (one: CookieKey) => one.signsFrom > now;
  return [...keys.filter((one) => !isComing(one)), ...keys.filter(isComing)].map(({ key }) => key);
}

/**
 * A new cookie key: signs after half a minute, browsers notice nothing. `leaked`: at once, and the older ones are believed
 * no longer, so that every browser signs in again.
 */
export async function rotateCookieKeys(
  parts: {
    readonly store: { readonly keys: Pick<KeyStore, 'established' | 'replaceCookieKeys'> };
    readonly clock: Clock;
    readonly box: CryptoBox;
  },
  { leaked, audit }: { readonly leaked: boolean; readonly audit?: AuditEntry },
): Promise<{ readonly createdAt: number; readonly signsFrom: number }> {
  const { store, clock, box } = parts;
  for (;;) {
    const established = await store.keys.established();
    if (established === undefined) throw new Error('cookie keys of a store in which there are none');
    const { cookieKeys, pairwiseSalt } = openSecrets(established.sealedCookieKeys, box);
    const createdAt = clock.now();
    const made = { key: randomId(32), signsFrom: createdAt + (leaked ? 0 : KNOWN_BEFORE_MS) };
    const next = [made, ...(leaked ? [] : cookieKeys)].slice(0, KEPT);
    const sealed = sealSecrets({ cookieKeys: next, pairwiseSalt }, box);
    // Another rotation was faster: what it made is kept too.
    if (await store.keys.replaceCookieKeys(established.sealedCookieKeys, sealed, audit)) {
      return { createdAt, signsFrom: made.signsFrom };
    }
  }
}
