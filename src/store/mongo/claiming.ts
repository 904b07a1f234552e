import type { Filter } from 'mongodb';
import { claimable, type Gate, inOrderOf, inTurns, LAST_ATTEMPT_MS } from '../claimable.ts';
import type { Claim, ClaimRequest } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type BreakerDoc, type DeliveryDoc, toBreaker, toDelivery } from './delivery-documents.ts';
import { HEARD_LATELY, leaseFor } from './server-time.ts';

/**
 * Free rows at the head of all that are looked at: some, and where most of those may be taken, as many as make a whole claim.
 * Where rows of sick, left-out or busy origins crowd the head, a claim looks behind them, origin by origin: 10⁶ rows behind a
 * dead app are passed over in one step.
 */
const GLANCE = 100;
const LOOK = 500;
/** Looks behind the crowd in one claim; the next claim goes on where this one ended. */
const LOOKS_MAX = 8;
/** Origins that one query leaves out or goes through; what is beyond is caught when its rows are looked at. */
const SICK_MAX = 1_000;
const PROBES_MAX = 32;
/** How often a claim whose candidates were all taken by somebody else looks again. */
const TRIES_MAX = 8;
/** How long an engine goes by what it saw of others: they beat every few seconds. */
const ALONE_FOR_MS = 1_000;

type Candidate = Pick<DeliveryDoc, '_id' | 'origin' | 'readyAt'>;

export interface Claiming {
  claim(request: ClaimRequest): Promise<Claim>;
  claimOverdue(request: ClaimRequest): Promise<Claim>;
  nextDueAt(): Promise<number | undefined>;
}

/**
 * Takes what is due, in three steps that need no transaction: look for candidates, mark those that are still free, read
 * what was marked. `readyAt` in the filter of the second makes it safe against other engines.
 */
export function createClaiming(parts: MongoParts): Claiming {
  const lookBehind = createLookBehind(parts);
  const isAlone = createAloneness(parts);

  async function look(request: ClaimRequest, most = GLANCE): Promise<Look> {
    const { limit, now } = request;
    const head = await headOf(parts, { $lte: now }, most);
    const gates = await gatesOf(parts, head);
    const candidates = claimable(head, gates, request);
    if (candidates.length < limit && head.length === most) {
      const isCrowded = candidates.length < head.length / 2;
      return most === LOOK || isCrowded ? lookBehind(request) : look(request, LOOK);
    }
    const healthy = head.filter(({ origin }) => !gates.has(origin) && !request.exceptOrigins.includes(origin));
    const more = candidates.length > limit || healthy.length > candidates.length;
    return { candidates, more, sick: new Set(gates.keys()) };
  }

  return {
    async claim(request) {
      const alone = await isAlone(request);
      for (let tries = 1; ; tries += 1) {
        const seen = await look(request);
        const { candidates, sick } = seen;
        const chosen = alone ? inTurns(candidates, request.limit) : someOf(candidates, request.limit);
        const rows = await takeWithProbes(parts, { chosen, sick }, request);
        if (rows.length > 0 || chosen.length === 0 || tries === TRIES_MAX) return claimOf(parts, rows, seen, request);
      }
    },
    async claimOverdue(request) {
      const { token, limit } = request;
      const overdue = await overdueAt(parts, request);
      const rows = await take(parts, overdue, request);
      return { token, more: overdue.length === limit, deliveries: rows.map(toDelivery), breakers: [] };
    },
    nextDueAt: () => nextDueAt(parts),
  };
}

interface Look {
  readonly candidates: readonly Candidate[];
  readonly more: boolean;
  /** Origins that have a breaker row. */
  readonly sick: ReadonlySet<string>;
}

const HEAD = { projection: { _id: 1, origin: 1, readyAt: 1 } } as const;

async function headOf(
  { deliveries }: MongoParts,
  readyAt: Filter<DeliveryDoc>['readyAt'],
  most: number,
): Promise<Candidate[]> {
  return deliveries
    .find({ readyAt }, { ...HEAD, hint: 'free' })
    .sort({ readyAt: 1 })
    .limit(most)
    .toArray();
}

/**
 * Goes round the origins: what is crowded is passed over in one step of the index, and the next claim begins where this one
 * ended, so that everybody has a turn.
 */
