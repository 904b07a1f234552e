import type { Breaker } from '../../deliveries/delivery.ts';
import { randomId } from '../../ops/ids.ts';
import { fewOfEach } from '../few-of-each.ts';
import type { Claim, ClaimRequest } from '../store.ts';
import type { Connection, Tx } from './connection.ts';
import { type BreakerRow, type DeliveryRow, toBreaker, toDelivery } from './delivery-rows.ts';

/**
 * Takes what is due. The candidates are looked for on a snapshot, without the lock: skipping the many rows of a sick
 * origin must not make a sign-in wait. The write then takes those that are still free.
 */
export async function claim(connection: Connection, request: ClaimRequest): Promise<Claim> {
  const { now, processId } = request;
  const lease = { token: randomId(), until: now + request.leaseMs };
  const candidates = await connection.read((tx) => candidatesAt(tx, request));
  const more = candidates.length === request.limit;
  if (candidates.length === 0) return { ...lease, more, deliveries: [], breakers: [] };
  const few = fewOfEach(candidates, request.perOrigin);
  return connection.jot((tx) => {
    const deliveries = take(tx, withoutTakenProbes(tx, few, now), { ...lease, processId }, now);
    const breakers = breakersOf(tx, deliveries).map((breaker) => pushProbe(tx, breaker, lease.until));
    return { ...lease, more, deliveries: deliveries.map(toDelivery), breakers };
  });
}

/** What is past its deadline at origins that are left alone. */
export async function claimOverdue(connection: Connection, request: ClaimRequest): Promise<Claim> {
  const { now, limit, processId } = request;
  const lease = { token: randomId(), until: now + request.leaseMs };
  const sql = `SELECT id FROM deliveries WHERE origin IN (${OPEN}) AND deadline_at <= :now AND ready_at <= :now LIMIT :limit`;
  const overdue = await connection.read((tx) => tx.all<{ id: string }>(sql, { now, limit }));
  const more = overdue.length === limit;
  if (overdue.length === 0) return { ...lease, more, deliveries: [], breakers: [] };
  const ids = overdue.map(({ id }) => id);
  const rows = await connection.jot((tx) => take(tx, ids, { ...lease, processId }, now));
  return { ...lease, more, deliveries: rows.map(toDelivery), breakers: [] };
}

/** When anything may be claimed again: the earliest of what is due of healthy origins, and of the next probe of the others. */
export function nextDueAt(tx: Tx, now: number): number | undefined {
  const healthy = tx.get<{ at: number }>(
    `SELECT ready_at AS at FROM deliveries WHERE ready_at IS NOT NULL AND origin NOT IN (${OPEN})
     ORDER BY ready_at LIMIT 1`,
    { now },
  );
  const sick = tx.get<{ at: number | null }>(
    `SELECT min(max(b.open_until, (SELECT d.ready_at FROM deliveries d
         WHERE d.origin = b.origin AND d.ready_at IS NOT NULL ORDER BY d.ready_at LIMIT 1))) AS at
     FROM breakers b WHERE b.open_until > :now`,
    { now },
  );
  const instants = [healthy?.at, sick?.at].filter((at) => typeof at === 'number');
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

interface Candidate {
  readonly id: string;
  readonly origin: string;
  readonly ready_at: number;
}

const OPEN = 'SELECT origin FROM breakers WHERE open_until > :now';

/** The oldest of healthy origins, and one of each origin whose breaker time is over. */
function candidatesAt(tx: Tx, { limit, now, exceptOrigins }: ClaimRequest): readonly Candidate[] {
  const params = { now, limit, except: JSON.stringify(exceptOrigins) };
  const healthy = tx.all<Candidate>(
    `SELECT id, origin, ready_at FROM deliveries WHERE ready_at <= :now AND origin NOT IN (SELECT origin FROM breakers)
       AND origin NOT IN (SELECT value FROM json_each(:except))
     ORDER BY ready_at LIMIT :limit`,
    params,
  );
  const probes = tx.all<Candidate>(
    `SELECT d.id, d.origin, d.ready_at FROM breakers b JOIN deliveries d ON d.id =
       (SELECT id FROM deliveries WHERE origin = b.origin AND ready_at <= :now ORDER BY ready_at LIMIT 1)
     WHERE b.open_until <= :now AND b.origin NOT IN (SELECT value FROM json_each(:except)) ORDER BY d.ready_at LIMIT :limit`,
    params,
  );
  return [...healthy, ...probes].sort((a, b) => a.ready_at - b.ready_at).slice(0, limit);
}

/** Between snapshot and lock another engine may have taken an origin's probe, or found the origin sick. */
function withoutTakenProbes(tx: Tx, candidates: readonly Candidate[], now: number): readonly string[] {
  const breakers = new Map(breakersOf(tx, candidates).map((breaker) => [breaker.origin, breaker]));
  const probed = new Set<string>();
  return candidates
    .filter(({ origin }) => {
      const breaker = breakers.get(origin);
      if (!breaker) return true;
      if (breaker.openUntil > now || probed.has(origin)) return false;
      probed.add(origin);
      return true;
    })
    .map((candidate) => candidate.id);
}

function take(
  tx: Tx,
  ids: readonly string[],
  lease: { token: string; until: number; processId: string },
  now: number,
): readonly DeliveryRow[] {
  const rows = tx.all<DeliveryRow>(
    `UPDATE deliveries SET lease_token = :token, lease_process = :processId, lease_until = :until, ready_at = :until
     WHERE id IN (SELECT value FROM json_each(:ids)) AND ready_at <= :now RETURNING *`,
    { ...lease, now, ids: JSON.stringify(ids) },
  );
  const place = new Map(ids.map((id, index) => [id, index]));
  return rows.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}

function breakersOf(tx: Tx, rows: readonly { readonly origin: string }[]): readonly Breaker[] {
  const origins = JSON.stringify([...new Set(rows.map((row) => row.origin))]);
  const sql = 'SELECT * FROM breakers WHERE origin IN (SELECT value FROM json_each(:origins)) ORDER BY origin';
  return tx.all<BreakerRow>(sql, { origins }).map(toBreaker);
}

function pushProbe(tx: Tx, breaker: Breaker, openUntil: number): Breaker {
  tx.run('UPDATE breakers SET open_until = :openUntil WHERE origin = :origin', { origin: breaker.origin, openUntil });
  return { ...breaker, openUntil };
}
