import { claimable, type Gate, inOrderOf, inTurns, LAST_ATTEMPT_MS } from '../claimable.ts';
import type { Claim, ClaimRequest } from '../store.ts';
import type { Connection, Tx } from './connection.ts';
import { type BreakerRow, type DeliveryRow, toBreaker, toDelivery } from './delivery-rows.ts';

/**
 * Rows at the head of all that are looked at. Where those of sick or left-out origins crowd it, each origin is asked for
 * its own head instead: 10⁶ rows behind a dead app are passed over in one step.
 */
const LOOK = 500;

/**
 * Takes what is due. The candidates are looked for on a snapshot, without the lock: a look must not make a sign-in wait.
 * The write then takes those that are still free.
 */
export async function claim(connection: Connection, request: ClaimRequest): Promise<Claim> {
  const { token } = request;
  const { candidates, more } = await connection.read((tx) => look(tx, request));
  if (candidates.length === 0) return { token, more, deliveries: [], breakers: [] };
  return connection.jot((tx) => {
    const rows = take(tx, claimable(candidates, gatesOf(tx, candidates), request), request);
    const breakers = reserveProbes(tx, rows, request);
    return { token, more, deliveries: rows.map(toDelivery), breakers: breakers.map(toBreaker) };
  });
}

/** What is past its deadline at origins that are left alone. */
export async function claimOverdue(connection: Connection, request: ClaimRequest): Promise<Claim> {
  const { now, limit, token } = request;
  const late = now - LAST_ATTEMPT_MS;
  const overdue = await connection.read((tx) => tx.all<Candidate>(OVERDUE, { now, limit, late }));
  const claimed = { token, more: overdue.length === limit, breakers: [] };
  if (overdue.length === 0) return { ...claimed, deliveries: [] };
  const rows = await connection.jot((tx) => take(tx, overdue, request));
  return { ...claimed, deliveries: rows.map(toDelivery) };
}

const OVERDUE = `SELECT d.id, d.origin, d.ready_at FROM breakers b CROSS JOIN deliveries d INDEXED BY deliveries_overdue
    ON d.origin = b.origin AND d.deadline_at <= :now AND d.ready_at <= :now
  WHERE b.shut_until > :now OR b.probe_token IS NOT NULL OR d.deadline_at <= :late LIMIT :limit`;

