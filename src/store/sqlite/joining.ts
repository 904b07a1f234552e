import type { AlongWithCode, ArtifactWrite, NewParticipation, SessionOpening } from '../store.ts';
import { writeArtifact } from './artifact-rows.ts';
import type { Tx } from './connection.ts';
import { APP_TODAY, CLIENT_TODAY, isCutOff, isOver } from './cut-offs.ts';
import { save } from './saving.ts';
import { sessionByUid, writeOpening } from './session-rows.ts';
import { isInGoodStanding, isRemoved } from './standing.ts';

const ALONE: AlongWithCode = { artifacts: [], session: undefined };

/** Records that a client takes part, with the code that lets it; the write lock puts it before or after any `end`. */
export function join(
  tx: Tx,
  participation: NewParticipation,
  code: ArtifactWrite,
  opening: SessionOpening | undefined,
  { artifacts, session }: AlongWithCode = ALONE,
): 'joined' | 'merged' | 'ended' {
  if (opening && !isInGoodStanding(tx, opening.accountId, opening.generation)) return 'ended';
  const uid = participation.sessionUid;
  if (!sessionTakes(tx, uid, opening)) return 'ended';
  if (!clientTakes(tx, participation, artifacts)) return 'ended';
  const saved = session && save(tx, session);
  if (saved === 'ended') return 'ended';
  if (!saved && opening && !sessionByUid(tx, uid)) writeOpening(tx, uid, 'arriving', opening);
  tx.run('UPDATE sessions SET joins = joins + 1 WHERE uid = :uid', { uid });
  insertParticipation(tx, participation);
  for (const artifact of [...artifacts, code]) writeArtifact(tx, artifact);
  return saved === 'merged' ? 'merged' : 'joined';
}

/** The session is not ended and of today's generation; or it is not there yet and has an opening. */
function sessionTakes(tx: Tx, uid: string, opening: SessionOpening | undefined): boolean {
  const row = sessionByUid(tx, uid);
  if (!row) return opening !== undefined;
  const generation = { account: row.gen_account, realm: row.gen_realm };
  return row.state !== 'ended' && isInGoodStanding(tx, row.account_id, generation);
}

/** The client is not removed and was not cut off since the Grant was made, and this very `sid` is not over. */
function clientTakes(tx: Tx, participation: NewParticipation, along: AlongWithCode['artifacts']): boolean {
  if (isRemoved(tx, participation.clientId) || isOver(tx, participation.sid)) return false;
  const isNew = along.some(({ model, grantId }) => model === 'Grant' && grantId === participation.grantId);
  return isNew || !wasEverCutOff(tx, participation) || hasLiveGrant(tx, participation);
}

function wasEverCutOff(tx: Tx, { accountId, clientId }: NewParticipation): boolean {
  const sql = `SELECT ${CLIENT_TODAY} + ${APP_TODAY} AS today`;
  return tx.get<{ today: number }>(sql, { accountId, clientId })?.today !== 0;
}

/** A Grant that is gone was taken by an end. */
function hasLiveGrant(tx: Tx, { grantId }: NewParticipation): boolean {
  const sql = `SELECT 1 FROM artifacts g WHERE g.grant_id = :grantId AND +g.model = 'Grant' AND NOT ${isCutOff('g')}`;
  return tx.get(sql, { grantId }) !== undefined;
}

function insertParticipation(tx: Tx, participation: NewParticipation): void {
  tx.run(
    `INSERT INTO participations (sid, session_uid, client_id, account_id, sub, grant_id, started_at, renewed_at,
       session_started_at, gen_client, gen_app)
     VALUES (:sid, :sessionUid, :clientId, :accountId, :sub, :grantId, :startedAt, :startedAt,
       (SELECT started_at FROM sessions WHERE uid = :sessionUid), ${CLIENT_TODAY}, ${APP_TODAY})
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
