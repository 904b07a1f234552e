/**
 * A client, or one app of an account, is cut off by a number: participations and grants carry the one of the day they
 * began, and what carries a lower one than today's is dead. Instants would not do: a sign-in that commits between the
 * instant of an end and its write would slip past it, and so would everything of a process whose clock runs ahead.
 */
import type { Tx } from './connection.ts';

/** How often the client `:clientId` was cut off, as SQL. */
export const CLIENT_TODAY = 'coalesce((SELECT generation FROM client_generations WHERE client_id = :clientId), 0)';
/** How often the app `:clientId` of the account `:accountId` was cut off, as SQL. */
export const APP_TODAY = `coalesce((SELECT generation FROM app_generations
  WHERE account_id = :accountId AND client_id = :clientId), 0)`;

/**
 * Whether a row of `participations`, or a Grant, began before its client, or the app of its account, was cut off; as SQL.
 * All of a logout's target is dead from its first write on, also where its walk has not come yet (invariant 1). Accounts
 * and sessions have barriers of their own.
 */
export function isCutOff(row: string): string {
  return `(EXISTS (SELECT 1 FROM client_generations today
    WHERE today.client_id = ${row}.client_id AND today.generation > ${row}.gen_client)
  OR EXISTS (SELECT 1 FROM app_generations today
    WHERE today.account_id = ${row}.account_id AND today.client_id = ${row}.client_id
      AND today.generation > ${row}.gen_app))`;
}

/** Whether a row of `participations p` is over, as SQL. */
export const IS_OVER = `(p.ended_at IS NOT NULL OR ${isCutOff('p')})`;

/** False for a `sid` that nobody knows. */
export function isOver(tx: Tx, sid: string): boolean {
  return tx.get(`SELECT 1 FROM participations p WHERE p.sid = :sid AND ${IS_OVER}`, { sid }) !== undefined;
}

/** Cuts off a client; answers its new generation. */
export function cutOffClient(tx: Tx, clientId: string): number | undefined {
  const sql = `INSERT INTO client_generations (client_id, generation) VALUES (:clientId, 1)
    ON CONFLICT (client_id) DO UPDATE SET generation = generation + 1 RETURNING generation`;
  return tx.get<{ generation: number }>(sql, { clientId })?.generation;
}

/** Cuts off one app of an account; answers its new generation. */
export function cutOffApp(tx: Tx, accountId: string, clientId: string): number | undefined {
  const sql = `INSERT INTO app_generations (account_id, client_id, generation) VALUES (:accountId, :clientId, 1)
    ON CONFLICT (account_id, client_id) DO UPDATE SET generation = generation + 1 RETURNING generation`;
  return tx.get<{ generation: number }>(sql, { accountId, clientId })?.generation;
}
