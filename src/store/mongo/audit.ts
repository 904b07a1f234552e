import type { ClientSession, Filter } from 'mongodb';
import { chained } from '../audit-chain.ts';
import type { AuditEntry, AuditFilter, AuditRow, AuditStart, AuditStore } from '../store.ts';
import type { AuditDoc } from './account-documents.ts';
import type { MongoParts } from './collections.ts';

const NOTHING: AuditStart = { seq: 0, hash: '' };

/** What operators did. */
export function createAudit(parts: MongoParts): AuditStore {
  const { audit } = parts;
  return {
    async list(filter, limit) {
      const rows = await audit.find(matching(filter)).sort({ _id: -1 }).limit(limit).toArray();
      return rows.map(toAuditRow);
    },
    async chain(after, limit) {
      const rows = await audit
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return rows.map(toAuditRow);
    },
    async bounds() {
      const row = await parts.meta.findOne({ _id: 'audit' });
      return { start: row?.auditStart ?? NOTHING, end: row?.auditEnd ?? NOTHING };
    },
    removeBefore: (before, limit) => removeBefore(parts, before, limit),
  };
}

/** Belongs into the transaction that it tells of. Two that come at once meet at the chain's end, and one runs again. */
export async function appendAudit(
  { audit, meta }: Pick<MongoParts, 'audit' | 'meta'>,
  entry: AuditEntry | undefined,
  tx: ClientSession,
): Promise<void> {
  if (!entry) return;
  const row = await meta.findOne({ _id: 'audit' }, { session: tx });
  const { seq, ...rest } = chained(entry, row?.auditEnd ?? NOTHING);
  const set = { $set: { auditEnd: { seq, hash: rest.hash } } };
  await meta.updateOne({ _id: 'audit' }, set, { upsert: true, session: tx });
  await audit.insertOne({ _id: seq, ...rest }, { session: tx });
}

function matching({ before, ...asked }: AuditFilter): Filter<AuditDoc> {
  const { subject, actorId, action } = asked;
  return {
    ...(subject !== undefined && { subject }),
    ...(actorId !== undefined && { 'actor.id': actorId }),
    ...(action !== undefined && { action }),
    ...(before !== undefined && { _id: { $lt: before } }),
  };
}

/** From the start of the chain on: a row that is younger than one before it stays until that one goes. */
async function removeBefore({ audit, meta, transact }: MongoParts, before: number, limit: number): Promise<number> {
  const rows = await audit
    .find({}, { projection: { at: 1, hash: 1 } })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
  const young = rows.findIndex(({ at }) => at >= before);
  const old = young < 0 ? rows : rows.slice(0, young);
  const last = old.at(-1);
  if (!last) return 0;
  return transact(async (tx) => {
    const start = { seq: last._id, hash: last.hash };
    await meta.updateOne({ _id: 'audit' }, { $set: { auditStart: start } }, { session: tx });
    const { deletedCount } = await audit.deleteMany({ _id: { $lte: last._id } }, { session: tx });
    return deletedCount;
  });
}

function toAuditRow({ _id, from, reason, before, after, ...row }: AuditDoc): AuditRow {
  return { ...row, seq: _id, from, reason, before, after };
}
