/**
 * Rotation by age (`SIGNOFF_KEY_AGE`): new keys are published before the old ones are too old, and old ones leave the key
 * set when nothing that they signed can still be good. Any number of processes look; the store lets one of them make keys.
 */
import { SIGNING_ALGS, type SigningAlg } from '../deliveries/delivery.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import type { KeyStore, SigningKeyRow } from '../store/store.ts';
import { PUBLISHED_BEFORE_MS } from './key-rotation.ts';
import { signingRow } from './keys.ts';
import { makeSigningKey } from './signing-key.ts';

const LOOK_EVERY_MS = 60_000;
/** Rotation that has not happened for so long does not happen. */
const OVERDUE_MS = 24 * 3_600_000;
/** ID tokens last a day at most, caches of key sets less; as `id_token_hint` they are believed from retired keys, too. */
const KEPT_AFTER_MS = 7 * 24 * 3_600_000;

export interface KeyAge {
  /** Of the newest keys. */
  readonly ageMs: number;
  /** When the next ones are made; undefined where keys do not age. */
  readonly dueAt: number | undefined;
  /** They should have been made a day ago. */
  readonly overdue: boolean;
}

/** `maxMs` undefined: keys do not age. Pure. */
export function keyAge(rows: readonly SigningKeyRow[], now: number, maxMs: number | undefined): KeyAge {
  const youngest = SIGNING_ALGS.map((alg) => youngestAt(rows, alg)).filter((at) => at !== undefined);
  if (youngest.length === 0) return { ageMs: 0, dueAt: undefined, overdue: false };
  const at = Math.min(...youngest);
  const dueAt = maxMs === undefined ? undefined : at + maxMs;
  return { ageMs: now - at, dueAt, overdue: dueAt !== undefined && now > dueAt + OVERDUE_MS };
}

function youngestAt(rows: readonly SigningKeyRow[], alg: SigningAlg): number | undefined {
  return rows.findLast((row) => row.alg === alg && row.retiredAt === undefined)?.createdAt;
}

/** Published keys whose successor has signed for so long that nothing of theirs is good any more. Pure. */
export function outlived(rows: readonly SigningKeyRow[], now: number): readonly SigningKeyRow[] {
  return rows.filter((row) => {
    const signing = row.retiredAt === undefined ? signingRow(rows, row.alg, now) : undefined;
    const isSucceeded = signing !== undefined && signing.kid !== row.kid && row.signsFrom < signing.signsFrom;
    return isSucceeded && signing.signsFrom + KEPT_AFTER_MS <= now;
  });
}

export interface KeyAgingParts {
  readonly store: { readonly keys: Pick<KeyStore, 'signingKeys' | 'saveSigningKeys' | 'addSigningKeys'> };
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly log: Log;
  /** `SIGNOFF_KEY_AGE`; undefined: keys do not age. */
  readonly maxMs: number | undefined;
}

export interface KeyAging extends Service {
  /** One look, now. */
  run(): Promise<void>;
}

/** Running processes see what it does as they see `keys rotate`. */
export function createKeyAging(parts: KeyAgingParts): KeyAging {
  const { store, clock, log } = parts;

  async function run(): Promise<void> {
    const rows = await store.keys.signingKeys();
    const { dueAt } = keyAge(rows, clock.now(), parts.maxMs);
    if (dueAt === undefined) return;
    if (clock.now() >= dueAt) await rotate(rows);
    await retire(outlived(rows, clock.now()));
  }

  async function rotate(rows: readonly SigningKeyRow[]): Promise<void> {
    const createdAt = clock.now();
    const when = { createdAt, signsFrom: createdAt + PUBLISHED_BEFORE_MS };
    const made = await Promise.all(SIGNING_ALGS.map((alg) => makeSigningKey(alg, when, parts.box)));
    const known = rows.map(({ kid }) => kid);
    if (!(await store.keys.addSigningKeys(made, known))) return;
    log.info('keys.rotated', { kids: made.map(({ kid }) => kid), signs_from: new Date(when.signsFrom).toISOString() });
  }

  async function retire(rows: readonly SigningKeyRow[]): Promise<void> {
    if (rows.length === 0) return;
    await store.keys.saveSigningKeys(rows.map((row) => ({ ...row, retiredAt: clock.now(), sealedPrivateJwk: '' })));
    log.info('keys.retired', { kids: rows.map(({ kid }) => kid) });
  }

  const failed = (error: unknown) => log.warn('keys.not_rotated', { error });
  return { ...createRepeating({ everyMs: LOOK_EVERY_MS, work: run, failed }), run };
}
