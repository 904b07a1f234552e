import type { Beat, EngineSign, OtherEngine, RescueRequest } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { SERVER_NOW } from './server-time.ts';

/**
 * Read where it is written: a beat that a majority does not know of yet is a sign of life all the same. Written to a
 * majority, so that a fail-over does not make an engine look as if it had never lived.
 */
const LATEST = { readConcern: { level: 'local' } } as const;

/** How long ago, by the server's clock; a step of that clock back counts as much as one forth. */
const SILENT_MS = { $abs: { $subtract: [SERVER_NOW, '$at'] } } as const;

export async function beat(parts: MongoParts, { processId, home }: EngineSign): Promise<Beat> {
  const set = { sinceLastMs: SILENT_MS, at: SERVER_NOW, ...(home !== undefined && { home: { $literal: home } }) };
  const options = { upsert: true, returnDocument: 'after' } as const;
  const mine = await parts.heartbeats.findOneAndUpdate({ _id: processId }, [{ $set: set }], options);
  const [beating, holders] = await Promise.all([othersThan(parts, processId), holdersOf(parts)]);
  const known = new Set([processId, ...beating.map((engine) => engine.processId)]);
  const unheard = holders.filter((holder) => !known.has(holder)).map(neverHeard);
  return { sinceLastMs: mine?.sinceLastMs ?? undefined, others: [...beating, ...unheard] };
}

export async function farewell({ heartbeats }: MongoParts, processId: string): Promise<void> {
  await heartbeats.deleteOne({ _id: processId });
}

export async function silence({ heartbeats }: MongoParts): Promise<number | undefined> {
  const shortest = { $group: { _id: null, ms: { $min: SILENT_MS } } };
  const [answer] = await heartbeats.aggregate<{ readonly ms: number }>([shortest], LATEST).toArray();
  return answer?.ms;
}

/** Of a row whose holder is dead, `nextAttemptAt` still says when it was due. */
export async function rescue(parts: MongoParts, request: RescueRequest): Promise<number> {
  const { dead, expired } = request;
  if (dead.length === 0 && !expired) return 0;
  const free = [{ $set: { readyAt: '$nextAttemptAt' } }, { $unset: 'lease' }];
  const { modifiedCount } = await parts.deliveries.updateMany(lostAt('lease', request), free);
  await parts.breakers.updateMany(lostAt('probe', request), { $unset: { probe: true } });
  if (dead.length > 0) await parts.heartbeats.deleteMany({ _id: { $in: [...dead] } });
  return modifiedCount;
}

function lostAt(lease: 'lease' | 'probe', { processId, dead, expired }: RescueRequest) {
  const ofTheDead = { [`${lease}.holder`]: { $in: [...dead] } };
  const tooLong = { $expr: { $lte: [`$${lease}.until`, SERVER_NOW] } };
  const isOthers = { [`${lease}.holder`]: { $exists: true, $ne: processId } };
  return { ...isOthers, $or: [ofTheDead, ...(expired ? [tooLong] : [])] };
}

async function othersThan({ heartbeats }: MongoParts, processId: string): Promise<readonly OtherEngine[]> {
  type Row = { readonly _id: string; readonly home?: string; readonly silentMs: number };
  const pipeline = [{ $match: { _id: { $ne: processId } } }, { $project: { home: 1, silentMs: SILENT_MS } }];
  const rows = await heartbeats.aggregate<Row>(pipeline, LATEST).toArray();
  return rows.map(({ _id, home, silentMs }) => ({ processId: _id, home, silentMs }));
}

async function holdersOf({ deliveries }: MongoParts): Promise<readonly string[]> {
  return (await deliveries.distinct('lease.holder')).filter((holder) => holder !== undefined);
}

function neverHeard(processId: string): OtherEngine {
  return { processId, home: undefined, silentMs: Number.POSITIVE_INFINITY };
}
