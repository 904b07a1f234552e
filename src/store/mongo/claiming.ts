import type { Filter } from 'mongodb';
import type { Breaker } from '../../deliveries/delivery.ts';
import { randomId } from '../../ops/ids.ts';
import { fewOfEach } from '../few-of-each.ts';
import type { Claim, ClaimRequest } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type BreakerDoc, type DeliveryDoc, type LeaseDoc, toDelivery } from './documents.ts';

/** Origins that fail and are looked at in one claim; what is beyond is caught when its rows are looked at. */
const SICK_MAX = 1_000;
/** Probes in one claim: one question each. */
const PROBES_MAX = 32;
/** Several engines look at this many times more rows than they take, and take any of them, so that they seldom meet. */
const SPREAD = 4;
/** An engine that has not been heard for so long takes nothing. */
const ENGINE_SILENT_MS = 10_000;

/** How often a claim whose candidates were all taken by somebody else looks again. */
const TRIES_MAX = 8;

/**
 * Takes what is due, in three steps that need no transaction: look for candidates, mark those that are still free, read
 * what was marked. `readyAt` in the filter of the second makes it safe against other engines.
 */
export async function claim(parts: MongoParts, request: ClaimRequest): Promise<Claim> {
  const { now, leaseMs, processId } = request;
  const lease = { token: randomId(), until: now + leaseMs, holder: processId };
  for (let tries = 1; ; tries += 1) {
    const { chosen, more } = await choose(parts, request);
    const { breakers, mayCall } = await takeProbes(parts, chosen, lease.until, now);
    const ids = chosen.filter(({ origin }) => mayCall(origin)).map(({ _id }) => _id);
    const deliveries = (await take(parts, ids, lease, now)).map(toDelivery);
    if (deliveries.length > 0 || chosen.length === 0 || tries === TRIES_MAX) {
      const { token, until } = lease;
      return { token, until, more, deliveries, breakers: ofOrigins(breakers, deliveries) };
    }
  }
}

/** What is past its deadline at origins that are left alone. */
export async function claimOverdue(parts: MongoParts, request: ClaimRequest): Promise<Claim> {
  const { now, leaseMs, limit, processId } = request;
  const lease = { token: randomId(), until: now + leaseMs, holder: processId };
  const origins = (await openBreakers(parts, now)).map(({ _id }) => _id);
  const which = {
    state: 'trying',
    origin: { $in: origins },
    'deadline.at': { $lte: now },
    readyAt: { $lte: now },
  } as const;
  const overdue = origins.length > 0 ? await parts.deliveries.find(which, HEAD).limit(limit).toArray() : [];
  const ids = overdue.map(({ _id }) => _id);
  const deliveries = (await take(parts, ids, lease, now)).map(toDelivery);
  const { token, until } = lease;
  return { token, until, more: overdue.length === limit, deliveries, breakers: [] };
}

/** When anything may be claimed again: the earliest of what is due at healthy origins, and of the next probe of the others. */
export async function nextDueAt(parts: MongoParts, now: number): Promise<number | undefined> {
  const open = await openBreakers(parts, now);
  const healthy = await firstReady(parts, { origin: { $nin: open.map(({ _id }) => _id) } });
  let soonest = healthy?.readyAt ?? Number.POSITIVE_INFINITY;
  for (const { _id, openUntil } of open) {
    if (openUntil >= soonest) break;
    const first = await firstReady(parts, { origin: _id });
    soonest = Math.min(soonest, Math.max(openUntil, first?.readyAt ?? Number.POSITIVE_INFINITY));
  }
  return Number.isFinite(soonest) ? soonest : undefined;
}

async function openBreakers({ breakers }: MongoParts, now: number): Promise<readonly BreakerDoc[]> {
  return breakers
    .find({ openUntil: { $gt: now } })
    .sort({ openUntil: 1 })
    .limit(SICK_MAX)
    .toArray();
}

type Candidate = Pick<DeliveryDoc, '_id' | 'origin' | 'readyAt'>;

const HEAD = { projection: { _id: 1, origin: 1, readyAt: 1 } } as const;
const OLDEST = { readyAt: 1 } as const;

/** The oldest that may be taken at `before`, or ever. */
async function firstReady(
  { deliveries }: MongoParts,
  which: Filter<DeliveryDoc>,
  before = Number.MAX_SAFE_INTEGER,
): Promise<Candidate | null> {
  return deliveries.findOne({ state: 'trying', readyAt: { $lte: before }, ...which }, { ...HEAD, sort: OLDEST });
}

