import { type ActivityEvent, EVENT_KINDS } from '../../activity/news.ts';
import type { ActivityStore } from '../store.ts';
import type { EventDoc } from './account-documents.ts';
import type { MongoParts } from './collections.ts';

/** What happened to accounts. Its rows come with the writes they tell of (`news.ts`). */
export function createActivity({ activity }: MongoParts): ActivityStore {
  return {
    async list(accountId, { kind, after }, limit) {
      // Each kind by the same index, merged by the server.
      const which = { accountId, kind: { $in: kind === undefined ? [...EVENT_KINDS] : [kind] } };
      const older = after && [{ at: { $lt: after.at } }, { at: after.at, _id: { $lt: after.id } }];
      const rows = await activity
        .find(older ? { ...which, at: { $lte: after.at }, $or: older } : which)
        .sort({ at: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return rows.map(toEvent);
    },
    async removeBefore(before, limit) {
      const old = { at: { $lt: before } };
      const rows = await activity
        .find(old, { projection: { _id: 1 } })
        .sort({ at: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await activity.deleteMany({ ...old, _id: { $in: rows.map(({ _id }) => _id) } });
      return deletedCount;
    },
  };
}

function toEvent(doc: EventDoc): ActivityEvent {
  return {
    id: doc._id,
    accountId: doc.accountId,
    at: doc.at,
    kind: doc.kind,
    actor: doc.actor,
    session: doc.session,
    device: doc.device,
    place: doc.place,
    clientId: doc.clientId,
    reason: doc.reason,
    logoutId: doc.logoutId,
    detail: doc.detail,
  };
}