function createLookBehind(parts: MongoParts): (request: ClaimRequest) => Promise<Look> {
  let resumeAfter = '';
  return async (request) => {
    const { limit, now, exceptOrigins } = request;
    const failing = await sickOrigins(parts);
    const except = [...exceptOrigins, ...failing];
    const probes = failing.length > 0 ? await dueProbes(parts, request) : [];
    const found = new Map(probes.map((row) => [row._id, row]));
    const sick = new Set(probes.map(({ origin }) => origin));
    const beganAfter = resumeAfter;
    let hasTurned = false;
    for (let looks = 0; looks < LOOKS_MAX && found.size < limit; looks += 1) {
      const which = { origin: { $gt: resumeAfter, $nin: except }, readyAt: { $lte: now } };
      const rows = await parts.deliveries
        .find(which, { ...HEAD, hint: 'free_of_origin' })
        .limit(GLANCE)
        .toArray();
      const gates = await gatesOf(parts, rows);
      for (const origin of gates.keys()) sick.add(origin);
      for (const row of claimable(rows, gates, request)) found.set(row._id, row);
      const last = rows.length < GLANCE ? undefined : rows.at(-1)?.origin;
      resumeAfter = last ?? '';
      // All the way round: at the end after beginning at the start, or once more where this claim began.
      if (last === undefined ? hasTurned || beganAfter === '' : hasTurned && last >= beganAfter) break;
      hasTurned ||= last === undefined;
    }
    return { candidates: [...found.values()].toSorted(byReadiness), more: found.size > 0, sick };
  };
}

async function sickOrigins({ breakers }: MongoParts): Promise<readonly string[]> {
  const rows = await breakers
    .find({}, { projection: { _id: 1 } })
    .limit(SICK_MAX)
    .toArray();
  return rows.map(({ _id }) => _id);
}

/** Of those that were shut longest ago, the first that have something due: a row of a breaker says nothing of that. */
async function dueProbes(
  { breakers }: MongoParts,
  { now, exceptOrigins }: ClaimRequest,
): Promise<readonly Candidate[]> {
  const first = [
    { $match: { readyAt: { $lte: now } } },
    { $sort: { readyAt: 1 } },
    { $limit: 1 },
    { $project: { origin: 1, readyAt: 1 } },
  ];
  return breakers
    .aggregate<Candidate>([
      { $match: { shutUntil: { $lte: now }, probe: { $exists: false }, _id: { $nin: [...exceptOrigins] } } },
      { $sort: { shutUntil: 1 } },
      { $lookup: { from: 'deliveries', localField: '_id', foreignField: 'origin', pipeline: first, as: 'first' } },
      { $match: { first: { $ne: [] } } },
      { $limit: PROBES_MAX },
      { $replaceRoot: { newRoot: { $first: '$first' } } },
    ])
    .toArray();
}

async function gatesOf(
  { breakers }: MongoParts,
  rows: readonly { readonly origin: string }[],
): Promise<ReadonlyMap<string, Gate>> {
  const origins = [...new Set(rows.map(({ origin }) => origin))];
  if (origins.length === 0) return new Map();
  const docs = await breakers.find({ _id: { $in: origins } }).toArray();
  return new Map(docs.map(({ _id, shutUntil, probe }) => [_id, { shutUntil, isProbed: probe !== undefined }]));
}

