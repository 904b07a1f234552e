import type { AccountChange } from '../../logout/logout.ts';
import { clientsChanged } from './clients.ts';
import type { Tx } from './connection.ts';
import { removeCredential, removeCredentials } from './credentials.ts';
import { voidResets } from './news.ts';

/** Answers the new generation; undefined when there is no such account. */
export function raiseGeneration(tx: Tx, accountId: string): number | undefined {
  const sql = 'UPDATE accounts SET generation = generation + 1 WHERE id = :accountId RETURNING generation';
  return tx.get<{ generation: number }>(sql, { accountId })?.generation;
}

/**
 * Lifts one session and its grants over the barrier. Only a session that was of the generation before: one that was
 * dead already must not come back this way (invariant 7).
 */
export function spare(tx: Tx, accountId: string, uid: string, generation: number): void {
  const before = generation - 1;
  const spared = tx.run(
    `UPDATE sessions SET gen_account = :generation
     WHERE uid = :uid AND account_id = :accountId AND state <> 'ended' AND gen_account = :before`,
    { uid, accountId, generation, before },
  );
  if (spared === 0) return;
  tx.run(
    `UPDATE artifacts SET gen_account = :generation
     WHERE model = 'Grant' AND account_id = :accountId AND gen_account = :before AND (session_uid = :uid OR grant_id IN
       (SELECT grant_id FROM participations WHERE session_uid = :uid AND ended_at IS NULL))`,
    { uid, accountId, generation, before },
  );
}

export function changeAccount(tx: Tx, accountId: string, change: AccountChange, at: number): void {
  if ('passwordHash' in change) setPassword(tx, accountId, change.passwordHash, at);
  else if ('removeCredentials' in change) takeCredentials(tx, accountId, change.removeCredentials);
  else if ('mustChangePassword' in change) tx.run(MUST_CHANGE, { accountId });
  else if (change.state === 'disabled') disable(tx, accountId);
  else erase(tx, accountId);
}

function takeCredentials(tx: Tx, accountId: string, which: string): void {
  if (which === 'all') removeCredentials(tx, accountId);
  else removeCredential(tx, accountId, which);
}

const MUST_CHANGE = 'UPDATE accounts SET must_change = 1 WHERE id = :accountId';

/** Nobody signs in there any more; the record stays for those who are still to be told. */
export function removeClient(tx: Tx, clientId: string, at: number): void {
  tx.run(`UPDATE clients SET state = 'removed', updated_at = :at WHERE client_id = :clientId`, { clientId, at });
  clientsChanged(tx);
}

export function setPassword(tx: Tx, accountId: string, passwordHash: string, at: number): void {
  tx.run(
    `UPDATE accounts SET password_hash = :passwordHash, password_changed_at = :at, must_change = 0
     WHERE id = :accountId AND state <> 'deleted'`,
    { accountId, passwordHash, at },
  );
  voidResets(tx, accountId, at);
}

function disable(tx: Tx, accountId: string): void {
  tx.run(`UPDATE accounts SET state = 'disabled' WHERE id = :accountId AND state <> 'deleted'`, { accountId });
}

/** The id stays so that it is never given to somebody else; nothing personal does. */
function erase(tx: Tx, accountId: string): void {
  tx.run(
    `UPDATE accounts SET state = 'deleted', username = '', username_key = NULL, claims = '{}', password_hash = '',
       locale = NULL
     WHERE id = :accountId`,
    { accountId },
  );
  tx.run('DELETE FROM consents WHERE account_id = :accountId', { accountId });
  removeCredentials(tx, accountId);
  for (const table of [
    'app_generations',
    'account_devices',
    'device_names',
    'links',
    'mails',
    'operators',
    'access_tokens',
  ]) {
    tx.run(`DELETE FROM ${table} WHERE account_id = :accountId`, { accountId });
  }
}
