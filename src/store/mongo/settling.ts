import type { AnyBulkWriteOperation, ClientSession, UpdateFilter } from 'mongodb';
import type { Attempt, Breaker, Settlement } from '../../deliveries/delivery.ts';
import type { Settled } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { BreakerDoc, DeliveryDoc } from './documents.ts';

/** Attempts kept in a delivery: more than a day's retries and some replays; the oldest go first. */
const ATTEMPTS_MAX = 200;

/** Records what became of claimed deliveries; the lease's token in each filter is the fence. */
export async function settle(
  parts: MongoParts,
  leaseToken: string,
  settlements: readonly Settlement[],
  breakers: readonly Breaker[],
  tx: ClientSession,
): Promise<Settled> {
  const held = await heldBy(parts, leaseToken, settlements, tx);
  const mine = settlements.filter(({ deliveryId }) => held.has(deliveryId));
  const writes = mine.map((settlement) => fenced(leaseToken, settlement));
  if (writes.length > 0) await parts.deliveries.bulkWrite(writes, { session: tx });
  if (breakers.length > 0) await parts.breakers.bulkWrite(breakers.map(breakerWrite), { session: tx });
  const moved = mine.filter(({ kind }) => kind !== 'put-back').map(({ deliveryId }) => held.get(deliveryId) ?? '');
  const lost = settlements.filter(({ deliveryId }) => !held.has(deliveryId)).map(({ deliveryId }) => deliveryId);
  return { lost, logoutIds: [...new Set(moved)] };
}

/** The logout of each delivery that this lease still holds. */
async function heldBy(
  { deliveries }: MongoParts,
  leaseToken: string,
  settlements: readonly Settlement[],
  tx: ClientSession,
): Promise<ReadonlyMap<string, string>> {
  const ids = settlements.map(({ deliveryId }) => deliveryId);
  const which = { _id: { $in: ids }, 'lease.token': leaseToken, state: 'trying' } as const;
  const rows = await deliveries.find(which, { session: tx, projection: { logoutId: 1 } }).toArray();
  return new Map(rows.map(({ _id, logoutId }) => [_id, logoutId]));
}

function fenced(leaseToken: string, settlement: Settlement): AnyBulkWriteOperation<DeliveryDoc> {
  const filter = { _id: settlement.deliveryId, 'lease.token': leaseToken };
  return { updateOne: { filter, update: updateFor(settlement) } };
}

function updateFor(settlement: Settlement): UpdateFilter<DeliveryDoc> {
  switch (settlement.kind) {
    case 'again': {
      const { attempt, nextAttemptAt, backoffMs, refusal } = settlement;
      const set = { ...lastOf(attempt), nextAttemptAt, readyAt: nextAttemptAt, backoffMs };
      const inc = { attempts: 1, refusals: refusal ? 1 : 0 };
      return { $set: set, $inc: inc, $push: logged(attempt), $unset: { lease: true, ...unsetOf(attempt) } };
    }
    case 'put-back': {
      const { nextAttemptAt } = settlement;
      return { $set: { nextAttemptAt, readyAt: nextAttemptAt }, $unset: { lease: true } };
    }
    default: {
      const { kind, attempt } = settlement;
      const gone = { lease: true, nextAttemptAt: true, readyAt: true } as const;
      if (!attempt) return { $set: { state: kind }, $unset: gone };
      const set = { state: kind, ...lastOf(attempt) };
      return { $set: set, $inc: { attempts: 1 }, $push: logged(attempt), $unset: { ...gone, ...unsetOf(attempt) } };
    }
  }
}

function lastOf({ at, status, error }: Attempt) {
  return { lastAttemptAt: at, ...(status !== undefined && { lastStatus: status }), ...(error && { lastError: error }) };
}

/** What the attempt before said and this one does not. */
function unsetOf({ status, error }: Attempt): { lastStatus?: true; lastError?: true } {
  return { ...(status === undefined && { lastStatus: true }), ...(!error && { lastError: true }) };
}

function logged(attempt: Attempt) {
  return { log: { $each: [attempt], $slice: -ATTEMPTS_MAX } };
}

function breakerWrite({ origin, failures, openUntil, openMs }: Breaker): AnyBulkWriteOperation<BreakerDoc> {
  const filter = { _id: origin };
  if (failures === 0) return { deleteOne: { filter } };
  return { replaceOne: { filter, replacement: { failures, openUntil, openMs }, upsert: true } };
}
