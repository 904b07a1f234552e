import type { AuditEntry, DeliveryFilter } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection } from './connection.ts';
import { FREE } from './settling.ts';
import { inSlices } from './slices.ts';

/** What waits already comes first: what was settled joins it, and is to be counted once. */
const RETRIABLE = ['trying', 'refused', 'given-up'] as const;

/** By hand. The schedules begin anew; the attempts made so far stay on record. */
export async function retry(
  connection: Connection,
  { id, state, ...filter }: DeliveryFilter,
  now: number,
  deadlineAt: number,
  audit?: AuditEntry,
): Promise<number> {
  if (audit) await connection.write((tx) => appendAudit(tx, audit));
  let total = 0;
  for (const each of RETRIABLE.filter((one) => state === undefined || one === state)) {
    total += await inSlices(connection, {
      kind: 'write',
      params: { ...filter, state: each, only: id, now, deadlineAt },
      find: id === undefined ? BY_STATE : BY_ID,
      change: `UPDATE deliveries SET ${RETRIED} WHERE id = :id AND state = :state AND lease_token IS NULL`,
      also: (tx, ids) => tx.run(OPENED, { ids, now }),
    });
  }
  return total;
}

const FITS = `lease_token IS NULL AND (:logoutId IS NULL OR logout_id = :logoutId)
  AND (:accountId IS NULL OR account_id = :accountId) AND (:clientId IS NULL OR client_id = :clientId)
  AND (:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)`;
const BY_ID = `SELECT id, ${FITS} AS fits FROM deliveries WHERE id = :only AND +state = :state`;
const BY_STATE = `SELECT id, created_at, ${FITS} AS fits FROM deliveries INDEXED BY deliveries_untold
  WHERE state = :state AND state <> 'told' AND (created_at, id) > (:afterAt, :afterId)
  ORDER BY created_at, id LIMIT :look`;
const RETRIED = `state = 'trying', next_attempt_at = :now, ready_at = :now, refusals = 0, backoff_ms = 0,
  deadline_at = :deadlineAt, deadline_becomes = 'given-up', ${FREE}`;
/** For one probe; how often the origin has failed is still known. */
const OPENED = `UPDATE breakers SET shut_until = min(shut_until, :now)
  WHERE origin IN (SELECT origin FROM deliveries WHERE id IN (SELECT value FROM json_each(:ids)))`;

/** All processes of this machine have one clock. */
export async function hasten(connection: Connection, now: number): Promise<number> {
  await connection.jot((tx) => tx.run('DELETE FROM breakers'));
  return inSlices(connection, {
    kind: 'jot',
    params: { now },
    find: `SELECT id FROM deliveries INDEXED BY deliveries_ready WHERE ready_at > :now ORDER BY ready_at LIMIT :look`,
    change: `UPDATE deliveries SET ${DUE_NOW} WHERE id = :id AND ready_at > :now`,
  });
}

const DUE_NOW = 'next_attempt_at = :now, ready_at = :now';

/** One slice. Of those that were refused only so many are passed over: the rest comes at its own time. */
const LOOK = 2_000;

export async function bringForward(
  connection: Connection,
  origin: string,
  now: number,
  limit: number,
): Promise<number> {
  const params = { origin, now, limit };
  const waiting = await connection.read((tx) => tx.all<{ id: string }>(WAITING, params));
  if (waiting.length === 0) return 0;
  return connection.jot((tx) => {
    if (tx.get('SELECT 1 FROM breakers WHERE origin = :origin', params)) return 0;
    const ids = JSON.stringify(waiting.map(({ id }) => id));
    const which = 'id IN (SELECT value FROM json_each(:ids)) AND ready_at > :now';
    return tx.run(`UPDATE deliveries SET ${DUE_NOW} WHERE ${which}`, { ...params, ids });
  });
}

const WAITING = `SELECT id FROM (
    SELECT id, refusals FROM deliveries INDEXED BY deliveries_ready_of_origin
    WHERE origin = :origin AND ready_at > :now ORDER BY ready_at LIMIT ${LOOK})
  WHERE refusals = 0 LIMIT :limit`;