/** When anything may be claimed: the earliest of what is due of healthy origins, and of the next probe of the others. */
export function nextDueAt(tx: Tx): number | undefined {
  const instants = [firstHealthy(tx), nextProbe(tx)].filter((at) => typeof at === 'number');
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

function firstHealthy(tx: Tx): number | undefined {
  const head = tx.all<Candidate>(`${ROWS} WHERE ready_at IS NOT NULL ORDER BY ready_at LIMIT ${LOOK}`);
  const sick = gatesOf(tx, head);
  const first = head.find(({ origin }) => !sick.has(origin));
  if (first || head.length < LOOK) return first?.ready_at;
  return headsOfOrigins(tx, EVER).find(({ is_sick }) => !is_sick)?.ready_at;
}

function nextProbe(tx: Tx): number | undefined {
  const first = `(SELECT ready_at FROM deliveries INDEXED BY deliveries_ready_of_origin
    WHERE origin = b.origin AND ready_at IS NOT NULL ORDER BY ready_at LIMIT 1)`;
  const sql = `SELECT min(max(b.shut_until, ${first})) AS at FROM breakers b WHERE b.probe_token IS NULL`;
  return tx.get<{ at: number | null }>(sql)?.at ?? undefined;
}

interface Candidate {
  readonly id: string;
  readonly origin: string;
  readonly ready_at: number;
}

const ROWS = 'SELECT id, origin, ready_at FROM deliveries';

interface Look {
  readonly candidates: readonly Candidate[];
  readonly more: boolean;
}

/** The oldest of healthy origins, and one of each origin that is due for a probe. */
function look(tx: Tx, request: ClaimRequest): Look {
  const { limit, now } = request;
  const head = tx.all<Candidate>(`${ROWS} WHERE ready_at <= :now ORDER BY ready_at LIMIT ${LOOK}`, { now });
  const gates = gatesOf(tx, head);
  const candidates = claimable(head, gates, request);
  if (candidates.length < limit && head.length === LOOK) return lookAtEach(tx, request);
  const healthy = head.filter(({ origin }) => !gates.has(origin) && !request.exceptOrigins.includes(origin));
  const taken = inTurns(candidates, limit);
  return { candidates: taken, more: candidates.length > taken.length || healthy.length > taken.length };
}

/** Other than `look` it sees behind the crowd of one origin, at a cost that grows with the number of origins only. */
function lookAtEach(tx: Tx, { limit, now, exceptOrigins, perOrigin }: ClaimRequest): Look {
  const heads = headsOfOrigins(tx, { before: now, except: exceptOrigins }).slice(0, limit);
  const rows = heads.flatMap(({ origin, is_sick }) => {
    const most = is_sick ? 1 : Math.min(perOrigin, limit);
    return tx.all<Candidate>(`${OF_ORIGIN} AND ready_at <= :now ORDER BY ready_at LIMIT :most`, { origin, now, most });
  });
  const oldestFirst = rows.toSorted((a, b) => a.ready_at - b.ready_at);
  return { candidates: inTurns(oldestFirst, limit), more: heads.some(({ is_sick }) => !is_sick) };
}

const OF_ORIGIN = `${ROWS} INDEXED BY deliveries_ready_of_origin WHERE origin = :origin`;

interface OriginHead {
  readonly origin: string;
  readonly ready_at: number;
  /** 1: it has a breaker row. */
  readonly is_sick: number;
}

const EVER = { before: Number.MAX_SAFE_INTEGER, except: [] };

/** The first row of each healthy origin and of those that are due for a probe, oldest first: one step in the index each. */
function headsOfOrigins(
  tx: Tx,
  { before, except }: { readonly before: number; readonly except: readonly string[] },
): readonly OriginHead[] {
  return tx.all<OriginHead>(
    `WITH RECURSIVE owed (origin) AS (
       SELECT (${NEXT_ORIGIN} AND d.origin > '' ORDER BY d.origin LIMIT 1)
       UNION ALL
       SELECT (${NEXT_ORIGIN} AND d.origin > owed.origin ORDER BY d.origin LIMIT 1) FROM owed WHERE owed.origin IS NOT NULL),
     heads (origin, ready_at) AS (
       SELECT owed.origin, (SELECT d.ready_at FROM deliveries d INDEXED BY deliveries_ready_of_origin
           WHERE d.origin = owed.origin AND d.ready_at IS NOT NULL ORDER BY d.ready_at LIMIT 1)
         FROM owed WHERE owed.origin IS NOT NULL)
     SELECT h.origin, h.ready_at, b.origin IS NOT NULL AS is_sick FROM heads h LEFT JOIN breakers b ON b.origin = h.origin
     WHERE h.ready_at <= :before AND h.origin NOT IN (SELECT value FROM json_each(:except))
       AND (b.origin IS NULL OR (b.shut_until <= :before AND b.probe_token IS NULL))
     ORDER BY h.ready_at`,
    { before, except: JSON.stringify(except) },
  );
}

const NEXT_ORIGIN = `SELECT d.origin FROM deliveries d INDEXED BY deliveries_ready_of_origin WHERE d.ready_at IS NOT NULL`;

/** Those that are still free and due, in their order. */
function take(
  tx: Tx,
  candidates: readonly Candidate[],
  { token, processId, now, leaseMs }: ClaimRequest,
): readonly DeliveryRow[] {
  const ids = candidates.map(({ id }) => id);
  const rows = tx.all<DeliveryRow>(
    `UPDATE deliveries SET lease_token = :token, lease_process = :processId, lease_until = :until, ready_at = NULL
     WHERE id IN (SELECT value FROM json_each(:ids)) AND ready_at <= :now RETURNING *`,
    { token, processId, until: now + leaseMs, now, ids: JSON.stringify(ids) },
  );
  return inOrderOf(ids, rows, ({ id }) => id);
}

function breakersOf(tx: Tx, rows: readonly { readonly origin: string }[]): readonly BreakerRow[] {
  const origins = JSON.stringify([...new Set(rows.map((row) => row.origin))]);
  const sql = 'SELECT * FROM breakers WHERE origin IN (SELECT value FROM json_each(:origins)) ORDER BY origin';
  return tx.all<BreakerRow>(sql, { origins });
}

function gatesOf(tx: Tx, rows: readonly { readonly origin: string }[]): ReadonlyMap<string, Gate> {
  const gates = breakersOf(tx, rows).map(({ origin, shut_until, probe_token }) => {
    return [origin, { shutUntil: shut_until, isProbed: probe_token !== null }] as const;
  });
  return new Map(gates);
}

/** Answers the breaker rows of those that were taken. */
function reserveProbes(tx: Tx, rows: readonly DeliveryRow[], request: ClaimRequest): readonly BreakerRow[] {
  const { token, processId, now, leaseMs } = request;
  const breakers = breakersOf(tx, rows);
  for (const { origin } of breakers) {
    tx.run(
      `UPDATE breakers SET probe_token = :token, probe_process = :processId, probe_until = :until WHERE origin = :origin`,
      { origin, token, processId, until: now + leaseMs },
    );
  }
  return breakers;
}
