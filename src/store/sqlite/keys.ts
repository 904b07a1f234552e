import type { SigningAlg } from '../../deliveries/delivery.ts';
import type { Establishment, KeyStore, SigningKeyRow } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Tx } from './connection.ts';
import { readFact, writeFact } from './facts.ts';

const ESTABLISHMENT = 'establishment';

/** What all processes must agree on; the write lock lets the first one decide. */
export function createKeys({ read, write }: Connection): KeyStore {
  return {
    establish: (first) =>
      write((tx) => {
        const known = established(tx);
        if (known) return known;
        const { signingKeys, ...facts } = first;
        writeFact(tx, ESTABLISHMENT, JSON.stringify(facts));
        for (const row of signingKeys) saveSigningKey(tx, row);
        return established(tx) ?? first;
      }),
    established: () => read(established),
    replaceCookieKeys: (from, to, audit) =>
      write((tx) => {
        const fact = readFact(tx, ESTABLISHMENT);
        const facts = fact === undefined ? undefined : JSON.parse(fact);
        if (facts?.sealedCookieKeys !== from) return false;
        writeFact(tx, ESTABLISHMENT, JSON.stringify({ ...facts, sealedCookieKeys: to }));
        appendAudit(tx, audit);
        return true;
      }),
    signingKeys: () => read(signingKeys),
    addSigningKeys: (rows, known) =>
      write((tx) => {
        if (!isSameSet(signingKeys(tx), known)) return false;
        for (const row of rows) saveSigningKey(tx, row);
        return true;
      }),
    async saveSigningKeys(rows, audit) {
      await write((tx) => {
        for (const row of rows) saveSigningKey(tx, row);
        appendAudit(tx, audit);
      });
    },
  };
}

function isSameSet(rows: readonly SigningKeyRow[], kids: readonly string[]): boolean {
  return rows.length === kids.length && rows.every(({ kid }) => kids.includes(kid));
}

function established(tx: Tx): Establishment | undefined {
  const facts = readFact(tx, ESTABLISHMENT);
  return facts === undefined ? undefined : { ...JSON.parse(facts), signingKeys: signingKeys(tx) };
}

interface KeyRow {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly public_jwk: string;
  readonly sealed_private_jwk: string;
  readonly created_at: number;
  readonly signs_from: number;
  readonly retired_at: number | null;
  readonly leaked_at: number | null;
}

function signingKeys(tx: Tx): readonly SigningKeyRow[] {
  return tx.all<KeyRow>('SELECT * FROM signing_keys ORDER BY created_at, kid').map((row) => ({
    kid: row.kid,
    alg: row.alg,
    publicJwk: row.public_jwk,
    sealedPrivateJwk: row.sealed_private_jwk,
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    retiredAt: row.retired_at ?? undefined,
    leakedAt: row.leaked_at ?? undefined,
  }));
}

function saveSigningKey(tx: Tx, row: SigningKeyRow): void {
  tx.run(
    `INSERT OR REPLACE INTO signing_keys
       (kid, alg, public_jwk, sealed_private_jwk, created_at, signs_from, retired_at, leaked_at)
     VALUES (:kid, :alg, :publicJwk, :sealedPrivateJwk, :createdAt, :signsFrom, :retiredAt, :leakedAt)`,
    { ...row },
  );
}
