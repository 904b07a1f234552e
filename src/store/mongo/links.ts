import type { LinkStore } from '../store.ts';
import type { MongoParts } from './collections.ts';

/** One-time links: written with their mail (`news.ts`), spent by an end (`ending.ts`). */
export function createLinks({ links }: MongoParts): LinkStore {
  return {
    async find(hash, purpose, now) {
      const row = await links.findOne({ _id: hash, purpose, expiresAt: { $gt: now } });
      if (!row) return undefined;
      const { accountId, session, createdAt, expiresAt, usedAt } = row;
      return { hash, purpose, accountId, session, createdAt, expiresAt, usedAt };
    },
    async removeExpired(now, limit) {
      const expired = { expiresAt: { $lte: now } };
      const rows = await links
        .find(expired, { projection: { _id: 1 } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await links.deleteMany({ ...expired, _id: { $in: rows.map(({ _id }) => _id) } });
      return deletedCount;
    },
  };
}
