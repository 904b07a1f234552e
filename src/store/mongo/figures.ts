import type { Filter } from 'mongodb';
import type { DeliveryState } from '../../deliveries/delivery.ts';
import type { FigureStore } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { SessionDoc } from './session-documents.ts';

/** In words of their partial indexes. */
const SESSIONS = {
  live: { filter: { dueAt: { $exists: true } }, hint: 'open' },
  ended: { filter: { endedAt: { $gt: 0 } }, hint: 'ended' },
} as const satisfies Record<string, { readonly filter: Filter<SessionDoc>; readonly hint: string }>;

const UNTOLD = ['trying', 'refused', 'given-up', 'moot', 'cannot-be-told'] as const;

export function createFigures({ deliveries, sessions, mails, breakers }: MongoParts): FigureStore {
  const countUntold = (state: DeliveryState, most: number) =>
    deliveries.countDocuments({ state }, { limit: most, hint: 'untold' });

  /** No index lists what was told, by far the most: it is what is left of all. */
  async function countTold(most: number): Promise<number> {
    const counts = await Promise.all(UNTOLD.map((state) => countUntold(state, most)));
    const others = counts.reduce((sum, one) => sum + one, 0);
    return Math.max(0, Math.min(most, (await deliveries.estimatedDocumentCount()) - others));
  }

  return {
    deliveries: (state, most) => (state === 'told' ? countTold(most) : countUntold(state, most)),
    sessions: (state, most) =>
      sessions.countDocuments(SESSIONS[state].filter, { limit: most, hint: SESSIONS[state].hint }),
    mails: (state, most) => mails.countDocuments({ state }, { limit: most, hint: 'in_state' }),
    async oldestTryingAt() {
      const options = { sort: { createdAt: 1, _id: 1 }, projection: { createdAt: 1 }, hint: 'untold' } as const;
      return (await deliveries.findOne({ state: 'trying' }, options))?.createdAt;
    },
    async shutOrigins(limit) {
      const rows = await breakers
        .find({ shutMs: { $gt: 0 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return rows.map(({ _id }) => _id);
    },
  };
}
