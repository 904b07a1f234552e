import { type Generation, isCurrent } from '../../sessions/session.ts';
import type { Artifact, ArtifactWrite, ProviderStore } from '../store.ts';
import { appAccess } from './app-access.ts';
import { rewriteArtifact, writeArtifact } from './artifact-rows.ts';
import type { Connection, Tx } from './connection.ts';
import { isCutOff } from './cut-offs.ts';
import { sessionByUid, toSession } from './session-rows.ts';
import { generationToday } from './standing.ts';

/** Codes, tokens, grants, interactions. What is bound to a session is judged by its row, here and nowhere else. */
export function createProvider({ read, write, jot }: Connection): ProviderStore {
  return {
    find: (model, idHash, now) => read((tx) => find(tx, model, idHash, now)),
    save: (artifact) =>
      jot((tx) => {
        if (artifact.bound && !isOpen(tx, artifact.sessionUid)) return 'ended';
        writeArtifact(tx, artifact);
        return 'saved';
      }),
    saveAgain: (artifact) => jot((tx) => (rewriteArtifact(tx, artifact) ? 'saved' : 'ended')),
    // A code or a rotated token that was used must stay used, also when the power fails a moment later.
    consume: (model, idHash, now) =>
      write((tx) => {
        const which = 'model = :model AND id_hash = :idHash AND consumed_at IS NULL';
        return tx.run(`UPDATE artifacts SET consumed_at = :now WHERE ${which}`, { model, idHash, now }) === 1;
      }),
    async destroy(model, idHash) {
      // An interaction that is over may come back; a token that was revoked may not.
      const forget = model === 'Interaction' ? jot : write;
      await forget((tx) =>
        tx.run('DELETE FROM artifacts WHERE model = :model AND id_hash = :idHash', { model, idHash }),
      );
    },
    async revokeByGrant(grantId) {
      await write((tx) => tx.run(`DELETE FROM artifacts WHERE grant_id = :grantId AND model <> 'Grant'`, { grantId }));
    },
    access: (accountId, limit) => read((tx) => appAccess(tx, accountId, limit)),
    removeExpired: (now, limit) =>
      jot((tx) => {
        const expired = 'SELECT rowid FROM artifacts WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit';
        return tx.run(`DELETE FROM artifacts WHERE rowid IN (${expired})`, { now, limit });
      }),
  };
}

interface ArtifactRow {
  readonly model: string;
  readonly id_hash: string;
  readonly sealed_payload: string;
  readonly grant_id: string | null;
  readonly session_uid: string | null;
  readonly account_id: string | null;
  readonly client_id: string | null;
  readonly bound: 0 | 1;
  readonly gen_account: number | null;
  readonly gen_realm: number | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly consumed_at: number | null;
}

function find(tx: Tx, model: string, idHash: string, now: number): Artifact | undefined {
  const row = tx.get<ArtifactRow>(
    `SELECT * FROM artifacts WHERE model = :model AND id_hash = :idHash AND (expires_at IS NULL OR expires_at > :now)`,
    { model, idHash, now },
  );
  if (!row || (row.bound === 1 && !isOpen(tx, row.session_uid ?? undefined))) return undefined;
  if (row.model === 'Grant' && !isLiveGrant(tx, row)) return undefined;
  return { ...toWrite(row), consumedAt: row.consumed_at ?? undefined };
}

/** Every use of a token looks up its Grant, so this is where an end reaches all of them, walked or not. */
function isLiveGrant(tx: Tx, row: ArtifactRow): boolean {
  const generation = toGeneration(row);
  if (!generation || row.account_id === null) return false;
  if (!isCurrent(generation, generationToday(tx, row.account_id))) return false;
  const sql = `SELECT 1 FROM artifacts g WHERE g.model = 'Grant' AND g.id_hash = :idHash AND ${isCutOff('g')}`;
  return tx.get(sql, { idHash: row.id_hash }) === undefined;
}

/** Neither ended nor of an older generation: what is saved in a dead session would only be in the way of its walk. */
function isOpen(tx: Tx, uid: string | undefined): boolean {
  const row = uid === undefined ? undefined : sessionByUid(tx, uid);
  if (!row || row.state === 'ended') return false;
  return isCurrent(toSession(row).generation, generationToday(tx, row.account_id));
}

function toWrite(row: ArtifactRow): ArtifactWrite {
  return {
    model: row.model,
    idHash: row.id_hash,
    sealedPayload: row.sealed_payload,
    grantId: row.grant_id ?? undefined,
    sessionUid: row.session_uid ?? undefined,
    accountId: row.account_id ?? undefined,
    clientId: row.client_id ?? undefined,
    bound: row.bound === 1,
    generation: toGeneration(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

function toGeneration({ gen_account, gen_realm }: ArtifactRow): Generation | undefined {
  return gen_account === null || gen_realm === null ? undefined : { account: gen_account, realm: gen_realm };
}
