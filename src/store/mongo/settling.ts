import type { AnyBulkWriteOperation, ClientSession, UpdateFilter } from 'mongodb';
import type { Attempt, BreakerChange, Settlement } from '../../deliveries/delivery.ts';
import type { Settled } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { BreakerDoc, DeliveryDoc } from './delivery-documents.ts';

/** Attempts kept in a delivery: more than a day's retries and some replays; the oldest go first. */
const ATTEMPTS_MAX = 200;

/** Records what became of claimed deliveries; the lease's token in each filter is the fence. */
export async function settle(
  parts: MongoParts,
  leaseToken: string,
  settlements: readonly Settlement[],
  changes: readonly BreakerChange[],
  tx: ClientSession,
): Promise<Settled> {
  const held = await heldBy(parts, leaseToken, settlements, tx);
  const mine = settlements.filter(({ deliveryId }) => held.has(deliveryId));
  const holder = [...held.values()][0]?.lease?.holder;
  const writes = mine.map((settlement) => fenced(leaseToken, settlement, holder));
  if (writes.length > 0) await parts.deliveries.bulkWrite(writes, { session: tx });
  await writeBreakers(parts, { leaseToken, holder, changes, settled: [...held.values()] }, tx);
  const moved = mine
    .filter(({ kind }) => kind !== 'put-back')
    .map(({ deliveryId }) => held.get(deliveryId)?.logoutId ?? '');
  const lost = settlements.filter(({ deliveryId }) => !held.has(deliveryId)).map(({ deliveryId }) => deliveryId);
  return { lost, logoutIds: [...new Set(moved)] };
}

type Held = Pick<DeliveryDoc, '_id' | 'logoutId' | 'origin' | 'lease'>;

/** Those that this lease still holds. */
async function heldBy(
  { deliveries }: MongoParts,
  leaseToken: string,
  settlements: readonly Settlement[],
  tx: ClientSession,
): Promise<ReadonlyMap<string, Held>> {
  const ids = settlements.map(({ deliveryId }) => deliveryId);
  if (ids.length === 0) return new Map();
  const which = { _id: { $in: ids }, 'lease.token': leaseToken, state: 'trying' } as const;
  const projection = { logoutId: 1, origin: 1, lease: 1 };
  const rows = await deliveries.find(which, { session: tx, projection }).toArray();
  return new Map(rows.map((row) => [row._id, row]));
}

interface Learnt {
  readonly leaseToken: string;
  readonly holder: string | undefined;
  readonly changes: readonly BreakerChange[];
  readonly settled: readonly Held[];
}

/** A healthy origin has no row, so that most settlements end with one question. */
async function writeBreakers(parts: MongoParts, { leaseToken, holder, changes, settled }: Learnt, tx: ClientSession) {
  const { breakers } = parts;
  if (changes.length > 0)
    await breakers.bulkWrite(
      changes.map((one) => changeWrite(one, holder)),
      { session: tx },
    );
  const touched = [...settled.map(({ origin }) => origin), ...changes.map(originOf)];
  const rows = await breakers.find({ _id: { $in: [...new Set(touched)] } }, { session: tx }).toArray();
  for (const { _id, probe } of rows) {
    const owed = await parts.deliveries.findOne(
      { state: 'trying', origin: _id },
      { session: tx, projection: { _id: 1 } },
    );
    // Nothing is left to be told there: the next who signs off begins with a clean sheet, and no claim looks at it.
    if (!owed) await breakers.deleteOne({ _id }, { session: tx });
    // The probe was the one delivery of its origin under this lease.
    else if (probe?.token === leaseToken)
      await breakers.updateOne({ _id }, { $unset: { probe: true } }, { session: tx });
  }
}

function originOf(change: BreakerChange): string {
  return change.kind === 'healthy' ? change.origin : change.breaker.origin;
}

/** A probe of another engine goes on. By whose clock it is shut is not known where the lease was lost: not by the one before. */
function changeWrite(change: BreakerChange, by: string | undefined): AnyBulkWriteOperation<BreakerDoc> {
  const filter = { _id: originOf(change) };
  if (change.kind === 'healthy') return { deleteOne: { filter } };
  const { failures, shutUntil, shutMs } = change.breaker;
  const $set = { failures, shutUntil, shutMs };
  const update = by === undefined ? { $set, $unset: { by: true as const } } : { $set: { ...$set, by } };
  return { updateOne: { filter, update, upsert: true } };
}

function fenced(
  leaseToken: string,
  settlement: Settlement,
  settledBy: string | undefined,
): AnyBulkWriteOperation<DeliveryDoc> {
  const filter = { _id: settlement.deliveryId, 'lease.token': leaseToken };
  return { updateOne: { filter, update: updateFor(settlement, settledBy) } };
}

function updateFor(settlement: Settlement, settledBy: string | undefined): UpdateFilter<DeliveryDoc> {
  switch (settlement.kind) {
    case 'again': {
      const { attempt, nextAttemptAt, backoffMs, refusal } = settlement;
      const set = { ...lastOf(attempt), nextAttemptAt, readyAt: nextAttemptAt, backoffMs, settledBy };
      const inc = { attempts: 1, refusals: refusal ? 1 : 0 };
      return { $set: set, $inc: inc, $push: logged(attempt), $unset: { lease: true, ...unsetOf(attempt) } };
    }
    case 'put-back': {
      const { nextAttemptAt } = settlement;
      return { $set: { nextAttemptAt, readyAt: nextAttemptAt, settledBy }, $unset: { lease: true } };
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
