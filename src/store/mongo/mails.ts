import type { Mail, MailSettlement } from '../../activity/news.ts';
import type { MailStore } from '../store.ts';
import type { MailDoc } from './account-documents.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import { writeNews } from './news.ts';

/** The outbox. `dueAt` is set while a mail waits only; a claim moves it, so that a claim that dies gives way by itself. */
export function createMails(parts: MongoParts): MailStore {
  const { mails, transact } = parts;
  return {
    post: (news) => transact((tx) => writeNews(parts, news, tx)),
    async claim({ token, limit, leaseMs, now }) {
      const due = await mails
        .find({ dueAt: { $lte: now } }, { projection: { _id: 1 } })
        .sort({ dueAt: 1, _id: 1 })
        .limit(limit)
        .toArray();
      const ids = due.map(({ _id }) => _id);
      if (ids.length > 0) {
        const mine = { $set: { claim: token, dueAt: now + leaseMs } };
        await mails.updateMany({ _id: { $in: ids }, dueAt: { $lte: now } }, mine);
      }
      const claimed = await mails.find({ claim: token }).sort({ at: 1, _id: 1 }).toArray();
      return claimed.map(toMail);
    },
    async settle(token, id, settlement) {
      const { matchedCount } = await mails.updateOne({ _id: id, claim: token }, settled(settlement));
      return matchedCount === 1;
    },
    async nextDueAt() {
      const [row] = await mails
        .find({ dueAt: { $gt: 0 } })
        .sort({ dueAt: 1 })
        .limit(1)
        .toArray();
      return row?.dueAt;
    },
    async find(id) {
      const row = await mails.findOne({ _id: id });
      return row ? toMail(row) : undefined;
    },
    async list({ accountId, state }, page) {
      const after = page.after === undefined ? undefined : await mails.findOne({ _id: page.after });
      if (after === null) return [];
      const which = { ...(accountId !== undefined && { accountId }), ...(state !== undefined && { state }) };
      const older = after && [{ at: { $lt: after.at } }, { at: after.at, _id: { $lt: after._id } }];
      const rows = await mails
        .find(older ? { ...which, at: { $lte: after.at }, $or: older } : which)
        .sort({ at: -1, _id: -1 })
        .limit(page.limit)
        .toArray();
      return rows.map(toMail);
    },
    async retry(id, now, giveUpAt, audit) {
      const until = { $cond: [{ $lte: ['$giveUpAt', now] }, giveUpAt, '$giveUpAt'] };
      const again = [{ $set: { state: 'waiting', dueAt: now, giveUpAt: until } }, { $unset: ['claim', 'settledAt'] }];
      return transact(async (tx) => {
        const { matchedCount } = await mails.updateOne({ _id: id, state: { $ne: 'sent' } }, again, { session: tx });
        if (matchedCount > 0) await appendAudit(parts, audit, tx);
        return matchedCount > 0;
      });
    },
    async removeBefore(before, limit) {
      const old = { settledAt: { $lt: before } };
      const rows = await mails
        .find(old, { projection: { _id: 1 } })
        .sort({ settledAt: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await mails.deleteMany({ ...old, _id: { $in: rows.map(({ _id }) => _id) } });
      return deletedCount;
    },
  };
}

/** What was sent keeps no token; what was given up may be sent again. */
function settled(settlement: MailSettlement) {
  const $inc = { attempts: 1 };
  switch (settlement.kind) {
    case 'sent':
      return {
        $inc,
        $set: { state: 'sent', settledAt: settlement.at } as const,
        $unset: { dueAt: true, claim: true, lastError: true, sealedToken: true } as const,
      };
    case 'retry':
      return {
        $inc,
        $set: { dueAt: settlement.nextAttemptAt, lastError: settlement.error },
        $unset: { claim: true } as const,
      };
    case 'given-up':
      return {
        $inc,
        $set: { state: 'given-up', settledAt: settlement.at, lastError: settlement.error } as const,
        $unset: { dueAt: true, claim: true } as const,
      };
  }
}

function toMail(doc: MailDoc): Mail {
  return {
    id: doc._id,
    accountId: doc.accountId,
    kind: doc.kind,
    to: doc.to,
    locale: doc.locale,
    at: doc.at,
    giveUpAt: doc.giveUpAt,
    facts: doc.facts,
    sealedToken: doc.sealedToken,
    state: doc.state,
    attempts: doc.attempts,
    nextAttemptAt: doc.dueAt,
    lastError: doc.lastError,
    settledAt: doc.settledAt,
  };
}
