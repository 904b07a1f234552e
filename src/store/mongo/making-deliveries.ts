import type { ClientSession } from 'mongodb';
import { type Delivery, isMerged } from '../../deliveries/delivery.ts';
import { leasable, leaseCandidates, type Made, NOTHING_MADE, newDeliveries, toMade } from '../new-deliveries.ts';
import type { EndWatch, PlanDeliveries } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { DeliveryDoc, LeaseDoc, LogoutDoc } from './delivery-documents.ts';
import { failingOrigins, leaseFrom, type ReadParticipation } from './leasing.ts';
import { toParticipation } from './session-documents.ts';

interface Ended {
  readonly logout: LogoutDoc;
  readonly rows: readonly ReadParticipation[];
}

/** For whom. */
interface Making {
  readonly plan: PlanDeliveries;
  readonly watch?: EndWatch | undefined;
}

/** Marks participations as ended, each by its logout, and makes their deliveries. */
export async function endThem(
  parts: MongoParts,
  ended: readonly Ended[],
  { plan, watch }: Making,
  tx: ClientSession,
): Promise<Made> {
  const { participations, deliveries } = parts;
  const some = ended.filter(({ rows }) => rows.length > 0);
  if (some.length === 0) return NOTHING_MADE;
  await participations.bulkWrite(
    some.map(({ logout, rows }) => ({
      updateMany: { filter: { _id: { $in: rows.map(({ _id }) => _id) } }, update: { $set: markOf(logout) } },
    })),
    { session: tx },
  );
  const planned = some.flatMap((each) => deliveriesOf(each, plan));
  const candidates = watch?.lease ? leaseCandidates(planned) : [];
  const leased = leasable(candidates, await failingOrigins(parts, candidates, tx));
  if (leased.length > 0) watch?.leasing(leased);
  const lease = watch?.lease && leaseFrom(readAtOf(some), watch.lease);
  const ids = new Set(leased.map(({ id }) => id));
  const own = planned.filter((one) => !isMerged(one));
  if (own.length > 0) {
    const rows = own.map((one) => toDeliveryDoc(one, ids.has(one.id) ? lease : undefined));
    await deliveries.insertMany(rows, { session: tx });
  }
  const merged = planned.filter(isMerged).map((one) => toDeliveryDoc(one, undefined));
  await insertMissing(deliveries, merged, tx);
  return toMade(planned, leased);
}

/** They were read by one question, hence at one instant. */
function readAtOf(ended: readonly Ended[]): number {
  return Math.min(...ended.flatMap(({ rows }) => rows.map(({ readAt }) => readAt)));
}

/** What is about all of a person may have been made by an earlier write of the walk. */
async function insertMissing(
  deliveries: MongoParts['deliveries'],
  rows: readonly DeliveryDoc[],
  tx: ClientSession,
): Promise<void> {
  if (rows.length === 0) return;
  const writes = rows.map(({ _id, ...row }) => ({
    updateOne: { filter: { _id }, update: { $setOnInsert: row }, upsert: true },
  }));
  await deliveries.bulkWrite(writes, { session: tx });
}

function markOf({ _id, at }: LogoutDoc) {
  return { state: 'ended', endedAt: at, logoutId: _id } as const;
}

function deliveriesOf({ logout, rows }: Ended, plan: PlanDeliveries): readonly Delivery[] {
  const participations = rows.map((row) => toParticipation({ ...row, ...markOf(logout) }));
  return newDeliveries({ id: logout._id, at: logout.at }, participations, plan(participations));
}

/** Never attempted; leased, or free as soon as it is due. */
function toDeliveryDoc(
  { id, asked, lastAttemptAt: _, lastStatus: __, lastError: ___, ...facts }: Delivery,
  lease: LeaseDoc | undefined,
): DeliveryDoc {
  const held = lease ? { lease } : { readyAt: facts.nextAttemptAt };
  return { _id: id, ...facts, ...(asked && { asked: true }), ...held, log: [] };
}
