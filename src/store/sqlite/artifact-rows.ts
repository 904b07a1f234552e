import type { ArtifactWrite } from '../store.ts';
import type { Tx } from './connection.ts';
import { APP_TODAY, CLIENT_TODAY } from './cut-offs.ts';

/**
 * Inserts or replaces. What was consumed stays consumed, and what was cut off stays so: saving again must make neither a
 * replay possible nor a Grant young.
 */
export function writeArtifact(tx: Tx, write: ArtifactWrite): void {
  tx.run(
    `INSERT INTO artifacts (model, id_hash, sealed_payload, grant_id, session_uid, account_id, client_id, bound,
       gen_account, gen_realm, gen_client, gen_app, created_at, expires_at)
     VALUES (:model, :idHash, :sealedPayload, :grantId, :sessionUid, :accountId, :clientId, :bound,
       :genAccount, :genRealm, ${CLIENT_TODAY}, ${APP_TODAY}, :createdAt, :expiresAt)
     ON CONFLICT (model, id_hash) DO UPDATE SET sealed_payload = excluded.sealed_payload, grant_id = excluded.grant_id,
       session_uid = excluded.session_uid, account_id = excluded.account_id, client_id = excluded.client_id,
       bound = excluded.bound, gen_account = excluded.gen_account, gen_realm = excluded.gen_realm,
       created_at = excluded.created_at, expires_at = excluded.expires_at`,
    {
      model: write.model,
      idHash: write.idHash,
      sealedPayload: write.sealedPayload,
      grantId: write.grantId,
      sessionUid: write.sessionUid,
      accountId: write.accountId,
      clientId: write.clientId,
      bound: write.bound ? 1 : 0,
      genAccount: write.generation?.account,
      genRealm: write.generation?.realm,
      createdAt: write.createdAt,
      expiresAt: write.expiresAt,
    },
  );
}

/** Replaces what a row that is there holds; answers whether it is. It stays as old as it was. */
export function rewriteArtifact(tx: Tx, { model, idHash, sealedPayload, expiresAt }: ArtifactWrite): boolean {
  const set = 'sealed_payload = :sealedPayload, expires_at = :expiresAt';
  const sql = `UPDATE artifacts SET ${set} WHERE model = :model AND id_hash = :idHash`;
  return tx.run(sql, { model, idHash, sealedPayload, expiresAt }) === 1;
}
