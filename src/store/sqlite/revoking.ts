import type { EndCause } from '../../logout/logout.ts';
import type { Tx } from './connection.ts';
import { type LogoutRow, targetParams } from './logout-rows.ts';
import type { ParticipationRow } from './session-rows.ts';

/** Grants of one write, with the tokens that hang on each. */
const GRANTS = 125;

/**
 * Removes the grants and tokens that die with a slice of a logout (DESIGN §5, "What ends when").
 * Answers whether there are more grants of the account than go in one write.
 */
export function revoke(
  tx: Tx,
  logout: LogoutRow,
  ended: readonly ParticipationRow[],
  keepsOffline: EndCause['keepsOffline'],
): boolean {
  switch (logout.target_kind) {
    case 'session':
      removeBound(
        tx,
        ended.filter((each) => keepsOffline(each.client_id)),
      );
      removeTokens(
        tx,
        ended.filter((each) => !keepsOffline(each.client_id)),
        'TRUE',
      );
      return false;
    case 'participation':
      if (targetParams(logout)['offline'] === 'kept') removeBound(tx, ofSameApp(tx, logout));
      else removeTokens(tx, ofSameApp(tx, logout), 'TRUE');
      return false;
    case 'everybody':
    case 'client':
      // Not the app's other tokens in these sessions: whoever has come back since has new ones.
      removeOfGrants(
        tx,
        ended.map((each) => each.grant_id),
      );
      return false;
    case 'account':
      return removeGrants(tx, logout, 'gen_account < :generation');
    case 'account-client':
      return removeGrants(tx, logout, 'client_id = :clientId AND gen_app < :generation');
  }
}

/** A grant, and an app in a session: a token may know its session although its grant was made anew since. */
type Roots = Pick<ParticipationRow, 'grant_id' | 'session_uid' | 'client_id'>;

/** All but what outlives the session, with the grant it hangs on. */
function removeBound(tx: Tx, roots: readonly Roots[]): void {
  removeTokens(tx, roots, `bound = 1 AND model <> 'Grant'`);
  removeTokens(tx, roots, NOTHING_OFFLINE_LEFT);
}

/**
 * What outlives the session hangs on its grant, and without it is dead. The plus keeps SQLite from going through all grants
 * of the store by the key's first column: it takes one equality for as good as a list.
 */
const NOTHING_OFFLINE_LEFT = `+model = 'Grant' AND NOT EXISTS (SELECT 1 FROM artifacts token
  WHERE token.grant_id = artifacts.grant_id AND token.model <> 'Grant' AND token.bound = 0)`;

function removeTokens(tx: Tx, roots: readonly Roots[], which: string): void {
  if (roots.length === 0) return;
  const grants = roots.map((each) => each.grant_id);
  const apps = roots.map((each) => [each.session_uid, each.client_id]);
  const ofGrants = 'grant_id IN (SELECT value FROM json_each(:grants))';
  const ofApps = `(session_uid, client_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:apps))`;
  tx.run(`DELETE FROM artifacts WHERE ${ofGrants} AND ${which}`, { grants: JSON.stringify(grants) });
  tx.run(`DELETE FROM artifacts WHERE grant_id IS NOT NULL AND ${ofApps} AND ${which}`, { apps: JSON.stringify(apps) });
}

/** All that this app ever had in this session: a participation that was over already may have left a token behind. */
function ofSameApp(tx: Tx, logout: LogoutRow): readonly Roots[] {
  return tx.all(
    `SELECT p.* FROM participations p JOIN participations named
       ON named.session_uid = p.session_uid AND named.client_id = p.client_id WHERE named.sid = :sid`,
    targetParams(logout),
  );
}

/** Whatever became of their sessions: offline grants of ended ones are among them. */
function removeGrants(tx: Tx, logout: LogoutRow, which: string): boolean {
  const sql = `SELECT grant_id FROM artifacts WHERE model = 'Grant' AND grant_id IS NOT NULL
    AND account_id = :accountId AND ${which} LIMIT ${GRANTS}`;
  const grants = tx.all<{ grant_id: string }>(sql, targetParams(logout)).map((row) => row.grant_id);
  removeOfGrants(tx, grants);
  return grants.length === GRANTS;
}

function removeOfGrants(tx: Tx, grants: readonly string[]): void {
  const ofGrants = 'grant_id IN (SELECT value FROM json_each(:grants))';
  tx.run(`DELETE FROM artifacts WHERE ${ofGrants}`, { grants: JSON.stringify(grants) });
}
