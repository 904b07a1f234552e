import { type Generation, isCurrent } from '../../sessions/session.ts';
import type { Tx } from './connection.ts';
import { realmGeneration } from './realm.ts';

/** Today's generations. An account that is not there has generation 0. */
export function generationToday(tx: Tx, accountId: string): Generation {
  return { account: accountRow(tx, accountId)?.generation ?? 0, realm: realmGeneration(tx) };
}

/** Whether what was verified under `verified` may still begin or go on: the account is active and nothing was raised since. */
export function isInGoodStanding(tx: Tx, accountId: string, verified: Generation): boolean {
  const account = accountRow(tx, accountId);
  if (account?.state !== 'active') return false;
  return isCurrent(verified, { account: account.generation, realm: realmGeneration(tx) });
}

/** The process that asks may not have heard of it yet. */
export function isRemoved(tx: Tx, clientId: string): boolean {
  const sql = `SELECT 1 FROM clients WHERE client_id = :clientId AND state = 'removed'`;
  return tx.get(sql, { clientId }) !== undefined;
}

function accountRow(tx: Tx, accountId: string): { state: string; generation: number } | undefined {
  return tx.get('SELECT state, generation FROM accounts WHERE id = :accountId', { accountId });
}