interface Chosen {
  readonly chosen: readonly Candidate[];
  /** Not all that was due was looked at, or fits. */
  readonly more: boolean;
}

/** The oldest of healthy origins, and one of each origin whose breaker time is over. */
async function choose(parts: MongoParts, request: ClaimRequest): Promise<Chosen> {
  const { limit, now, exceptOrigins, perOrigin } = request;
  const [sick, alone] = await Promise.all([sickOrigins(parts), isAlone(parts, request)]);
  const except = new Set(exceptOrigins);
  const overdue = sick.filter(({ _id, openUntil }) => openUntil <= now && !except.has(_id)).slice(0, PROBES_MAX);
  const lookAt = alone ? limit : SPREAD * limit;
  const avoided = [...exceptOrigins, ...sick.map(({ _id }) => _id)];
  const [healthy, probes] = await Promise.all([
    parts.deliveries
      .find({ state: 'trying', readyAt: { $lte: now }, origin: { $nin: avoided } }, HEAD)
      .sort(OLDEST)
      .limit(lookAt)
      .toArray(),
    Promise.all(overdue.map(({ _id }) => firstReady(parts, { origin: _id }, now))),
  ]);
  const few = fewOfEach(healthy, perOrigin);
  const some = alone ? few : someOf(few, limit);
  const chosen = [...some, ...probes.filter((row) => row !== null)].sort(byReadiness).slice(0, limit);
  return { chosen, more: healthy.length === lookAt || chosen.length === limit };
}

/** Longest overdue first, so that more than fit in one claim all get their turn. */
async function sickOrigins({ breakers }: MongoParts): Promise<readonly BreakerDoc[]> {
  return breakers.find({}).sort({ openUntil: 1 }).limit(SICK_MAX).toArray();
}

async function isAlone({ heartbeats }: MongoParts, { now, processId }: ClaimRequest): Promise<boolean> {
  const other = { _id: { $ne: processId }, at: { $gte: now - ENGINE_SILENT_MS } };
  return (await heartbeats.findOne(other)) === null;
}

/** A random part, oldest first. */
function someOf(rows: readonly Candidate[], limit: number): readonly Candidate[] {
  const pool = [...rows];
  const taken: Candidate[] = [];
  while (taken.length < limit && pool.length > 0) {
    taken.push(...pool.splice(Math.floor(Math.random() * pool.length), 1));
  }
  return taken.sort(byReadiness);
}

function byReadiness(a: Candidate, b: Candidate): number {
  return (a.readyAt ?? 0) - (b.readyAt ?? 0);
}

interface Probed {
  readonly breakers: readonly Breaker[];
  mayCall(origin: string): boolean;
}

/** Between looking and marking another engine may have taken an origin's probe, or found the origin sick. */
async function takeProbes(
  { breakers }: MongoParts,
  chosen: readonly Candidate[],
  until: number,
  now: number,
): Promise<Probed> {
  const origins = [...new Set(chosen.map(({ origin }) => origin))];
  const rows = await breakers.find({ _id: { $in: origins } }).toArray();
  const taken: Breaker[] = [];
  for (const { _id, openUntil, failures, openMs } of rows) {
    if (openUntil > now) continue;
    const { modifiedCount } = await breakers.updateOne({ _id, openUntil }, { $set: { openUntil: until } });
    if (modifiedCount === 1) taken.push({ origin: _id, failures, openUntil: until, openMs });
  }
  const sick = new Set(rows.map(({ _id }) => _id));
  const mine = new Set(taken.map(({ origin }) => origin));
  return { breakers: taken, mayCall: (origin) => !sick.has(origin) || mine.delete(origin) };
}

function ofOrigins(breakers: readonly Breaker[], rows: readonly { readonly origin: string }[]): readonly Breaker[] {
  const origins = new Set(rows.map(({ origin }) => origin));
  return breakers.filter(({ origin }) => origins.has(origin));
}

async function take(
  { deliveries }: MongoParts,
  ids: readonly string[],
  lease: LeaseDoc,
  now: number,
): Promise<readonly DeliveryDoc[]> {
  if (ids.length === 0) return [];
  const free = { _id: { $in: [...ids] }, state: 'trying', readyAt: { $lte: now } } as const;
  await deliveries.updateMany(free, { $set: { lease, readyAt: lease.until } });
  const mine = { _id: { $in: [...ids] }, 'lease.token': lease.token };
  const rows = await deliveries.find(mine, { projection: { log: 0 } }).toArray();
  const place = new Map(ids.map((id, index) => [id, index]));
  return rows.sort((a, b) => (place.get(a._id) ?? 0) - (place.get(b._id) ?? 0));
}
