import { accessOf, GRANTS_LOOKED_AT, type LiveGrant } from '../app-access.ts';
import type { AppAccess } from '../store.ts';
import type { Tx } from './connection.ts';
import { isCutOff } from './cut-offs.ts';
import { generationToday } from './standing.ts';

interface GrantRow {
  readonly client_id: string;
  readonly created_at: number;
  readonly used_at: number | null;
  readonly offline: 0 | 1;
}

/** Which apps have a grant of this account that is alive, in a session or without one. */
export function appAccess(tx: Tx, accountId: string, limit: number): readonly AppAccess[] {
  const { account, realm } = generationToday(tx, accountId);
  const rows = tx.all<GrantRow>(
    `SELECT g.client_id, g.created_at,
       (SELECT max(t.created_at) FROM artifacts t WHERE t.grant_id = g.grant_id) AS used_at,
       EXISTS (SELECT 1 FROM artifacts t WHERE t.grant_id = g.grant_id AND +t.model <> 'Grant' AND t.bound = 0) AS offline
     FROM artifacts g WHERE g.model = 'Grant' AND g.grant_id IS NOT NULL AND g.account_id = :accountId
       AND g.gen_account >= :account AND g.gen_realm >= :realm AND NOT ${isCutOff('g')} LIMIT ${GRANTS_LOOKED_AT}`,
    { accountId, account, realm },
  );
  return accessOf(rows.map(toGrant), limit);
}

function toGrant(row: GrantRow): LiveGrant {
  return {
    clientId: row.client_id,
    createdAt: row.created_at,
    usedAt: row.used_at ?? row.created_at,
    offline: row.offline === 1,
  };
}
