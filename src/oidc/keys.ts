/** Signing keys, cookie keys and the salt of pairwise subjects: established once for all processes, watched for changes. */
import type { JWK } from 'jose';
import type { SigningAlg } from '../deliveries/delivery.ts';
import type { PrivateJwk } from './signing-key.ts';

/** What this process knows about keys. `refresh` reads what others changed. */
export interface Keys {
  /** Signs browser cookies; the newest first. The host app's `keys` must be this very array (two cookie jars are in play). */
  readonly cookieKeys: string[];
  /** Never changes: pairwise subjects are made with it. */
  readonly pairwiseSalt: string;
  /** Private keys in the order the provider wants: for each algorithm the one that signs at `now` comes first. */
  privateKeys(now: number): readonly PrivateJwk[];
  /** The key that signs with this algorithm at `now`. */
  signerFor(alg: SigningAlg, now: number): PrivateJwk;
  /** Public halves by `kid`, retired ones included: they still prove old hints (I20). */
  publicKey(kid: string): JWK | undefined;
  /** When the next key begins to sign: the provider has to be swapped then. Undefined: nothing is planned. */
  nextChangeAt(now: number): number | undefined;
  /** Reads the store again; answers whether anything changed. */
  refresh(): Promise<boolean>;
}
