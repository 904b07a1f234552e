import type { AnswerStore } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { isDuplicate } from './transaction.ts';

/** First answers to requests that may be sent again. */
export function createAnswers({ answers }: MongoParts): AnswerStore {
  return {
    async begin(key, bodyHash, now, expiresAt) {
      await answers.deleteOne({ _id: key, expiresAt: { $lte: now } });
      try {
        await answers.insertOne({ _id: key, bodyHash, expiresAt });
        return 'begun';
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        const row = await answers.findOne({ _id: key });
        // Released in between: whoever comes again with it may have it.
        return { bodyHash: row?.bodyHash ?? bodyHash, sealedAnswer: row?.sealedAnswer };
      }
    },
    async finish(key, sealedAnswer) {
      await answers.updateOne({ _id: key }, { $set: { sealedAnswer } });
    },
    async release(key) {
      await answers.deleteOne({ _id: key });
    },
    async removeExpired(now, limit) {
      const old = { expiresAt: { $lte: now } };
      const rows = await answers
        .find(old, { projection: { _id: 1 } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await answers.deleteMany({ ...old, _id: { $in: rows.map(({ _id }) => _id) } });
      return deletedCount;
    },
  };
}