/** Of engines that know of each other, each takes any of the rows it sees, so that they seldom meet. */
function createAloneness({ heartbeats }: MongoParts): (request: ClaimRequest) => Promise<boolean> {
  let seen = { at: Number.NEGATIVE_INFINITY, isAlone: false };
  return async ({ processId }) => {
    const at = performance.now();
    if (at - seen.at < ALONE_FOR_MS) return seen.isAlone;
    const isAlone = (await heartbeats.findOne({ _id: { $ne: processId }, ...HEARD_LATELY })) === null;
    seen = { at, isAlone };
    return isAlone;
  };
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

/** Between looking and marking another engine may have taken an origin's probe: whoever writes itself there first has it. */
async function takeWithProbes(
  parts: MongoParts,
  { chosen, sick }: { readonly chosen: readonly Candidate[]; readonly sick: ReadonlySet<string> },
  request: ClaimRequest,
): Promise<readonly DeliveryDoc[]> {
  const { token, processId, leaseMs, now } = request;
  const mine = new Set<string>();
  for (const origin of new Set(chosen.map((row) => row.origin).filter((each) => sick.has(each)))) {
    const isDue = {
      _id: origin,
      shutUntil: { $lte: now },
      $or: [{ probe: { $exists: false } }, { 'probe.token': token }],
    };
    const probe = leaseFor(token, processId, leaseMs);
    const { matchedCount } = await parts.breakers.updateOne(isDue, [{ $set: { probe } }]);
    if (matchedCount === 1) mine.add(origin);
  }
  const rows = await take(
    parts,
    chosen.filter(({ origin }) => !sick.has(origin) || mine.has(origin)),
    request,
  );
  const unused = [...mine].filter((origin) => !rows.some((row) => row.origin === origin));
  await freeProbes(parts, token, unused);
  return rows;
}

async function freeProbes({ breakers }: MongoParts, token: string, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await breakers.updateMany({ _id: { $in: [...origins] }, 'probe.token': token }, { $unset: { probe: true } });
}

/** All that this token has, what an unheard answer took before included; oldest first. */
async function take(
  { deliveries }: MongoParts,
  candidates: readonly Candidate[],
  { token, processId, leaseMs, now }: ClaimRequest,
): Promise<readonly DeliveryDoc[]> {
  const ids = candidates.map(({ _id }) => _id);
  const leased = [{ $set: { lease: leaseFor(token, processId, leaseMs) } }, { $unset: 'readyAt' }];
  if (ids.length > 0) await deliveries.updateMany({ _id: { $in: ids }, readyAt: { $lte: now } }, leased);
  const mine = { 'lease.holder': processId, 'lease.token': token };
  const rows = await deliveries.find(mine, { projection: { log: 0 } }).toArray();
  return inOrderOf(ids, rows, ({ _id }) => _id);
}

/** Breakers of those that were sick when they were looked at, and of what an unheard answer took before. */
async function claimOf(
  { breakers }: MongoParts,
  rows: readonly DeliveryDoc[],
  { candidates, more, sick }: Look,
  { token }: ClaimRequest,
): Promise<Claim> {
  const healthy = new Set(candidates.map(({ origin }) => origin).filter((origin) => !sick.has(origin)));
  const origins = [...new Set(rows.map(({ origin }) => origin))].filter((origin) => !healthy.has(origin));
  const docs = origins.length > 0 ? await breakers.find({ _id: { $in: origins } }).toArray() : [];
  return { token, more, deliveries: rows.map(toDelivery), breakers: docs.map(toBreaker) };
}

/** Goes through all breakers, so many at a time. */
async function overdueAt(parts: MongoParts, { now, limit }: ClaimRequest): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (let after = ''; ; ) {
    const rows = await parts.breakers
      .find({ _id: { $gt: after } })
      .sort({ _id: 1 })
      .limit(SICK_MAX)
      .toArray();
    const isLeftAlone = ({ shutUntil, probe }: BreakerDoc) => shutUntil > now || probe !== undefined;
    const alone = rows.filter(isLeftAlone);
    const due = rows.filter((row) => !isLeftAlone(row));
    found.push(...(await pastDeadline(parts, alone, { before: now, now, limit: limit - found.length })));
    found.push(
      ...(await pastDeadline(parts, due, { before: now - LAST_ATTEMPT_MS, now, limit: limit - found.length })),
    );
    after = rows.at(-1)?._id ?? after;
    if (rows.length < SICK_MAX || found.length >= limit) return found;
  }
}

async function pastDeadline(
  { deliveries }: MongoParts,
  origins: readonly BreakerDoc[],
  { before, now, limit }: { readonly before: number; readonly now: number; readonly limit: number },
): Promise<readonly Candidate[]> {
  // A limit of 0 is none at all to MongoDB.
  if (origins.length === 0 || limit === 0) return [];
  const origin = { $in: origins.map(({ _id }) => _id) };
  const which = { origin, 'deadline.at': { $lte: before }, readyAt: { $lte: now } };
  return deliveries
    .find(which, { ...HEAD, hint: 'free_overdue' })
    .limit(limit)
    .toArray();
}

/**
 * When anything may be claimed: the earliest of what is due of healthy origins, and of the next probe of the others. Nothing
 * that comes after the first row of a healthy one is due sooner.
 */
async function nextDueAt(parts: MongoParts, most = 1): Promise<number | undefined> {
  const head = await headOf(parts, { $exists: true }, most);
  if (head.length === 0) return undefined;
  const docs = await parts.breakers.find({ _id: { $in: head.map(({ origin }) => origin) } }).toArray();
  const sick = new Map(docs.map((row) => [row._id, row]));
  const instants = head.flatMap(({ origin, readyAt = 0 }) => {
    const breaker = sick.get(origin);
    if (!breaker) return [readyAt];
    return breaker.probe ? [] : [Math.max(breaker.shutUntil, readyAt)];
  });
  const isHealthy = head.some(({ origin }) => !sick.has(origin));
  if (!isHealthy && head.length === most) {
    if (most < LOOK) return nextDueAt(parts, LOOK);
    instants.push(...(await hiddenBehind(parts)));
  }
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

/** A crowd fills the head: some rows of others and the next that may be probed say enough, for nobody sleeps longer than a second. */
async function hiddenBehind(parts: MongoParts): Promise<readonly number[]> {
  const origin = { $nin: await sickOrigins(parts) };
  const options = { ...HEAD, hint: 'free_of_origin' };
  const rows = await parts.deliveries
    .find({ origin, readyAt: { $exists: true } }, options)
    .limit(LOOK)
    .toArray();
  const next = await parts.breakers.findOne({ probe: { $exists: false } }, { sort: { shutUntil: 1 } });
  return [...rows.map(({ readyAt = 0 }) => readyAt), ...(next ? [next.shutUntil] : [])];
}
