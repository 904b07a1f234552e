import { createPrivateKey, type webcrypto } from 'node:crypto';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { KeyStore, SigningKeyRow } from '../store/store.ts';
import type { SigningAlg } from './delivery.ts';
import type { SigningKey } from './logout-token.ts';

/** The keys that sign logout tokens: those that sign ID tokens (B16), read from the store because a thread shares nothing. */
export interface Signer {
  /** The youngest key of this algorithm that may sign by now. Rejects when there is none, and with what the store throws. */
  keyFor(alg: SigningAlg): Promise<SigningKey>;
  /** Reads the keys again at the next use. */
  reload(): void;
}

/** A rotation is seen after so long even when nobody tells; `keys rotate` leaves ten minutes, a leaked key sends a reload. */
const FRESH_MS = 10_000;

export function createSigner(parts: { store: Pick<KeyStore, 'signingKeys'>; box: CryptoBox; clock: Clock }): Signer {
  const opened = new Map<string, SigningKey>();
  let rows: Promise<readonly SigningKeyRow[]> | undefined;
  let readAt = 0;

  function read(): Promise<readonly SigningKeyRow[]> {
    if (rows && performance.now() - readAt < FRESH_MS) return rows;
    const reading = parts.store.signingKeys();
    reading.catch(() => {
      if (rows === reading) rows = undefined;
    });
    rows = reading;
    readAt = performance.now();
    return reading;
  }

  function openKey(row: SigningKeyRow): SigningKey {
    const known = opened.get(row.kid);
    if (known) return known;
    const jwk = JSON.parse(parts.box.open(row.sealedPrivateJwk)) as webcrypto.JsonWebKey;
    const key = { kid: row.kid, alg: row.alg, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) };
    opened.set(row.kid, key);
    return key;
  }

  return {
    reload: () => {
      rows = undefined;
    },
    async keyFor(alg) {
      const row = youngest(await read(), alg, parts.clock.now());
      if (!row) throw new Error(`there is no key for ${alg}`);
      return openKey(row);
    },
  };
}

/** Where the clock went back behind all of them, the oldest: a token of a published key beats none. */
function youngest(rows: readonly SigningKeyRow[], alg: SigningAlg, now: number): SigningKeyRow | undefined {
  const byAge = rows
    .filter((row) => row.alg === alg && row.retiredAt === undefined)
    .toSorted((a, b) => a.signsFrom - b.signsFrom || a.createdAt - b.createdAt);
  return byAge.findLast((row) => row.signsFrom <= now) ?? byAge[0];
}
