/** Signing keys, cookie keys and the salt of pairwise subjects: established once for all processes, read again on change. */
import type { JWK } from 'jose';
import { SIGNING_ALGS, type SigningAlg } from '../deliveries/delivery.ts';
import { AppError } from '../errors.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Establishment, KeyStore, SigningKeyRow } from '../store/store.ts';
import { inSigningOrder as cookieKeyOrder, newSecrets, openSecrets, type Secrets, sealSecrets } from './cookie-keys.ts';
import { makeSigningKey, type PrivateJwk, privateHalf } from './signing-key.ts';

/** What this process knows about keys. `refresh` reads what others changed. */
export interface Keys {
  /**
   * The first signs browser cookies, all are believed. `refresh` changes the array in place. The host app's `keys` must be
   * this very array, and the library's: two cookie jars are in play.
   */
  readonly cookieKeys: string[];
  /** Never changes: pairwise subjects are made with it. */
  readonly pairwiseSalt: string;
  /** Private keys in the order the provider wants: of each algorithm the one that signs at `now` comes first. */
  privateKeys(now: number): readonly PrivateJwk[];
  /** The key that signs with this algorithm at `now`. */
  signerFor(alg: SigningAlg, now: number): PrivateJwk;
  /** A public half by `kid`, retired ones included: they still prove old hints (I20). Not those that leaked. */
  publicKey(kid: string): JWK | undefined;
  /** When the next key begins to sign: the provider has to be swapped then, after a `refresh`. Undefined: none is planned. */
  nextChangeAt(now: number): number | undefined;
  /** Reads the store again; answers whether anything changed. */
  refresh(): Promise<boolean>;
}

interface KeysParts {
  readonly store: { readonly keys: KeyStore };
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly issuer: string;
}

const CHECK_TEXT = 'signoff';

/**
 * Reads the keys, making them where this is the first process of a new store. Throws AppError `wrong_issuer` or
 * `wrong_key` when the store belongs to another issuer or was sealed under another master key.
 */
export async function openKeys(parts: KeysParts): Promise<Keys> {
  const { store, box, clock } = parts;
  const established = (await store.keys.established()) ?? (await store.keys.establish(await firstKeys(parts)));
  assertSame(established, parts);
  let state = readState(established, box);
  const cookieKeys: string[] = [...cookieKeyOrder(state.secrets.cookieKeys, clock.now())];
  return {
    cookieKeys,
    pairwiseSalt: state.secrets.pairwiseSalt,
    privateKeys: (now) => SIGNING_ALGS.flatMap((alg) => inSigningOrder(state, alg, now)),
    signerFor: (alg, now) => signer(state, alg, now),
    publicKey: (kid) => state.publicKeys.get(kid),
    nextChangeAt: (now) => nextChange(state, now),
    async refresh() {
      const found = (await store.keys.established()) ?? state.established;
      const changed = JSON.stringify(found) !== JSON.stringify(state.established);
      if (changed) state = readState(found, box);
      cookieKeys.splice(0, cookieKeys.length, ...cookieKeyOrder(state.secrets.cookieKeys, clock.now()));
      return changed;
    },
  };
}

async function firstKeys({ box, clock, issuer }: KeysParts): Promise<Establishment> {
  const now = clock.now();
  const when = { createdAt: now, signsFrom: now };
  return {
    issuer,
    keyId: box.keyId,
    sealedCheck: box.seal(CHECK_TEXT),
    sealedCookieKeys: sealSecrets(newSecrets(now), box),
    signingKeys: await Promise.all(SIGNING_ALGS.map((alg) => makeSigningKey(alg, when, box))),
  };
}

/** Two processes that disagree would sign tokens nobody can check, or read nothing: better not to start. */
function assertSame(established: Establishment, { box, issuer }: KeysParts): void {
  if (established.issuer !== issuer) {
    throw new AppError({
      code: 'wrong_issuer',
      status: 500,
      publicMessage: `This store belongs to the issuer ${established.issuer}, but SIGNOFF_ISSUER is ${issuer}. Use the same issuer, or another store.`,
    });
  }
  if (established.keyId === box.keyId && opens(box, established.sealedCheck)) return;
  throw new AppError({
    code: 'wrong_key',
    status: 500,
    publicMessage: `This store is sealed under the key ${established.keyId}, but SIGNOFF_KEY or SIGNOFF_KEY_FILE is the key ${box.keyId}. Give every process the key of this store.`,
  });
}

function opens(box: CryptoBox, sealedCheck: string): boolean {
  try {
    return box.open(sealedCheck) === CHECK_TEXT;
  } catch {
    return false;
  }
}

interface KeyState {
  readonly established: Establishment;
  readonly secrets: Secrets;
  readonly privateKeys: ReadonlyMap<string, PrivateJwk>;
  readonly publicKeys: ReadonlyMap<string, JWK>;
}

function readState(established: Establishment, box: CryptoBox): KeyState {
  const { signingKeys, sealedCookieKeys } = established;
  const live = signingKeys.filter((row) => row.retiredAt === undefined);
  const believed = signingKeys.filter((row) => row.leakedAt === undefined);
  return {
    established,
    secrets: openSecrets(sealedCookieKeys, box),
    privateKeys: new Map(live.map((row) => [row.kid, privateHalf(row, box)])),
    publicKeys: new Map(believed.map((row) => [row.kid, JSON.parse(row.publicJwk) as JWK])),
  };
}

function inSigningOrder(state: KeyState, alg: SigningAlg, now: number): PrivateJwk[] {
  const rows = state.established.signingKeys;
  const signing = signingRow(rows, alg, now);
  const others = rows.filter((row) => row.alg === alg && row.kid !== signing?.kid).reverse();
  return [signing, ...others].map((row) => state.privateKeys.get(row?.kid ?? '')).filter((key) => key !== undefined);
}

function signer(state: KeyState, alg: SigningAlg, now: number): PrivateJwk {
  const key = state.privateKeys.get(signingRow(state.established.signingKeys, alg, now)?.kid ?? '');
  if (!key) throw new Error(`no key signs with ${alg}`);
  return key;
}

/** The youngest key of an algorithm that may sign already, retired ones aside. */
export function signingRow(rows: readonly SigningKeyRow[], alg: SigningAlg, now: number): SigningKeyRow | undefined {
  return rows
    .filter((row) => row.alg === alg && row.retiredAt === undefined && row.signsFrom <= now)
    .toSorted((a, b) => a.signsFrom - b.signsFrom || a.createdAt - b.createdAt)
    .at(-1);
}

function nextChange({ established, secrets }: KeyState, now: number): number | undefined {
  const signing = established.signingKeys.filter((row) => row.retiredAt === undefined);
  const planned = [...signing, ...secrets.cookieKeys].map((one) => one.signsFrom).filter((from) => from > now);
  return planned.length === 0 ? undefined : Math.min(...planned);
}
