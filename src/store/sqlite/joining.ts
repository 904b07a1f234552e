import type { ArtifactWrite, NewParticipation, SessionOpening } from '../store.ts';
import { writeArtifact } from './artifact-rows.ts';
import type { Tx } from './connection.ts';
import { sessionByUid, writeOpening } from './session-rows.ts';
import { cutOffOf, isInGoodStanding, isRemoved } from './standing.ts';
import { isOver } from './unwalked.ts';

/** Records that a client takes part, with the code that lets it; the write lock puts it before or after any `end`. */
export function join(
  tx: Tx,
  participation: NewParticipation,
  code: ArtifactWrite,
  opening: SessionOpening | undefined,
): 'joined' | 'ended' {
  if (opening && !isInGoodStanding(tx, opening.accountId, opening.generation)) return 'ended';
  if (!sessionTakes(tx, participation.sessionUid, opening)) return 'ended';
  if (!clientTakes(tx, participation)) return 'ended';
  const uid = participation.sessionUid;
  if (opening && !sessionByUid(tx, uid)) writeOpening(tx, uid, 'arriving', opening);
  tx.run('UPDATE sessions SET joins = joins + 1 WHERE uid = :uid', { uid });
  insertParticipation(tx, participation);
  writeArtifact(tx, code);
  return 'joined';
}

/** The session is not ended and of today's generation; or it is not there yet and has an opening. */
function sessionTakes(tx: Tx, uid: string, opening: SessionOpening | undefined): boolean {
  const row = sessionByUid(tx, uid);
  if (!row) return opening !== undefined;
  const generation = { account: row.gen_account, realm: row.gen_realm };
  return row.state !== 'ended' && isInGoodStanding(tx, row.account_id, generation);
}

/** The client is not removed and was not cut off since, and this very `sid` is not over. */
function clientTakes(tx: Tx, participation: NewParticipation): boolean {
  if (isRemoved(tx, participation.clientId)) return false;
  const cutOffAt = cutOffOf(tx, participation.clientId);
  if (cutOffAt !== undefined && cutOffAt >= participation.startedAt) return false;
  return !isOver(tx, participation.sid);
}

function insertParticipation(tx: Tx, participation: NewParticipation): void {
  tx.run(
    `INSERT INTO participations (sid, session_uid, client_id, account_id, sub, grant_id, started_at, renewed_at,
       session_started_at)
     VALUES (:sid, :sessionUid, :clientId, :accountId, :sub, :grantId, :startedAt, :startedAt,
       (SELECT started_at FROM sessions WHERE uid = :sessionUid))
     ON CONFLICT (sid) DO UPDATE SET renewed_at = max(renewed_at, excluded.renewed_at)`,
    {
      sid: participation.sid,
      sessionUid: participation.sessionUid,
      clientId: participation.clientId,
      accountId: participation.accountId,
      sub: participation.sub,
      grantId: participation.grantId,
      startedAt: participation.startedAt,
    },
  );
}
