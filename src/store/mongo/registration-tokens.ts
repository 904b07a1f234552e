import type { ClientSession } from 'mongodb';
import type { OperatorStore, RegistrationTokenRow } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import type { RegistrationTokenDoc } from './documents.ts';

type RegistrationTokens = Pick<
  OperatorStore,
  'addRegistrationToken' | 'registrationToken' | 'registrationTokens' | 'revokeRegistrationToken'
>;

/** Initial access tokens. */
export function createRegistrationTokens(parts: MongoParts): RegistrationTokens {
  const { registrationTokens, transact } = parts;
  return {
    addRegistrationToken: ({ id, ...token }, audit) =>
      transact(async (tx) => {
        await registrationTokens.insertOne({ _id: id, ...token }, { session: tx });
        await appendAudit(parts, audit, tx);
      }),
    async registrationToken(hash, now) {
      const row = await registrationTokens.findOne({ hash, expiresAt: { $gt: now }, usesLeft: { $gt: 0 } });
      return row ? toToken(row) : undefined;
    },
    async registrationTokens(page) {
      const after = page.after === undefined ? undefined : await registrationTokens.findOne({ _id: page.after });
      if (after === null) return [];
      const { createdAt, _id } = after ?? {};
      const behind = after ? { $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: _id } }] } : {};
      const rows = await registrationTokens
        .find(behind as object)
        .sort({ createdAt: 1, _id: 1 })
        .limit(page.limit)
        .toArray();
      return rows.map(toToken);
    },
    revokeRegistrationToken: (id, audit) =>
      transact(async (tx) => {
        const { deletedCount } = await registrationTokens.deleteOne({ _id: id }, { session: tx });
        if (deletedCount > 0) await appendAudit(parts, audit, tx);
        return deletedCount > 0;
      }),
  };
}

/** False when there is nothing left of it. */
export async function useRegistrationToken(
  { registrationTokens }: MongoParts,
  { hash, now }: { readonly hash: string; readonly now: number },
  tx: ClientSession,
): Promise<boolean> {
  const which = { hash, expiresAt: { $gt: now }, usesLeft: { $gt: 0 } };
  const { matchedCount } = await registrationTokens.updateOne(which, { $inc: { usesLeft: -1 } }, { session: tx });
  return matchedCount > 0;
}

function toToken({ _id, ...row }: RegistrationTokenDoc): RegistrationTokenRow {
  return { id: _id, ...row };
}
