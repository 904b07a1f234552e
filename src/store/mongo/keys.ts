import type { ClientSession } from 'mongodb';
import type { Establishment, KeyStore, SigningKeyRow } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import type { SigningKeyDoc } from './documents.ts';

/** What all processes must agree on; the first one to insert it decides, the others run again and read it. */
export function createKeys(parts: MongoParts): KeyStore {
  const { transact } = parts;
  return {
    establish: (first) =>
      transact(async (tx) => {
        const known = await established(parts, tx);
        if (known) return known;
        const { signingKeys: rows, ...facts } = first;
        await parts.meta.insertOne({ _id: 'establishment', establishment: facts }, { session: tx });
        await save(parts, rows, tx);
        return { ...facts, signingKeys: await signingKeys(parts, tx) };
      }),
    established: () => established(parts),
    async replaceCookieKeys(from, to, audit) {
      const which = { _id: 'establishment', 'establishment.sealedCookieKeys': from } as const;
      const change = { $set: { 'establishment.sealedCookieKeys': to } };
      return transact(async (tx) => {
        const { matchedCount } = await parts.meta.updateOne(which, change, { session: tx });
        if (matchedCount === 1) await appendAudit(parts, audit, tx);
        return matchedCount === 1;
      });
    },
    signingKeys: () => signingKeys(parts),
    addSigningKeys: (rows, known) =>
      transact(async (tx) => {
        // Two that add write this row, too: one of them runs again, and finds the other's keys.
        await parts.meta.updateOne({ _id: 'signing-keys' }, { $inc: { count: 1 } }, { upsert: true, session: tx });
        const there = await signingKeys(parts, tx);
        if (there.length !== known.length || !there.every(({ kid }) => known.includes(kid))) return false;
        await save(parts, rows, tx);
        return true;
      }),
    saveSigningKeys: (rows, audit) =>
      transact(async (tx) => {
        await save(parts, rows, tx);
        await appendAudit(parts, audit, tx);
      }),
  };
}

async function established(parts: MongoParts, tx?: ClientSession): Promise<Establishment | undefined> {
  const row = await parts.meta.findOne({ _id: 'establishment' }, tx && { session: tx });
  return row?.establishment && { ...row.establishment, signingKeys: await signingKeys(parts, tx) };
}

async function signingKeys(parts: MongoParts, tx?: ClientSession): Promise<readonly SigningKeyRow[]> {
  const rows = await parts.signingKeys
    .find({}, tx && { session: tx })
    .sort({ createdAt: 1, _id: 1 })
    .toArray();
  return rows.map(toRow);
}

async function save(parts: MongoParts, rows: readonly SigningKeyRow[], tx: ClientSession): Promise<void> {
  for (const { kid, ...rest } of rows) {
    await parts.signingKeys.replaceOne({ _id: kid }, rest, { upsert: true, session: tx });
  }
}

function toRow({ _id, retiredAt, leakedAt, ...rest }: SigningKeyDoc): SigningKeyRow {
  return { kid: _id, ...rest, retiredAt, leakedAt };
}
