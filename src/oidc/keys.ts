/** Signing keys, cookie keys and the salt of pairwise subjects: established once for all processes, read again on change. */
import type { JWK } from 'jose';
import { SIGNING_ALGS, type SigningAlg } from '../deliveries/delivery.ts';
import { AppError } from '../errors.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { randomId } from '../ops/ids.ts';
import type { Establishment, KeyStore, SigningKeyRow } from '../store/store.ts';
import { makeSigningKey, type PrivateJwk, privateHalf } from './signing-key.ts';

/** What this process knows about keys. `refresh` reads what others changed. */
export interface Keys {
  /** Signs browser cookies, the newest first. The host app's `keys` must be this very array: two cookie jars are in play. */
  readonly cookieKeys: string[];
  /** Never changes: pairwise subjects are made with it. */
  readonly pairwiseSalt: string;
  /** Private keys in the order the provider wants: of each algorithm the one that signs at `now` comes first. */
  privateKeys(now: number): readonly PrivateJwk[];
  /** The key that signs with this algorithm at `now`. */
  signerFor(alg: SigningAlg, now: number): PrivateJwk;
  /** A public half by `kid`, retired ones included: they still prove old hints (I20). */
  publicKey(kid: string): JWK | undefined;
  /** When the next key begins to sign: the provider has to be swapped then. Undefined: nothing is planned. */
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

/** What is sealed beside the signing keys. */
interface Secrets {
  readonly cookieKeys: string[];
  readonly pairwiseSalt: string;
}

const CHECK_TEXT = 'signoff';

/**
 * Reads the keys, making them where this is the first process of a new store. Throws AppError `wrong_issuer` or
 * `wrong_key` when the store belongs to another issuer or was sealed under another master key.
 */
export async function openKeys(parts: KeysParts): Promise<Keys> {
  const { store, box } = parts;
  const established = (await store.keys.established()) ?? (await store.keys.establish(await firstKeys(parts)));
  assertSame(established, parts);
  const secrets = JSON.parse(box.open(established.sealedCookieKeys)) as Secrets;
  let state = readRows(await store.keys.signingKeys(), box);
  return {
    ...secrets,
    privateKeys: (now) => SIGNING_ALGS.flatMap((alg) => inSigningOrder(state, alg, now)),
    signerFor: (alg, now) => signer(state, alg, now),
    publicKey: (kid) => state.publicKeys.get(kid),
    nextChangeAt: (now) => nextChange(state.rows, now),
    async refresh() {
      const rows = await store.keys.signingKeys();
      if (JSON.stringify(rows) === JSON.stringify(state.rows)) return false;
      state = readRows(rows, box);
      return true;
    },
  };
}

async function firstKeys({ box, clock, issuer }: KeysParts): Promise<Establishment> {
  const now = clock.now();
  const when = { createdAt: now, signsFrom: now };
  const secrets: Secrets = { cookieKeys: [randomId(32)], pairwiseSalt: randomId(32) };
  return {
    issuer,
    keyId: box.keyId,
    sealedCheck: box.seal(CHECK_TEXT),
    sealedCookieKeys: box.seal(JSON.stringify(secrets)),
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
  readonly rows: readonly SigningKeyRow[];
  readonly privateKeys: ReadonlyMap<string, PrivateJwk>;
  readonly publicKeys: ReadonlyMap<string, JWK>;
}

function readRows(rows: readonly SigningKeyRow[], box: CryptoBox): KeyState {
  const live = rows.filter((row) => row.retiredAt === undefined);
  return {
    rows,
    privateKeys: new Map(live.map((row) => [row.kid, privateHalf(row, box)])),
    publicKeys: new Map(rows.map((row) => [row.kid, JSON.parse(row.publicJwk) as JWK])),
  };
}

function inSigningOrder(state: KeyState, alg: SigningAlg, now: number): PrivateJwk[] {
  const signing = signingRow(state.rows, alg, now);
  const others = state.rows.filter((row) => row.alg === alg && row.kid !== signing?.kid).reverse();
  return [signing, ...others].map((row) => state.privateKeys.get(row?.kid ?? '')).filter((key) => key !== undefined);
}

function signer(state: KeyState, alg: SigningAlg, now: number): PrivateJwk {
  const key = state.privateKeys.get(signingRow(state.rows, alg, now)?.kid ?? '');
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

function nextChange(rows: readonly SigningKeyRow[], now: number): number | undefined {
  const planned = rows.filter((row) => row.retiredAt === undefined && row.signsFrom > now).map((row) => row.signsFrom);
  return planned.length === 0 ? undefined : Math.min(...planned);
}
